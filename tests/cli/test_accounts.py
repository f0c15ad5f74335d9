"""Accounts from a shell: a password is typed twice or comes through a pipe, and is never a word."""

from __future__ import annotations

import io
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.accounts import account_line, check_new_password, prompt_password, read_piped_password
from simplechat.cli.cli_error import CliError


def typing(*words: str) -> Callable[[str], str]:
    """Type these words, one for each question, and then nothing more."""
    left = list(words)

    def ask(question: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return ask


def nobody() -> str:
    """Be asked for a password where none is wanted."""
    raise AssertionError("a password was asked for")


class LineTests(SynchronousTestCase):
    def test_a_password_is_asked_for_where_one_is_wanted_only(self) -> None:
        for action, more, line in (
            ("list", "", "account list"),
            ("disable", "", "account disable ann"),
            ("enable", "", "account enable ann"),
            ("admin", "no", "account admin ann no"),
        ):
            self.assertEqual(account_line(action, "ann", more, nobody), line)
        for action in ("add", "passwd"):
            line = account_line(action, "ann", "", lambda: "open sesame")
            self.assertEqual(line, f"account {action} ann open sesame")

    def test_a_name_is_one_word(self) -> None:
        for name in ("", " ", "ann ben", "ann\n"):
            self.assertRaises(CliError, account_line, "add", name, "", nobody)


class PasswordTests(SynchronousTestCase):
    def test_it_is_typed_twice(self) -> None:
        self.assertEqual(prompt_password(typing("open sesame", "open sesame")), "open sesame")

    def test_two_that_differ_or_one_that_is_not_whole_are_refused(self) -> None:
        for words in (("sesame", "seasme"), ("sesame",), (), ("", "")):
            self.assertRaises(CliError, prompt_password, typing(*words))

    def test_a_pipe_gives_the_first_line(self) -> None:
        for sent, password in (
            (b"open sesame\nmore", "open sesame"),
            (b"sesame\r\n", "sesame"),
            ("ñu".encode(), "ñu"),
            (b"", ""),
        ):
            self.assertEqual(read_piped_password(io.BytesIO(sent)), password)
        self.assertRaises(CliError, read_piped_password, io.BytesIO(b"\xff\n"))

    def test_what_a_line_would_not_hold_as_it_is_is_refused(self) -> None:
        for password in ("", " ", " sesame", "sesame\t"):
            self.assertRaises(CliError, check_new_password, password)
        self.assertEqual(check_new_password("a  b"), "a  b")
