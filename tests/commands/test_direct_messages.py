"""Messages to an account's name reach its owner under any nick, in one conversation."""

from __future__ import annotations

from simplechat.hub.errors import NotStored
from tests.support.logins import Stays
from tests.support.replies import codes


class DirectTests(Stays):
    """Ann is here under the nick `phone` too, or only under that."""

    def setUp(self) -> None:
        super().setUp()
        self.phone = self.comes("phone", caps="echo-message labeled-response batch message-tags")
        self.phone.hears()

    def test_under_another_nick_it_arrives_at_once_addressed_to_that_nick(self) -> None:
        self.ann.says("QUIT")
        self.phone.hears()
        self.ben.hears()

        self.ben.says("PRIVMSG ann :hello", "NOTICE ann :again")

        said = [line.split(" PRIVMSG ")[-1].split(" NOTICE ")[-1] for line in self.phone.hears()]
        self.assertEqual(said, ["phone hello", "phone again"])
        self.assertEqual(self.ben.hears(), [])

    def test_an_owner_away_on_all_connections_is_shown_away(self) -> None:
        self.ann.says("QUIT")
        self.phone.says("AWAY :out")
        self.ben.hears()

        self.ben.says("PRIVMSG ann :hello")

        self.assertEqual(self.ben.hears(), [":irc.test 301 ben ann out"])

    def test_while_a_user_has_the_nick_only_that_user_gets_it(self) -> None:
        self.ben.says("PRIVMSG ann :hello")

        self.assertEqual((codes(self.ann), codes(self.phone)), (["PRIVMSG"], []))

    def test_an_owner_cut_off_under_one_nick_gets_it_under_the_other(self) -> None:
        self.ann.drops()
        self.phone.hears()

        self.ben.says("PRIVMSG ann :hello")

        self.assertEqual(codes(self.phone), ["PRIVMSG"])
        self.assertEqual(self.stage.hub.accounts.get("ann").unread, {})  # type: ignore[union-attr]

    def test_it_waits_while_the_owner_is_not_connected(self) -> None:
        for actor in (self.ann, self.phone):
            actor.says("QUIT")

        self.ben.says("PRIVMSG ann :hello")

        self.assertEqual(len(self.stage.hub.accounts.get("ann").unread), 1)  # type: ignore[union-attr]

    def test_what_waits_is_known_after_a_restart_although_an_earlier_message_was_not_stored(self) -> None:
        for actor in (self.ann, self.phone):
            actor.says("QUIT")
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")
        self.ben.says("PRIVMSG ann :lost")
        self.stage.clock.pump([1.0] * 3)

        self.ben.says("PRIVMSG ann :kept")

        heard = self.comes(stage=self.again()).hears()
        self.assertEqual([line.split(" ")[-1] for line in heard if " PRIVMSG ann " in line], ["kept"])

    def test_it_is_one_conversation_whatever_the_nick(self) -> None:
        self.ben.says("PRIVMSG ann :one", "PRIVMSG phone :two")
        self.ann.says("QUIT")
        self.ben.says("PRIVMSG ann :three")
        self.phone.says("PRIVMSG ben :four")

        rows = self.stage.store.inner.log.values()

        self.assertEqual(len({row.target for row in rows if row.kind == "PRIVMSG"}), 1)

    def test_the_speakers_echo_and_label_are_of_the_name_that_they_used(self) -> None:
        self.ann.says("QUIT")
        (cat,) = self.stage.enter("cat", caps="echo-message labeled-response batch message-tags")

        cat.says("@label=x PRIVMSG ann :hello")

        (echo,) = cat.hears()
        self.assertIn("label=x", echo)
        self.assertTrue(echo.endswith("PRIVMSG ann hello"))
        self.assertNotIn("label", "".join(self.phone.hears()))

    def test_to_oneself_it_is_heard_and_echoed_once_each(self) -> None:
        self.ann.says("QUIT")
        self.phone.hears()

        self.phone.says("@label=x PRIVMSG ann :note")

        heard = self.phone.hears()
        self.assertEqual(["label" in line for line in heard].count(True), 1)
        self.assertEqual(
            sorted(line.split(" ", 2)[2] for line in heard if "PRIVMSG" in line),
            ["PRIVMSG ann note", "PRIVMSG phone note"],
        )

    def test_tags_and_several_lines_take_the_same_way(self) -> None:
        self.ann.says("QUIT")
        self.phone.says("CAP REQ :draft/multiline")
        (cat,) = self.stage.enter("cat", caps="batch message-tags draft/multiline")
        self.phone.hears()

        cat.says("@+typing=active TAGMSG ann")
        cat.says("BATCH +m draft/multiline ann", *["@batch=m PRIVMSG ann :x"] * 2, "BATCH -m")

        heard = self.phone.hears()
        self.assertIn("TAGMSG phone", heard[0])
        self.assertIn("draft/multiline phone", heard[1])
        self.assertEqual(sum("PRIVMSG phone x" in line for line in heard), 2)

    def test_mode_r_refuses_guests_under_the_accounts_name_too(self) -> None:
        self.ann.says("QUIT")
        self.phone.says("MODE phone +R")
        self.phone.hears()

        self.ben.says("PRIVMSG ann :hello")

        self.assertEqual((codes(self.ben)[-1], codes(self.phone)), ("477", []))
