"""The model follows channels, their members and nicks."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.events import (
    Event,
    MembersListed,
    NickChanged,
    TopicShown,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.state.model import ClientChannel, Model
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Stage


def said(nick: str, channel: str, msgid: str = "") -> MessageReceived:
    """Return a message."""
    return MessageReceived(None, nick, channel, "hi", "PRIVMSG", msgid, False)


class ModelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.model = Model("bob")
        self.applies(
            UserJoined(None, "bob", "#tea", True),
            MembersListed("#tea", ("@ann", "+bob", "eve")),
            TopicShown(None, "", "#tea", "T"),
        )

    def applies(self, *events: Event) -> list[bool]:
        return [self.model.apply(event, has_ordered_ids=False) for event in events]

    def tea(self) -> ClientChannel:
        channel = self.model.joined_channel("#TEA")
        assert channel is not None
        return channel

    def test_a_channel_knows_its_members_and_its_topic(self) -> None:
        self.assertEqual((sorted(self.tea().members), self.tea().topic), (["ann", "bob", "eve"], "T"))

    def test_members_join_leave_and_change_nicks(self) -> None:
        self.applies(
            UserJoined(None, "Zoe", "#tea", False),
            UserLeft(None, "eve", "#tea", "PART", "", False),
            NickChanged(None, "ann", "Anna", False),
        )

        self.assertEqual(list(self.tea().members.values()), ["bob", "Zoe", "Anna"])

        self.applies(UserLeft(None, "anna", "", "QUIT", "", False))

        self.assertEqual(list(self.tea().members), ["bob", "zoe"])

    def test_the_member_that_spoke_last_is_last(self) -> None:
        self.applies(said("ann", "#tea"), said("eve", "#tea"), said("nobody", "#tea"))

        self.assertEqual(list(self.tea().members), ["bob", "ann", "eve"])

    def test_the_last_joined_channel_is_current_until_it_is_left(self) -> None:
        self.applies(UserJoined(None, "bob", "#cake", True))
        first = self.model.current
        self.applies(UserLeft(None, "bob", "#cake", "KICK", "", True))

        self.assertEqual((first and first.name, self.model.current), ("#cake", self.tea()))

    def test_messages_in_other_channels_are_counted_until_we_switch(self) -> None:
        self.applies(
            UserJoined(None, "bob", "#cake", True),
            said("ann", "#tea"),
            said("ann", "#tea"),
            said("x", "#cake"),
        )
        unread = self.tea().unread

        self.model.switch_to("#tea")

        self.assertEqual((unread, self.tea().unread), (2, 0))

    def test_our_nick_is_what_the_server_says(self) -> None:
        self.applies(
            Welcomed("bob_"), NickChanged(None, "bob_", "rob", True), NickChanged(None, "ann", "anna", False)
        )

        self.assertEqual(self.model.nick, "rob")

    def test_without_a_connection_channels_are_left_and_read_positions_kept(self) -> None:
        self.applies(said("ann", "#tea", "id"))
        names = self.model.leave_all()
        nowhere = self.model.current

        self.applies(UserJoined(None, "bob", "#Tea", True))

        self.assertEqual((names, nowhere), (["#tea"], None))
        self.assertEqual(self.applies(said("ann", "#tea", "id")), [False])


class RenamedChannelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.op,) = self.stage.enter("op", room="#tea")
        self.ann = InMemoryClient(self.stage, "ann")
        self.ann.types("/join #tea", "first")
        self.ann.shows()

    def rename(self) -> list[str]:
        self.stage.clock.advance(0.002)
        self.op.says("RENAME #tea #coffee :colder")
        return self.ann.shows()

    def test_a_renamed_channel_stays_the_current_one(self) -> None:
        self.assertEqual(self.rename(), ["* #tea is called #coffee now (colder)"])

        self.assertEqual(
            self.ann.types("second", "/history 1"), ["12:00 ann: second +", *self.page("second")]
        )
        self.assertEqual(self.ann.screen.prompt_state.channel, "#coffee")

    def page(self, text: str) -> list[str]:
        return ["--- 2001-09-09 ---", f"[1] 12:00 ann: {text} +"]

    def test_a_renamed_channel_keeps_its_read_position(self) -> None:
        self.rename()
        self.ann.drops()
        self.ann.shows()
        self.op.says("PRIVMSG #coffee :third")

        self.ann.reconnects()
        shown = [line for line in self.ann.shows() if "12:00" in line]

        self.assertEqual(shown, ["--- 1 new since 12:00 ---", "12:00 op: third"])

    def test_messages_of_a_renamed_channel_can_be_answered(self) -> None:
        self.ann.types("/history 1")
        self.rename()

        self.assertEqual(self.ann.types("/reply 1 yes")[-1], "12:00 ann: yes +")

    def test_a_rename_to_an_invalid_name_changes_nothing(self) -> None:
        before = list(self.ann.chat._session.model.channels)
        self.ann.chat.data_received(
            b":op!o@h RENAME #tea :#a b\r\n:op!o@h RENAME #tea ann\r\n:op!o@h RENAME #tea #lobby\r\n"
        )

        self.assertEqual(list(self.ann.chat._session.model.channels), before)
