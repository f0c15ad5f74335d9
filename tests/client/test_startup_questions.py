"""What the command line did not say is asked for, until it is understood."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.options import parse_port
from simplechat.client.startup_questions import ask_until_valid


class AskingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.told: list[str] = []

    def ask(self, *answers: str) -> int:
        given = iter(answers)

        def read(question: str) -> str:
            self.told.append(question)
            return next(given)

        return ask_until_valid("Port", 8067, parse_port, read, self.told.append)

    def test_enter_takes_what_is_offered(self) -> None:
        self.assertEqual((self.ask(""), self.told), (8067, ["Port [8067]: "]))

    def test_what_is_told_after_an_interruption_begins_a_line(self) -> None:
        def read(question: str) -> str:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            ask_until_valid("Port", 8067, parse_port, read, self.told.append)

        self.assertEqual(self.told, [""])

    def test_an_answer_is_taken(self) -> None:
        self.assertEqual(self.ask(" 99 "), 99)

    def test_what_is_not_understood_is_explained_and_asked_again(self) -> None:
        number = self.ask("x", "70000", "99")

        self.assertEqual(number, 99)
        self.assertEqual(
            self.told,
            [
                *("Port [8067]: ", "a port is a number from 1 to 65535") * 2,
                "Port [8067]: ",
            ],
        )
