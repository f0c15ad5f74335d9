"""The command line: what is taken, and what is told in one line."""

from __future__ import annotations

import contextlib
import io

from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.__main__ import why_unreachable
from simplechat.client.options import nick_for, options_of
from simplechat.locale import use_everywhere


class OptionsTests(SynchronousTestCase):
    def test_defaults_reach_the_lobby_of_a_server_of_our_own(self) -> None:
        options = options_of([])

        self.assertEqual((options.ip, options.port, options.room), (None, None, "#lobby"))

    def test_what_is_given_is_taken_in_both_spellings(self) -> None:
        options = options_of(["--ip=::1", "--port", "99", "--nick=ann", "--room", "tea"])

        self.assertEqual((options.ip, options.port, options.nick, options.room), ("::1", 99, "ann", "#tea"))

    def test_what_is_wrong_is_one_line_and_code_1(self) -> None:
        for arguments in (
            ["--port", "x"],
            ["--port", "0"],
            ["--port", "65536"],
            ["--port", "1" * 9999],
            ["--port"],
            ["--nick", ""],
            ["--nick", "a b"],
            ["--nick", "\x1b"],
            ["--nick", "\udc80"],
            ["--nick", ":a"],
            ["--room", ""],
            ["--room", "#"],
            ["--room", "#a,#b"],
            ["--room", "#\u2028"],
            ["--ni", "bob"],
            ["what"],
        ):
            said = io.StringIO()
            with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
                options_of(arguments)

            self.assertEqual((ended.exception.code, said.getvalue().count("\n")), (1, 1), arguments)

    def test_help_tells_the_verbs_too(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), self.assertRaises(SystemExit) as ended:
            options_of(["--help"])

        self.assertEqual(ended.exception.code, 0)
        for word in ("--ip", "--port", "--nick", "--room", "/exit"):
            self.assertIn(word, said.getvalue())

    def test_help_is_in_the_language_that_is_asked_for(self) -> None:
        self.addCleanup(use_everywhere, "en")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), self.assertRaises(SystemExit):
            options_of(["--lang", "es", "--help"])

        for word in ("uso: ", "opciones:", "--nick APODO", "muestra esta ayuda"):
            self.assertIn(word, said.getvalue())

    def test_a_login_name_becomes_a_nick_that_servers_take(self) -> None:
        for login, nick in (
            ("ann", "ann"),
            ("José.Luis", "JoseLuis"),
            ("42-ann-1", "ann-1"),
            ("-_x", "_x"),
            (".1a", "a"),
            ("漢字", "guest"),
            ("", "guest"),
            ("x" * 99, "x" * 30),
        ):
            self.assertEqual(nick_for(login), nick, login)

    def test_why_there_is_no_connection_is_a_sentence(self) -> None:
        for error, sentence in (
            (ConnectionRefusedError(), "No server listens there"),
            (DNSLookupError(), "There is no host of that name"),
            (ValueError("invalid hostname"), "There is no host of that name"),
            (TimeoutError(), "Nothing answers there"),
            (ConnectError(101, "Network is unreachable"), "It cannot be reached: Network is unreachable"),
        ):
            self.assertEqual(why_unreachable(error), sentence)
