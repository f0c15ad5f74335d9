"""A verb from a shell: what is answered is shown, what is asked is decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import Trouble
from simplechat.cli.console import as_json, as_text, completions, say
from simplechat.cli.server_link import at_once
from simplechat.terminal.answer_text import Answer
from tests.cli.actors import FakeLink, error, table, text

ASK: Answer = {
    "kind": "ask",
    "text": "{room} will lose {count} messages.",
    "fields": {"room": "#tea", "count": 3},
    "again": "clear #tea yes",
}


def answers(line: str) -> Iterable[Answer]:
    """Answer as a server does."""
    return {
        "clients": [table(["nick", "host"], [["ann", "h\x1b"], ["benjamin", "host"]])],
        "clear #tea": [ASK],
        "clear #tea yes": [{"kind": "progress", "done": 1, "all": 3}, text("{count} are gone", count=3)],
        "nonsense": [error("There is no verb {verb}", verb="nonsense")],
    }[line]


class FakeDesk:
    """Somebody who answers every question the same way."""

    def __init__(self, decision: bool | None) -> None:
        self.shown: list[str] = []
        self.questions: list[str] = []
        self._decision = decision

    def write(self, text: str) -> None:
        """See `Desk.write`."""
        self.shown.append(text)

    def confirms(self, question: str) -> bool | None:
        """See `Desk.confirms`."""
        self.questions.append(question)
        return self._decision


class CompletionTests(SynchronousTestCase):
    def test_a_line_is_completed_by_the_server(self) -> None:
        link = FakeLink(
            lambda line: [{"kind": "table", "columns": ["word"], "rows": [["ann "], ["an\x1b "]]}]
        )

        self.assertEqual(completions(link, "eject an"), ["ann ", "an\N{SYMBOL FOR ESCAPE} "])
        self.assertEqual(link.asked, ['complete "eject an"'])

    def test_trouble_completes_nothing(self) -> None:
        link = FakeLink(lambda line: [{"kind": "error", "text": "There is no complete", "fields": {}}])

        self.assertEqual(completions(link, "x"), [])


class ConsoleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.link = FakeLink(answers)
        self.desk = FakeDesk(None)

    def say(self, line: str, draw: Callable[[Answer], list[str]] = as_text) -> int:
        """Say a line; give the exit code."""
        return at_once(say(self.link, line, self.desk, draw))

    def test_a_table_is_drawn_and_drives_nothing(self) -> None:
        self.assertEqual(self.say("clients"), 0)

        self.assertEqual(
            self.desk.shown, ["nick      host", "--------  ----", "ann       h␛", "benjamin  host"]
        )

    def test_an_error_is_shown_and_ends_with_1(self) -> None:
        self.assertEqual(self.say("nonsense"), 1)

        self.assertEqual(self.desk.shown, ["! There is no verb nonsense"])

    def test_what_is_asked_is_done_after_a_yes(self) -> None:
        self.desk = FakeDesk(True)

        self.assertEqual(self.say("clear #tea"), 0)

        self.assertEqual(self.desk.questions, ["#tea will lose 3 messages."])
        self.assertEqual(self.desk.shown, ["3 are gone"])
        self.assertEqual(self.link.asked, ["clear #tea", "clear #tea yes"])

    def test_what_is_asked_is_not_done_after_a_no(self) -> None:
        self.desk = FakeDesk(False)

        self.assertEqual(self.say("clear #tea"), 1)

        self.assertEqual(self.link.asked, ["clear #tea"])
        self.assertEqual(self.desk.shown, ["Nothing was done."])

    def test_where_nobody_can_be_asked_it_is_told_what_to_say(self) -> None:
        trouble = self.assertRaises(Trouble, self.say, "clear #tea")

        self.assertIn("simplechat console clear #tea yes", str(trouble))
        self.assertEqual(self.link.asked, ["clear #tea"])

    def test_a_yes_in_the_line_needs_no_question(self) -> None:
        self.assertEqual(self.say("clear #tea yes"), 0)

    def test_programs_get_every_answer_as_a_line(self) -> None:
        self.say("clients", as_json)
        self.say("nonsense", as_json)

        self.assertEqual(
            [json.loads(line) for line in self.desk.shown], [*answers("clients"), *answers("nonsense")]
        )
        self.assertTrue(all(line.isascii() for line in self.desk.shown))
