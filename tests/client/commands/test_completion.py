"""Completion offers what can stand at the end of the line."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.commands.completion import complete_line
from simplechat.client.protocol.events import MembersListed, UserJoined
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.state.model import Model

TABLE = {
    "/jo": ["/join "],
    "/CL": ["/cls"],
    "jo": [],
    "a": ["anna: ", "Ann: "],
    "hi An": ["anna ", "Ann "],
    "/msg an": ["anna ", "Ann "],
    "/msg ann an": ["anna ", "Ann "],
    "/part #t": ["#tea "],
    "/part t": ["#tea "],
    "/join ": ["#tea ", "#cake "],
    "see #c": ["#cake "],
    "/help j": ["/join "],
    "/help /wh": ["/who "],
    "/cls a": ["anna ", "Ann "],
    "/nope a": ["anna ", "Ann "],
    "bo": [],
    "/his": ["/history "],
    "/reply an": ["anna ", "Ann "],
    "/log": ["/login ", "/logout"],
    "/search i": ["in:"],
    "/search tea in:#t": ["in:#tea "],
    "/search in:An": ["in:anna ", "in:Ann "],
    "/search from:a": ["from:anna ", "from:Ann "],
    "/search after:2": [],
}


class CompletionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.model = Model("bob")
        for event in (
            UserJoined(None, "bob", "#cake", True),
            UserJoined(None, "bob", "#tea", True),
            MembersListed("#tea", ("anna", "@bob", "Ann", "漢字")),
            MessageReceived(None, "anna", "#tea", "hi", "PRIVMSG", "", False),
        ):
            self.model.apply(event, has_ordered_ids=False)

    def test_each_text_has_its_completions(self) -> None:
        for text, expected in TABLE.items():
            self.assertEqual(complete_line(text, self.model), expected, text)

    def test_a_slash_alone_completes_every_command(self) -> None:
        self.assertIn("/who ", complete_line("/", self.model))

    def test_without_a_channel_no_nick_is_completed(self) -> None:
        self.assertEqual(complete_line("a", Model("bob")), [])
