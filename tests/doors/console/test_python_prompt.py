"""Python inside the server: results are shown, harmless, and nothing ends the server."""

from __future__ import annotations

import sys

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.console.python_prompt import FIRST, FURTHER, INDENT, PythonPrompt


class PythonPromptTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.shown: list[str] = []
        self.ran: list[str] = []
        self.waiting: Deferred[int] = Deferred()
        names = {"hub": {"ann": 1}, "store": self}
        self.python = PythonPrompt(names, lambda *lines: self.shown.extend(lines), self.ran.append)
        self.shown.clear()

    async def newest_rows(self) -> int:
        """Take a while, as a store does."""
        return await self.waiting

    def types(self, *lines: str) -> list[str]:
        """Type lines, and return what is shown."""
        self.shown.clear()
        for line in lines:
            self.assertTrue(self.python.typed(line))
        return self.shown

    def test_the_result_of_a_line_is_shown(self) -> None:
        self.assertEqual(
            self.types("x = 20 + 1", "x * 2", "None", "hub", "_['ann']"), ["42", "{'ann': 1}", "1"]
        )

    def test_what_is_printed_is_shown_line_by_line(self) -> None:
        self.assertEqual(self.types("print('a', end=''); print('b\\nc')"), ["ab", "c"])

    def test_a_block_runs_once_it_is_complete(self) -> None:
        self.types("for i in range(2):")
        self.assertEqual(self.python.label, FURTHER)
        self.assertEqual(self.types("    print(i)"), [])

        self.assertEqual(self.types(""), ["0", "1"])
        self.assertEqual(self.python.label, FIRST)

    def test_a_block_can_be_discarded(self) -> None:
        self.types("for i in range(2):")

        self.python.discard()

        self.assertEqual((self.python.label, self.types("1")), (FIRST, ["1"]))

    def test_exceptions_are_shown(self) -> None:
        self.assertEqual(self.types("1/0")[-1], "ZeroDivisionError: division by zero")
        self.assertIn("SyntaxError", self.types("1 +* 2")[-1])
        self.assertEqual(self.types("raise KeyboardInterrupt")[-1], "KeyboardInterrupt")

    def test_results_that_take_a_while_are_shown_later(self) -> None:
        self.assertEqual(self.types("store.newest_rows()"), ["<Deferred #0>"])
        self.shown.clear()

        self.waiting.callback(7)

        self.assertEqual(self.shown, ["Deferred #0 called back: 7"])

    def test_leaving_the_prompt_keeps_standard_input_open(self) -> None:
        for line in ("exit()", "quit()", "raise SystemExit(3)"):
            self.assertFalse(self.python.typed(line), line)
        self.assertFalse(sys.stdin is not None and sys.stdin.closed)

    def test_output_controls_no_terminal(self) -> None:
        shown = self.types(
            "print('\\x1b]0;owned\\x07\\u202e')",
            "class A:",
            "    def __repr__(self): return '\\x9b2J'",
            "",
            "A()",
        )

        self.assertEqual(len(shown), 2)
        self.assertTrue(all(line.isprintable() for line in shown), shown)

    def test_an_owners_command_is_run(self) -> None:
        self.types('run("clients")')
        self.assertEqual(self.types('run("a\\nb")')[-1], "ValueError: run takes one line")

        self.assertEqual(self.ran, ["clients"])

    def test_names_are_completed(self) -> None:
        self.assertEqual(self.python.completions("x = store.wait"), ["store.waiting"])
        self.assertEqual(self.python.completions("print(hu"), ["print(hub"])
        self.assertEqual(self.python.completions(""), [INDENT])
        self.assertEqual(self.python.completions("1 + "), [])
        self.assertEqual(self.python.completions("nothing.at"), [])
