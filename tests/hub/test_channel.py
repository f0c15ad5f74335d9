"""Channels: members, settings that outlive them, and resets."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.channel import DEFAULT_MODES, Channel, ListEntry, Topic
from simplechat.hub.user import User
from tests.support.replies import codes
from tests.support.stage import Stage


class ChannelTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.stage.enter("ann", "ben")
        self.ann, self.ben = self.user("ann"), self.user("ben")
        self.channel = Channel("#Tea", 7)

    def user(self, nick: str) -> User:
        """Return the user of this nick."""
        return self.stage.hub.user(nick)

    def configure(self) -> None:
        """Set settings of every kind."""
        self.channel.topic = Topic("green", "ann!a@b", 5)
        self.channel.modes = set("msnt")
        self.channel.key, self.channel.member_limit, self.channel.era = "sesame", 9, 3
        self.channel.lists["b"]["x!*@*"] = ListEntry("X!*@*", "ann!a@b", 6)
        self.channel.lists["I"]["a:y"] = ListEntry("a:Y", "ann!a@b", 7)


class MemberTests(ChannelTestCase):
    def test_the_first_member_is_operator_and_the_second_is_not(self) -> None:
        self.channel.add(self.ann, 8)
        self.channel.add(self.ben, 9)

        self.assertEqual([each.status for each in self.channel.members.values()], ["o", ""])

    def test_a_status_is_set_once_and_the_highest_comes_first(self) -> None:
        member = self.channel.add(self.ann, 8)

        self.assertEqual([member.change(True, "v"), member.change(True, "v")], [True, False])
        self.assertEqual((member.status, member.prefixes), ("ov", "@+"))
        self.assertEqual([member.change(False, "o"), member.change(False, "o")], [True, False])

    def test_listeners_are_the_sessions_of_the_current_members(self) -> None:
        self.channel.add(self.ann, 8)
        self.channel.add(self.ben, 9)
        before = self.channel.listeners()

        self.channel.remove(self.ben)

        self.assertEqual((len(before), self.channel.listeners()), (2, self.ann.sessions))
        self.assertEqual(self.channel.listeners_except(self.ben.sessions[0]), self.ann.sessions)

    def test_a_status_message_reaches_that_status_and_higher_ones(self) -> None:
        self.channel.add(self.ann, 8)
        self.channel.add(self.ben, 9).change(True, "v")

        self.assertEqual(self.channel.listeners_of("o"), self.ann.sessions)
        self.assertEqual(self.channel.listeners_of("v"), self.ann.sessions + self.ben.sessions)


class FounderTests(ChannelTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.channel.founder = self.ann.account = "Ann"

    def test_a_founder_is_operator_whoever_is_there(self) -> None:
        self.channel.add(self.ben, 8)

        self.assertEqual(self.channel.add(self.ann, 9).status, "o")

    def test_the_first_member_of_a_founders_channel_is_no_operator(self) -> None:
        self.assertEqual(self.channel.add(self.ben, 8).status, "")

    def test_a_founders_channel_keeps_everything(self) -> None:
        self.configure()
        before = self.channel.row()

        self.channel.reset()

        self.assertEqual(self.channel.row(), before)

    def test_a_founder_may_always_join(self) -> None:
        (eve,) = self.stage.enter("eve")
        (dan,) = self.stage.enter("dan", room="#milk")
        self.stage.hub.channel("#milk").founder = self.user("eve").account = "Eve"
        dan.says("MODE #milk +iklb x 1 eve")

        eve.says("JOIN #milk")

        self.assertEqual(eve.hears()[0], ":eve!eve@127.0.0.1 JOIN #milk")
        self.assertTrue(self.stage.hub.channel("#milk").has(self.user("eve"), "o"))

    def test_a_founder_stays_founder_when_the_first_row_is_refused(self) -> None:
        self.channel.restore(None)

        self.assertEqual(self.channel.founder, "Ann")


class ResetTests(ChannelTestCase):
    def test_a_guests_channel_forgets_its_modes_and_lists(self) -> None:
        self.configure()
        self.channel.saved(self.channel.row(), self.channel.saving())

        self.channel.reset()

        row = self.channel.row()
        self.assertEqual((row.modes, row.key, row.most, row.lists), ("nt", "", 0, "{}"))
        self.assertTrue(self.channel.is_unsaved)

    def test_a_new_era_begins_only_if_the_channel_was_closed(self) -> None:
        for modes, key, moves in (
            ("nt", "", False),
            ("mn", "", False),
            ("s", "", True),
            ("i", "", True),
            ("", "k", True),
        ):
            channel = Channel("#tea", 7)
            channel.modes, channel.key, channel.last_id = set(modes), key, 50

            channel.reset()

            self.assertEqual(channel.era, 51 if moves else 0)

    def test_an_era_never_goes_back(self) -> None:
        self.channel.key, self.channel.last_id = "k", 50
        self.channel.reset()

        self.channel.reset()

        self.assertEqual(self.channel.era, 51)


class RowTests(ChannelTestCase):
    def test_a_row_restores_everything(self) -> None:
        self.configure()
        row = self.channel.row()

        again = Channel.from_row(row, 99)

        self.assertEqual(again.row(), row)
        self.assertEqual((again.lists, again.topic), (self.channel.lists, self.channel.topic))
        self.assertEqual((again.last_id, again.saved_row, again.is_unsaved), (99, row, False))

    def test_a_channel_without_a_row_returns_to_the_defaults(self) -> None:
        self.configure()

        self.channel.restore(None)

        self.assertEqual(
            (self.channel.modes, self.channel.key, self.channel.topic), (set(DEFAULT_MODES), "", None)
        )

    def test_an_empty_channel_is_removable_unless_it_is_stored_or_being_saved(self) -> None:
        self.assertTrue(self.channel.is_removable())
        generation = self.channel.saving()
        self.assertFalse(self.channel.is_removable())
        self.channel.saved(self.channel.row(), generation)
        self.assertFalse(self.channel.is_removable())


class HubTests(ChannelTestCase):
    def test_an_empty_channel_seems_not_to_exist(self) -> None:
        (dan,) = self.stage.enter("dan", room="#Tea")
        dan.says("MODE #tea +s", "TOPIC #tea :x", "PART #tea")
        (eve,) = self.stage.enter("eve")

        eve.says(
            "PRIVMSG #tea :x", "MODE #tea", "PART #tea", "KICK #tea dan", "LIST", "NAMES #tea", "WHO #tea"
        )

        self.assertEqual(codes(eve), ["403", "403", "403", "403", "321", "323", "366", "315"])
