"""A verb from a shell: what is answered is shown, what is asked is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import CliError
from simplechat.cli.console import answer_as_json, answer_as_text, run_line, server_completions
from simplechat.cli.server_link import run_blocking
from simplechat.owner_answers import Answer, Progress, Question, decode_answer
from tests.cli.actors import FakeLink, error, table, text

QUESTION = Question("{room} will lose {count} messages.", {"room": "#tea", "count": 3}, "clear #tea yes")


def answers(line: str) -> Iterable[Answer]:
    """Answer as a server does."""
    known: dict[str, list[Answer]] = {
        "clients": [table(["nick", "host"], [["ann", "h\x1b"], ["benjamin", "host"]])],
        "clear #tea": [QUESTION],
        "clear #tea yes": [Progress(1, 3), text("{count} are gone", count=3)],
        "nonsense": [error("There is no verb {verb}", verb="nonsense")],
    }
    return known[line]


class FakeDialog:
    """Somebody who answers every question the same way."""

    def __init__(self, decision: bool | None) -> None:
        self.shown: list[str] = []
        self.questions: list[str] = []
        self._decision = decision

    def write(self, text: str) -> None:
        """See `Dialog.write`."""
        self.shown.append(text)

    def confirms(self, question: str) -> bool | None:
        """See `Dialog.confirms`."""
        self.questions.append(question)
        return self._decision


class CompletionTests(SynchronousTestCase):
    def test_a_line_is_completed_by_the_server(self) -> None:
        link = FakeLink(lambda line: [table(["word"], [["ann "], ["an\x1b "]])])

        self.assertEqual(server_completions(link, "eject an"), ["ann ", "an\N{SYMBOL FOR ESCAPE} "])
        self.assertEqual(link.requests, ['complete "eject an"'])

    def test_trouble_completes_nothing(self) -> None:
        link = FakeLink(lambda line: [error("There is no complete")])

        self.assertEqual(server_completions(link, "x"), [])


class ConsoleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.link = FakeLink(answers)
        self.dialog = FakeDialog(None)

    def run_command(self, line: str, draw: Callable[[Answer], list[str]] = answer_as_text) -> int:
        """Say a line; give the exit code."""
        return run_blocking(run_line(self.link, line, self.dialog, draw))

    def test_a_table_is_drawn_and_drives_nothing(self) -> None:
        self.assertEqual(self.run_command("clients"), 0)

        self.assertEqual(
            self.dialog.shown, ["nick      host", "--------  ----", "ann       h␛", "benjamin  host"]
        )

    def test_an_error_is_shown_and_ends_with_1(self) -> None:
        self.assertEqual(self.run_command("nonsense"), 1)

        self.assertEqual(self.dialog.shown, ["! There is no verb nonsense"])

    def test_what_is_asked_is_done_after_a_yes(self) -> None:
        self.dialog = FakeDialog(True)

        self.assertEqual(self.run_command("clear #tea"), 0)

        self.assertEqual(self.dialog.questions, ["#tea will lose 3 messages."])
        self.assertEqual(self.dialog.shown, ["3 are gone"])
        self.assertEqual(self.link.requests, ["clear #tea", "clear #tea yes"])

    def test_what_is_asked_is_not_done_after_a_no(self) -> None:
        self.dialog = FakeDialog(False)

        self.assertEqual(self.run_command("clear #tea"), 1)

        self.assertEqual(self.link.requests, ["clear #tea"])
        self.assertEqual(self.dialog.shown, ["Nothing was done."])

    def test_where_nobody_can_be_asked_it_is_told_what_to_say(self) -> None:
        trouble = self.assertRaises(CliError, self.run_command, "clear #tea")

        self.assertIn("simplechat console clear '#tea' yes", str(trouble))
        self.assertEqual(self.link.requests, ["clear #tea"])

    def test_a_yes_in_the_line_needs_no_question(self) -> None:
        self.assertEqual(self.run_command("clear #tea yes"), 0)

    def test_programs_get_every_answer_as_a_line(self) -> None:
        self.run_command("clients", answer_as_json)
        self.run_command("nonsense", answer_as_json)

        shown = [decode_answer(line.encode()) for line in self.dialog.shown]
        self.assertEqual(shown, [*answers("clients"), *answers("nonsense")])
        self.assertTrue(all(line.isascii() for line in self.dialog.shown))
