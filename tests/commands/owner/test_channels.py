"""The owner's commands about channels act in the server's name."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.owner import errors
from tests.support.replies import codes
from tests.support.soundness import unsound
from tests.support.stage import Stage


class RoomTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#Tea")
        self.ann.hears()

    def test_rooms_are_listed_also_those_that_nobody_is_in(self) -> None:
        self.ann.says("JOIN #den", "TOPIC #den :about {dens}", "MODE #den +s", "PART #den")

        (table,) = self.owner.answers("rooms")

        self.assertEqual(table["columns"], ["room", "people", "modes", "since", "topic"])
        self.assertEqual(
            [[*row[:3], row[4]] for row in table["rows"]],
            [["#den", 0, "nst", "about {dens}"], ["#Tea", 2, "nt", ""]],
        )

    def test_who_is_put_out_is_told_in_the_servers_name(self) -> None:
        (answer,) = self.owner.answers("kick tea BEN too loud")

        self.assertEqual(answer["kind"], "text")
        for actor in (self.ann, self.ben):
            self.assertEqual(actor.hears(), [":irc.test KICK #Tea ben :too loud"])
        self.assertEqual(self.stage.acts(), [("console", "KICK", "#Tea ben too loud")])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_who_is_not_in_the_room_is_not_put_out(self) -> None:
        self.ben.says("PART #tea")

        self.assertEqual(errors(self.owner, "kick #tea ben"), ["ben is not in #Tea"])

        self.assertEqual(self.stage.acts(), [])

    def test_who_is_banned_is_put_out_and_stays_out(self) -> None:
        self.owner.answers("ban #tea ben")

        self.assertEqual(
            self.ann.hears(), [":irc.test MODE #Tea +b ben!*@*", ":irc.test KICK #Tea ben Banned"]
        )
        self.ben.hears()
        self.ben.says("JOIN #tea")
        self.assertEqual(codes(self.ben), ["474"])
        self.assertEqual(self.stage.acts(), [("console", "BAN", "#Tea ben!*@*")])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_a_ban_of_everybody_leaves_an_empty_room(self) -> None:
        self.owner.answers("ban #tea *!*@127.0.0.1")

        self.assertEqual(codes(self.ann), ["MODE", "KICK"])
        self.assertEqual(codes(self.ben), ["MODE", "KICK", "KICK"])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_a_ban_that_cannot_be_stored_puts_nobody_out(self) -> None:
        self.stage.store.faults = dict.fromkeys(range(1, 99), NotStored("full"))
        self.stage.store.commits.clear()

        self.assertEqual(len(errors(self.owner, "ban #tea ben")), 1)

        self.assertEqual(self.ann.hears() + self.ben.hears(), [])
        self.assertEqual(len(self.stage.hub.channels["#tea"].members), 2)
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_who_is_unbanned_may_come_again(self) -> None:
        self.owner.answers("ban #tea ben")
        self.owner.answers("unban #tea ben!*@*")
        self.ben.hears()

        self.ben.says("JOIN #tea")

        self.assertIn("JOIN", codes(self.ben))
        self.assertEqual([verb for _, verb, _ in self.stage.acts()], ["BAN", "UNBAN"])

    def test_who_is_muted_stays_and_is_silent_until_unmuted(self) -> None:
        self.owner.answers("mute #tea ben")
        self.ben.hears()

        self.ben.says("PRIVMSG #tea :hello")
        self.owner.answers("unmute #tea ben")
        self.ben.says("PRIVMSG #tea :hello again")

        self.assertEqual(codes(self.ben), ["404", "MODE"])
        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test MODE #Tea +b m:ben!*@*",
                ":irc.test MODE #Tea -b m:ben!*@*",
                ":ben!ben@127.0.0.1 PRIVMSG #Tea :hello again",
            ],
        )
        self.assertEqual([verb for _, verb, _ in self.stage.acts()], ["MUTE", "UNMUTE"])

    def test_what_changes_nothing_is_told_and_is_no_act(self) -> None:
        self.owner.answers("ban #tea eve")

        for line in ("ban #tea eve", "unban #tea mal", "unmute #tea eve"):
            self.assertEqual(len(errors(self.owner, line)), 1, line)

        self.assertEqual(len(self.stage.acts()), 1)

    def test_what_cannot_be_a_mask_is_told(self) -> None:
        for mask in ("a b", ":a", "x" * 500, "é" * 300):
            self.assertGreater(len(errors(self.owner, f"ban #tea {mask}")), 0, mask)
        for mask in ("a b", "x" * 500):
            self.assertGreater(len(errors(self.owner, f"mute #tea {mask}")), 0, mask)

        self.assertEqual(self.stage.acts(), [])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_a_guests_room_that_nobody_is_in_keeps_no_bans(self) -> None:
        self.ann.says("TOPIC #tea :x")
        for actor in (self.ann, self.ben):
            actor.says("PART #tea")

        (why,) = errors(self.owner, "ban #tea eve")

        self.assertIn("starts afresh", why)
        self.assertEqual(self.stage.acts(), [])
