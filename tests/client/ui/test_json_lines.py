"""Events as JSON, which no text can break."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.events import (
    ConnectionClosed,
    Disconnected,
    InputRejected,
    MissedCount,
    RequestRefused,
    TableShown,
    UserLeft,
)
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived
from simplechat.client.ui.json_lines import encode_event

NOON = 1_577_880_000.25


class JsonLinesTests(SynchronousTestCase):
    def test_a_message_has_its_time_and_target(self) -> None:
        (line,) = encode_event(MessageReceived(NOON, "ann", "#lobby", "hi", "PRIVMSG", "7", False))

        self.assertEqual(
            json.loads(line),
            {
                "event": "said",
                "time": "2020-01-01T12:00:00.250Z",
                "nick": "ann",
                "target": "#lobby",
                "text": "hi",
                "kind": "PRIVMSG",
                "msgid": "7",
                "is_own": False,
                "is_old": False,
                "reply_to": "",
            },
        )

    def test_an_event_has_its_fields(self) -> None:
        for event, expected in (
            (RequestRefused("#tea: No", ("#tea",)), {"event": "refused", "time": None, "text": "#tea: No"}),
            (
                InputRejected("why", "what"),
                {"event": "not_sent", "time": None, "reason": "why", "line": "what"},
            ),
            (
                Disconnected("Gone", 1.5),
                {"event": "disconnected", "time": None, "reason": "Gone", "retry_s": 1.5},
            ),
        ):
            self.assertEqual(json.loads(*encode_event(event)), expected)
        self.assertEqual(
            json.loads(*encode_event(UserLeft(None, "a", "", "QUIT", "", False)))["event"], "left"
        )

    def test_reactions_and_deletions_name_their_message(self) -> None:
        for event, expected in (
            (
                ReactionReceived(NOON, "ann", "#tea", "7", "+1", False),
                {"event": "reacted", "nick": "ann", "target": "#tea", "msgid": "7", "emoji": "+1"},
            ),
            (
                MessageDeleted(NOON, "ann", "#tea", "7", "why", True),
                {"event": "deleted", "nick": "ann", "target": "#tea", "msgid": "7", "reason": "why"},
            ),
            (MissedCount("#tea", 3, NOON), {"event": "missed", "target": "#tea", "count": 3}),
        ):
            written = json.loads(*encode_event(event))
            self.assertEqual(written, {**written, **expected, "time": "2020-01-01T12:00:00.250Z"})

    def test_events_for_people_only_are_left_out(self) -> None:
        self.assertEqual(
            [encode_event(ConnectionClosed("x")), encode_event(TableShown(("a",), ()))], [[], []]
        )

    @given(some.text())
    @example("\x7f\x9b\u2028")
    def test_no_text_breaks_the_line_or_controls_a_terminal(self, text: str) -> None:
        (line,) = encode_event(MessageReceived(None, text, text, text, "PRIVMSG", text, False))

        self.assertTrue(line.isascii() and line.isprintable())
        self.assertEqual(json.loads(line)["text"], text)
