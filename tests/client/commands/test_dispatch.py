"""Each line has one meaning: a command, or a text."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.commands.dispatch import (
    asks_password,
    may_hold_password,
    parse_line,
    parse_terminal_line,
)
from simplechat.client.commands.table import CLIENT_COMMANDS, channel_name

LINES = {
    "hello": ("", "hello"),
    "": ("", ""),
    " /quit": ("", " /quit"),
    "//etc is a folder": ("", "/etc is a folder"),
    "/quit": ("/exit", ""),
    "/QUIT  so long ": ("/exit", "so long"),
    "/msg ann  hi": ("/msg", "ann  hi"),
    "/nope x": ("/nope", "x"),
    "/": ("/", ""),
    "help": ("", "help"),
}
TERMINAL_LINES = {
    "help": ("/help", ""),
    "cls ": ("/cls", ""),
    "chat.exit": ("/exit", ""),
    "/help me": ("/help", "me"),
    " help": ("", " help"),
    "help me": ("", "help me"),
    "Help": ("", "Help"),
}


class ParsingTests(SynchronousTestCase):
    def test_a_line_is_a_command_or_a_text(self) -> None:
        for line, expected in LINES.items():
            self.assertEqual(parse_line(line), (line, *expected))

    def test_at_a_terminal_a_few_words_alone_are_commands(self) -> None:
        for line, expected in TERMINAL_LINES.items():
            self.assertEqual(parse_terminal_line(line), (line, *expected))

    def test_a_channel_may_be_named_without_its_mark(self) -> None:
        self.assertEqual([channel_name(word) for word in ("tea", "#tea", "")], ["#tea", "#tea", ""])


class PasswordTests(SynchronousTestCase):
    def test_only_commands_that_ask_for_a_password_hide_what_comes_next(self) -> None:
        hiding = {name for name in CLIENT_COMMANDS if asks_password(f"{name} x")}

        self.assertEqual(hiding, {"/login", "/passwd", "/register"})
        self.assertFalse(asks_password("//login") or asks_password("login") or asks_password("hi /login"))
        self.assertTrue(asks_password("/LOGIN ann"))

    def test_a_line_that_may_hold_a_password_is_not_kept(self) -> None:
        for line, is_kept in (
            ("/login", True),
            ("/login ann", True),
            ("/login ann pencil", False),
            ("/login ann\npencil", False),
            ("/passwd pencil", False),
            ("/register ann pencil", False),
            ("pencil", True),
        ):
            self.assertEqual(may_hold_password(line), not is_kept, line)
