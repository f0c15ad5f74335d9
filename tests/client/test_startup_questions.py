"""Options that were not given are asked for, until the answer is valid."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.options import parse_port
from simplechat.client.startup_questions import ask_until_valid


class QuestionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.shown: list[str] = []

    def ask(self, *answers: str) -> int:
        given = iter(answers)

        def read(question: str) -> str:
            self.shown.append(question)
            return next(given)

        return ask_until_valid("Port", 8067, parse_port, read, self.shown.append)

    def test_enter_takes_the_default(self) -> None:
        self.assertEqual((self.ask(""), self.shown), (8067, ["Port [8067]: "]))

    def test_an_interruption_ends_the_line_of_the_question(self) -> None:
        def read(question: str) -> str:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            ask_until_valid("Port", 8067, parse_port, read, self.shown.append)

        self.assertEqual(self.shown, [""])

    def test_an_answer_is_taken(self) -> None:
        self.assertEqual(self.ask(" 99 "), 99)

    def test_an_invalid_answer_is_explained_and_asked_again(self) -> None:
        number = self.ask("x", "70000", "99")

        self.assertEqual(number, 99)
        self.assertEqual(
            self.shown,
            [
                *("Port [8067]: ", "a port is a number from 1 to 65535") * 2,
                "Port [8067]: ",
            ],
        )
