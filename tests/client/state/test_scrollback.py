"""Each channel and conversation keeps what happened in it, and no more than so much."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.events import ChannelRenamed, NickChanged, UserJoined, UserLeft
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived
from simplechat.client.state import scrollback
from simplechat.client.state.model import Model
from simplechat.client.state.scrollback import Scrollback


def message(text: str, target: str = "#tea", *, msgid: str = "", nick: str = "ann") -> MessageReceived:
    return MessageReceived(None, nick, target, text, "PRIVMSG", msgid, False)


class ModelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.model = Model("bob")
        self.take(UserJoined(None, "bob", "#tea", True), UserJoined(None, "bob", "#cake", True))

    def take(self, *events: object) -> None:
        for event in events:
            self.model.apply(event, has_ordered_ids=False)  # type: ignore[arg-type]

    def shown(self, target: str) -> list[object]:
        """Return what happened there, without our own join."""
        return [event for event in self.model.scrollback.events(target) if not getattr(event, "is_own", 0)]

    def test_an_event_is_kept_where_it_happened(self) -> None:
        tea, alone = message("hi"), message("psst", "bob")
        came, left = (
            UserJoined(None, "ann", "#cake", False),
            UserLeft(None, "ann", "#cake", "PART", "", False),
        )

        self.take(tea, alone, came, left)

        self.assertEqual(
            (self.shown("#TEA"), self.shown("ann"), self.shown("#cake")), ([tea], [alone], [came, left])
        )

    def test_an_event_about_a_user_is_kept_in_each_of_their_channels(self) -> None:
        renamed, left = NickChanged(None, "ann", "eve", False), UserLeft(None, "eve", "", "QUIT", "", False)
        came = UserJoined(None, "ann", "#cake", False)

        self.take(came, renamed, left)

        self.assertEqual((self.shown("#cake"), self.shown("#tea")), ([came, renamed, left], []))

    def test_a_message_is_kept_once(self) -> None:
        self.take(message("hi", msgid="1"), message("hi", msgid="1"))

        self.assertEqual(len(self.shown("#tea")), 1)

    def test_a_deleted_message_keeps_no_text(self) -> None:
        deletion = MessageDeleted(None, "ann", "#tea", "1", "", False)

        self.take(message("secret", msgid="1"), deletion)

        self.assertEqual(self.shown("#tea"), [message("", msgid="1"), deletion])

    def test_a_renamed_channel_takes_its_events_along(self) -> None:
        renaming = ChannelRenamed(None, "ann", "#tea", "#coffee", "")

        self.take(message("hi"), renaming)

        self.assertEqual((self.shown("#coffee"), self.shown("#tea")), ([message("hi"), renaming], []))


class LimitTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(scrollback, "MAX_EVENTS", 3)
        self.patch(scrollback, "MAX_CHARS", 5 * scrollback.size_of(message("1", "#a")))
        self.scrollback = Scrollback()

    def add(self, target: str, *texts: str) -> None:
        for text in texts:
            self.scrollback.append(target, message(text, target))

    def texts(self, target: str) -> list[str]:
        return [event.text for event in self.scrollback.events(target) if isinstance(event, MessageReceived)]

    def test_a_channel_keeps_its_latest_events(self) -> None:
        self.add("#tea", "1", "2", "3", "4")

        self.assertEqual(self.texts("#tea"), ["2", "3", "4"])

    def test_the_quietest_loses_its_events_first(self) -> None:
        self.add("#a", "1", "2")
        self.add("#b", "1", "2")
        self.add("#a", "3")
        self.add("#c", "1", "2", "3")

        self.assertEqual([self.texts(name) for name in ("#a", "#b", "#c")], [["2", "3"], [], ["1", "2", "3"]])

    def test_a_long_text_leaves_room_for_less(self) -> None:
        self.add("#a", "1", "2")
        self.add("#b", "x" * 300)

        self.assertEqual((self.texts("#a"), self.texts("#b")), (["2"], ["x" * 300]))

    def test_a_deleted_text_leaves_its_room_to_others(self) -> None:
        self.scrollback.append("#a", message("x" * 300, "#a", msgid="1"))
        self.scrollback.delete("#a", "1")
        self.add("#b", "1", "2", "3")

        self.assertEqual((self.texts("#a"), self.texts("#b")), ([""], ["1", "2", "3"]))

    def test_a_rename_keeps_the_size(self) -> None:
        self.add("#a", "1", "2")
        self.scrollback.rename("#a", "#b")
        self.add("#b", "3")
        self.add("#c", "1", "2")

        self.assertEqual((self.texts("#b"), self.texts("#c")), (["1", "2", "3"], ["1", "2"]))
