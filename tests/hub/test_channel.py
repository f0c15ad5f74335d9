"""Rooms: who is in them, what outlives them, and what begins anew."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.channel import DEFAULT_MODES, Channel, ListEntry, Topic
from simplechat.hub.user import User
from tests.support.replies import codes
from tests.support.stage import Stage


class RoomTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.stage.enter("ann", "ben")
        self.ann, self.ben = self.user("ann"), self.user("ben")
        self.room = Channel("#Tea", 7)

    def user(self, nick: str) -> User:
        """Give somebody who is here."""
        return self.stage.hub.user(nick)

    def furnish(self) -> None:
        """Give the room every kind of setting."""
        self.room.topic = Topic("green", "ann!a@b", 5)
        self.room.modes = set("msnt")
        self.room.key, self.room.member_limit, self.room.era = "sesame", 9, 3
        self.room.lists["b"]["x!*@*"] = ListEntry("X!*@*", "ann!a@b", 6)
        self.room.lists["I"]["a:y"] = ListEntry("a:Y", "ann!a@b", 7)


class MemberTests(RoomTests):
    def test_the_first_one_is_operator_and_the_second_is_not(self) -> None:
        self.room.add(self.ann, 8)
        self.room.add(self.ben, 9)

        self.assertEqual([each.status for each in self.room.members.values()], ["o", ""])

    def test_a_status_is_given_once_and_the_highest_stands_first(self) -> None:
        member = self.room.add(self.ann, 8)

        self.assertEqual([member.change(True, "v"), member.change(True, "v")], [True, False])
        self.assertEqual((member.status, member.prefixes), ("ov", "@+"))
        self.assertEqual([member.change(False, "o"), member.change(False, "o")], [True, False])

    def test_listeners_are_those_of_the_members_now(self) -> None:
        self.room.add(self.ann, 8)
        self.room.add(self.ben, 9)
        before = self.room.listeners()

        self.room.remove(self.ben)

        self.assertEqual((len(before), self.room.listeners()), (2, self.ann.sessions))
        self.assertEqual(self.room.listeners_except(self.ben.sessions[0]), self.ann.sessions)

    def test_a_status_reaches_its_holders_and_those_above(self) -> None:
        self.room.add(self.ann, 8)
        self.room.add(self.ben, 9).change(True, "v")

        self.assertEqual(self.room.listeners_of("o"), self.ann.sessions)
        self.assertEqual(self.room.listeners_of("v"), self.ann.sessions + self.ben.sessions)


class FounderTests(RoomTests):
    def setUp(self) -> None:
        super().setUp()
        self.room.founder = self.ann.account = "Ann"

    def test_a_founder_is_operator_whoever_is_there(self) -> None:
        self.room.add(self.ben, 8)

        self.assertEqual(self.room.add(self.ann, 9).status, "o")

    def test_who_finds_a_founders_room_empty_is_no_operator(self) -> None:
        self.assertEqual(self.room.add(self.ben, 8).status, "")

    def test_a_founders_room_keeps_everything(self) -> None:
        self.furnish()
        before = self.room.row()

        self.room.reset()

        self.assertEqual(self.room.row(), before)

    def test_a_founder_comes_in_whatever_the_room_is_like(self) -> None:
        (eve,) = self.stage.enter("eve")
        (dan,) = self.stage.enter("dan", room="#milk")
        self.stage.hub.channel("#milk").founder = self.user("eve").account = "Eve"
        dan.says("MODE #milk +iklb x 1 eve")

        eve.says("JOIN #milk")

        self.assertEqual(eve.hears()[0], ":eve!eve@127.0.0.1 JOIN #milk")
        self.assertTrue(self.stage.hub.channel("#milk").has(self.user("eve"), "o"))

    def test_a_founders_room_is_not_lost_by_a_refused_first_message(self) -> None:
        self.room.restore(None)

        self.assertEqual(self.room.founder, "Ann")


class BeginAnewTests(RoomTests):
    def test_a_guests_room_forgets_its_modes_and_lists(self) -> None:
        self.furnish()
        self.room.saved(self.room.row(), self.room.saving())

        self.room.reset()

        row = self.room.row()
        self.assertEqual((row.modes, row.key, row.most, row.lists), ("nt", "", 0, "{}"))
        self.assertTrue(self.room.is_unsaved)

    def test_an_era_begins_where_the_room_was_closed_and_only_there(self) -> None:
        for modes, key, moves in (
            ("nt", "", False),
            ("mn", "", False),
            ("s", "", True),
            ("i", "", True),
            ("", "k", True),
        ):
            room = Channel("#tea", 7)
            room.modes, room.key, room.last_id = set(modes), key, 50

            room.reset()

            self.assertEqual(room.era, 51 if moves else 0)

    def test_an_era_never_goes_back(self) -> None:
        self.room.key, self.room.last_id = "k", 50
        self.room.reset()

        self.room.reset()

        self.assertEqual(self.room.era, 51)


class RowTests(RoomTests):
    def test_a_row_brings_everything_back(self) -> None:
        self.furnish()
        row = self.room.row()

        again = Channel.from_row(row, 99)

        self.assertEqual(again.row(), row)
        self.assertEqual((again.lists, again.topic), (self.room.lists, self.room.topic))
        self.assertEqual((again.last_id, again.saved_row, again.is_unsaved), (99, row, False))

    def test_a_room_that_was_never_on_disk_returns_to_its_first_settings(self) -> None:
        self.furnish()

        self.room.restore(None)

        self.assertEqual((self.room.modes, self.room.key, self.room.topic), (set(DEFAULT_MODES), "", None))

    def test_an_empty_room_is_forgotten_unless_it_is_on_disk_or_on_its_way(self) -> None:
        self.assertTrue(self.room.is_removable())
        generation = self.room.saving()
        self.assertFalse(self.room.is_removable())
        self.room.saved(self.room.row(), generation)
        self.assertFalse(self.room.is_removable())


class HubTests(RoomTests):
    def test_rooms_on_disk_are_nobodys_until_somebody_joins(self) -> None:
        (dan,) = self.stage.enter("dan", room="#Tea")
        dan.says("MODE #tea +s", "TOPIC #tea :x", "PART #tea")
        (eve,) = self.stage.enter("eve")

        eve.says(
            "PRIVMSG #tea :x", "MODE #tea", "PART #tea", "KICK #tea dan", "LIST", "NAMES #tea", "WHO #tea"
        )

        self.assertEqual(codes(eve), ["403", "403", "403", "403", "321", "323", "366", "315"])
