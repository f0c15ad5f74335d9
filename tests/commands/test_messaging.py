"""PRIVMSG, NOTICE and TAGMSG: who may send to whom; STATUSMSG, and modes that forbid it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class SpeakingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", room="#tea")
        (self.out,) = self.stage.enter("out")
        self.forget()

    def forget(self) -> None:
        """Drop what was heard so far."""
        for each in (self.ann, self.ben, self.eve, self.out):
            each.hears()

    def mode(self, changes: str) -> None:
        """Let the operator change modes of the channel."""
        self.ann.says(f"MODE #tea {changes}")
        self.forget()


class ModeratedTests(SpeakingTests):
    def test_outsiders_can_send_to_channels_without_mode_n(self) -> None:
        self.out.says("PRIVMSG #tea :may I?")
        self.assertEqual(
            self.out.hears(), [":irc.test 404 out #tea :Cannot speak here: you are not in that channel (+n)"]
        )

        self.mode("-n")
        self.out.says("PRIVMSG #tea :hello there")

        self.assertEqual(self.ben.hears(), [":out!out@127.0.0.1 PRIVMSG #tea :hello there"])

    def test_in_a_moderated_channel_only_voiced_members_and_operators_speak(self) -> None:
        self.mode("+mv ben")

        for each in (self.ann, self.ben, self.eve):
            each.says("PRIVMSG #tea :hi")

        self.assertEqual(codes(self.eve), ["PRIVMSG", "PRIVMSG", "404"])

    def test_mode_big_m_lets_only_accounts_speak(self) -> None:
        self.mode("+M")
        self.stage.hub.user("eve").account = "Eve"

        self.ben.says("PRIVMSG #tea :hi")
        self.eve.says("PRIVMSG #tea :hi")

        self.assertEqual(codes(self.ben), ["404", "PRIVMSG"])

    def test_a_channel_without_ctcp_takes_actions_only(self) -> None:
        self.mode("+C")

        self.ann.says("PRIVMSG #tea :\1VERSION\1", "NOTICE #tea :\1PING 1\1", "PRIVMSG #tea :\1ACTION nods\1")

        self.assertEqual(codes(self.ann), ["404"])
        self.assertEqual(codes(self.ben), ["PRIVMSG"])

    def test_muted_and_banned_members_are_silent_unless_voiced_or_excepted(self) -> None:
        for change in ("+b m:ben", "+b ben", "+b m:*!*@*"):
            self.mode(change)
            self.ben.says("PRIVMSG #tea :hi")
            self.assertEqual(codes(self.ben), ["404"], change)
            self.mode(change.replace("+", "-"))
        self.mode("+bv m:ben ben")
        self.ben.says("PRIVMSG #tea :voiced")
        self.mode("-v+e ben m:ben")

        self.ben.says("PRIVMSG #tea :excepted")

        self.assertEqual(self.stage.store.texts(), ["voiced", "excepted"])

    def test_an_account_is_muted_and_guests_are_not(self) -> None:
        self.stage.hub.user("ben").account = "Ben"
        self.mode("+b m:a:BEN")

        self.ben.says("PRIVMSG #tea :hi")
        self.eve.says("NICK Ben2", "PRIVMSG #tea :hi")

        self.assertEqual(codes(self.ben)[0], "404")
        self.assertEqual(self.stage.store.texts(), ["hi"])

    def test_a_notice_is_never_answered(self) -> None:
        self.mode("+mCM")
        self.ann.says("AWAY :lunch")
        self.ann.hears()

        self.eve.says(
            "NOTICE",
            "NOTICE #tea",
            "NOTICE #tea :x",
            "NOTICE nobody :x",
            "NOTICE ann :x",
            "NOTICE a,b,c,d,e :x",
        )
        self.out.says("NOTICE #tea :x", "NOTICE #none :x")

        self.assertEqual((self.eve.hears(), self.out.hears()), ([], []))
        self.assertEqual(codes(self.ann), ["NOTICE"])

    def test_an_away_user_gets_the_message_and_the_sender_the_away_message(self) -> None:
        self.ann.says("AWAY :at lunch")
        self.forget()

        self.ben.says("PRIVMSG ann :hello there")

        self.assertEqual(self.ben.hears(), [":irc.test 301 ben ann :at lunch"])
        self.assertEqual(self.ann.hears(), [":ben!ben@127.0.0.1 PRIVMSG ann :hello there"])


class StatusTests(SpeakingTests):
    def test_a_message_to_a_status_reaches_its_holders_and_those_above(self) -> None:
        self.mode("+v ben")

        self.eve.says("PRIVMSG @#TEA :to ops", "PRIVMSG +#tea :to voices")

        self.assertEqual(
            self.ann.hears(),
            [":eve!eve@127.0.0.1 PRIVMSG @#tea :to ops", ":eve!eve@127.0.0.1 PRIVMSG +#tea :to voices"],
        )
        self.assertEqual(self.ben.hears(), [":eve!eve@127.0.0.1 PRIVMSG +#tea :to voices"])
        self.assertEqual(self.eve.hears(), [])
        self.assertEqual(
            {row.status for row in self.stage.store.inner.log.values() if row.kind == "PRIVMSG"}, {"@", "+"}
        )

    def test_an_echo_of_it_comes_once(self) -> None:
        self.ann.says("CAP REQ echo-message", "PRIVMSG @#tea :to ops")

        self.assertEqual(codes(self.ann), ["CAP", "PRIVMSG"])

    def test_outsiders_cannot_send_to_a_status(self) -> None:
        self.out.says("PRIVMSG @#tea :hi", "PRIVMSG @+#tea :hi", "PRIVMSG @ :hi", "PRIVMSG @none :hi")

        self.assertEqual(codes(self.out), ["404", "401", "401", "401"])


class TagTests(SpeakingTests):
    def setUp(self) -> None:
        super().setUp()
        for each in (self.ann, self.ben):
            each.says("CAP REQ message-tags")
        self.forget()

    def test_tags_reach_clients_with_message_tags_and_are_not_stored(self) -> None:
        before = len(self.stage.store.inner.log)

        self.ann.says("@+typing=active;time=x;plain=1 TAGMSG #tea")

        (line,) = self.ben.hears()
        self.assertIn("+typing=active", line)
        self.assertNotIn("plain", line)
        self.assertTrue(line.endswith(" :ann!ann@127.0.0.1 TAGMSG #tea"))
        self.assertEqual((self.eve.hears(), self.ann.hears()), ([], []))
        self.assertEqual(len(self.stage.store.inner.log), before)

    def test_they_are_echoed_and_reach_users_and_statuses(self) -> None:
        self.ben.says("CAP REQ echo-message")
        self.forget()

        self.ben.says("@+x=1 TAGMSG ann", "@+x=1 TAGMSG @#tea", "@+x=1 TAGMSG eve")

        self.assertEqual(codes(self.ann), ["TAGMSG"] * 2)
        self.assertEqual(codes(self.ben), ["TAGMSG"] * 3)
        self.assertEqual(self.eve.hears(), [])

    def test_they_are_refused_where_a_message_would_be(self) -> None:
        self.mode("+m")

        self.ben.says("@+x=1 TAGMSG #tea", "TAGMSG", "TAGMSG nobody", "TAGMSG #none", "TAGMSG a,b,c,d,e")

        self.assertEqual(codes(self.ben), ["404", "411", "401", "403", "407"])
