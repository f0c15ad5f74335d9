"""Reactions and deletions are shown once, and with their messages."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived
from simplechat.client.state.annotations import apply_annotations
from simplechat.client.state.message_cache import MessageCache
from simplechat.client.ui.json_lines import encode_event
from simplechat.hub.ids import msgid_of
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Actor, Stage

CAPS = "message-tags draft/message-redaction"


class ReconnectTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ben,) = self.stage.enter("ben", caps=CAPS, room="#lobby")
        self.ann = InMemoryClient(self.stage, "ann")
        self.ann.types("tea?", "coffee?")
        self.ann.shows()

    def msgid(self, text: str) -> str:
        """Return the msgid of the message with a text."""
        return msgid_of(next(row.id for row in self.stage.store.inner.log.values() if row.text == text))

    def reacts(self, text: str, emoji: str = "+1", *, tag: str = "react", actor: Actor | None = None) -> None:
        self.stage.clock.advance(0.002)
        (actor or self.ben).says(f"@+draft/{tag}={emoji};+reply={self.msgid(text)} TAGMSG #lobby")

    def says(self, *texts: str) -> None:
        self.stage.clock.advance(0.002)
        self.ben.says(*(f"PRIVMSG #lobby :{text}" for text in texts))

    def deletes(self, msgid: str) -> None:
        self.stage.clock.advance(0.002)
        self.ben.says(f"REDACT #lobby {msgid} :oops")

    def back(self) -> list[str]:
        """Reconnect after a while; return what is shown then, without the notices about the connection."""
        self.ann.reconnects()
        return [
            line for line in self.ann.shows() if not line.startswith(("* you are", "* conn", "* In", "* -"))
        ]

    def test_a_reaction_to_a_message_already_shown_is_shown_once(self) -> None:
        self.ann.drops()
        self.ann.shows()
        self.reacts("tea?")

        self.assertEqual(self.back(), ["* ben reacts +1 to ann: tea?"])
        self.ann.drops()
        self.ann.shows()
        self.assertEqual(self.back(), [])

    def test_reactions_to_missed_messages_are_shown_with_them(self) -> None:
        (cem,) = self.stage.enter("cem", caps=CAPS, room="#lobby")
        self.ann.drops()
        self.ann.shows()
        self.says("cake?", "pie?")
        for text, emoji, actor in (("cake?", "+1", None), ("cake?", "+1", cem), ("cake?", "yum", cem)):
            self.reacts(text, emoji, actor=actor)
        self.reacts("pie?", "no")
        self.reacts("pie?", "no", tag="unreact")

        shown = self.back()[1:]

        self.assertEqual(shown, ["12:00 ben: cake?  [+1 2  yum]", "12:00 ben: pie?"])

    def test_a_deletion_is_shown_once_and_only_if_its_message_was(self) -> None:
        self.says("wrong")
        self.ann.shows()
        self.ann.drops()
        self.ann.shows()
        self.says("worse")
        self.deletes(self.msgid("wrong"))
        self.deletes(self.msgid("worse"))

        self.assertEqual(self.back(), ["* ben deleted their message of 12:00 (oops)"])
        self.ann.drops()
        self.ann.shows()
        self.assertEqual(self.back(), [])

    def test_history_shows_reactions_and_deletions(self) -> None:
        self.says("wrong")
        self.deletes(self.msgid("wrong"))
        self.reacts("coffee?")
        cem = InMemoryClient(self.stage, "cem")
        cem.shows()

        self.assertEqual(
            cem.types("/history")[1:],
            [
                "--- 2001-09-09 ---",
                "[1] 12:00 ann: tea?",
                "[2] 12:00 ann: coffee?  [+1]",
                "    12:00 * ben deleted an older message (oops)",
            ],
        )

    def test_a_reaction_is_shown_with_its_message_on_any_page(self) -> None:
        self.says(*(f"n{number}" for number in range(30)))
        self.reacts("tea?")
        self.reacts("coffee?")
        self.reacts("coffee?", tag="unreact")
        cem = InMemoryClient(self.stage, "cem")

        pages = [
            line for _ in range(3) for line in cem.types("/history 12") + cem.types("/history before 12")
        ]

        self.assertTrue(any(line.endswith("ann: tea?  [+1]") for line in pages))
        self.assertTrue(any(line.endswith("ann: coffee?") for line in pages))

    def test_joins_and_parts_do_not_fill_a_page(self) -> None:
        for _ in range(130):
            self.ben.says("PART #lobby", "JOIN #lobby")
        self.says("last")

        shown = [line.partition(": ")[2] for line in self.ann.types("/history 3") if line.startswith("[")]

        self.assertEqual(shown, ["tea? +", "coffee? +", "last"])

    def test_programs_get_the_reactions_of_a_page(self) -> None:
        self.ann.drops()
        self.says("cake?")
        self.reacts("cake?")
        self.ann.reconnects()
        self.ann.shows()

        lines = [json.loads(line) for event in self.ann.screen.events for line in encode_event(event)]

        encoded = [(line["event"], line.get("text") or line.get("emoji")) for line in lines][-4:]
        self.assertIn(("reacted", "+1"), encoded)
        self.assertNotIn("is_with_message", lines[-1])


class PageTests(SynchronousTestCase):
    def said(self, msgid: str, at: float = 1.0) -> MessageReceived:
        return MessageReceived(at, "ann", "#tea", "hi", "PRIVMSG", msgid, False)

    def test_a_message_deleted_on_the_page_is_left_out(self) -> None:
        deletion = MessageDeleted(2.0, "ann", "#tea", "1", "", False)

        self.assertEqual(
            apply_annotations([self.said("1"), self.said("2"), deletion], MessageCache()),
            [self.said("2"), deletion],
        )
