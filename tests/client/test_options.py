"""The command line options, and their errors in one line."""

from __future__ import annotations

import contextlib
import io

from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.__main__ import complete_options
from simplechat.client.net.connecting import describe_connect_error
from simplechat.client.options import nick_from_login, parse_host_or_address, parse_options
from simplechat.locale import use_language_everywhere


class OptionsTests(SynchronousTestCase):
    def test_the_defaults_reach_the_lobby_of_a_local_server(self) -> None:
        options = parse_options([])

        complete_options(options, self.fail)

        self.assertEqual((options.ip, options.port, options.room), ("127.0.0.1", 8067, "#lobby"))
        self.assertFalse(options.wants_tls)

    def test_options_are_read_in_both_spellings(self) -> None:
        options = parse_options(["--ip=::1", "--port", "99", "--nick=ann", "--room", "tea"])

        self.assertEqual((options.ip, options.port, options.nick, options.room), ("::1", 99, "ann", "#tea"))

    def test_an_address_sets_all_that_other_options_do_not(self) -> None:
        address = f"ircs://chat.example.org:99/tea?fingerprint={'ab' * 32}"
        options, other = parse_options([address]), parse_options([address, "--room=cake"])

        self.assertEqual((options.ip, options.port, options.room), ("chat.example.org", 99, "#tea"))
        self.assertEqual((options.wants_tls, options.fingerprint), (True, ":".join(["AB"] * 32)))
        self.assertEqual(other.room, "#cake")

    def test_connections_to_other_machines_are_encrypted_by_default(self) -> None:
        for arguments, is_encrypted in (
            ([], False),
            (["--ip=::1"], False),
            (["--ip=127.9.9.9"], False),
            (["--ip=::ffff:127.0.0.1"], False),
            (["--ip=LOCALHOST"], False),
            (["--tls"], True),
            (["--fingerprint", "ab" * 32], True),
            (["ircs://localhost/x"], True),
            (["irc://localhost/x"], False),
            (["irc://chat.example.org/x"], True),
            (["--ip=192.168.1.1"], True),
            (["--ip=127.0.0.1.example.org"], True),
            (["--ip=chat.example.org", "--plaintext"], False),
            (["irc://chat.example.org/x", "--plaintext"], False),
        ):
            self.assertEqual(parse_options(arguments).wants_tls, is_encrypted, arguments)

    def test_an_address_may_be_the_answer_to_the_question(self) -> None:
        options = parse_options([])
        address = parse_host_or_address("ircs://chat.example.org:99/tea")
        assert not isinstance(address, str)

        options.apply_address(address)

        self.assertEqual((options.ip, options.port, options.room), ("chat.example.org", 99, "#tea"))
        self.assertEqual(parse_host_or_address("chat.example.org"), "chat.example.org")

    def test_a_wrong_option_ends_with_one_line_and_code_1(self) -> None:
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
            ["ircs://ann@chat.example.org/lobby"],
            ["ircs://chat.example.org/lobby", "--port=99"],
            ["ircs://chat.example.org/lobby", "--ip=::1"],
            ["--fingerprint", "12"],
            ["--plaintext", "--tls"],
            ["--plaintext", "--fingerprint", "ab" * 32],
        ):
            said = io.StringIO()
            with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
                parse_options(arguments)

            self.assertEqual((ended.exception.code, said.getvalue().count("\n")), (1, 1), arguments)

    def test_help_lists_the_commands_too(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), self.assertRaises(SystemExit) as ended:
            parse_options(["--help"])

        self.assertEqual(ended.exception.code, 0)
        for word in ("--ip", "--port", "--nick", "--room", "/exit"):
            self.assertIn(word, said.getvalue())

    def test_help_is_in_the_language_that_is_asked_for(self) -> None:
        self.addCleanup(use_language_everywhere, "en")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), self.assertRaises(SystemExit):
            parse_options(["--lang", "es", "--help"])

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
            self.assertEqual(nick_from_login(login), nick, login)

    def test_a_connection_error_is_shown_as_a_sentence(self) -> None:
        for error, sentence in (
            (ConnectionRefusedError(), "No server listens there"),
            (DNSLookupError(), "There is no host of that name"),
            (ValueError("invalid hostname"), "There is no host of that name"),
            (TimeoutError(), "Nothing answers there"),
            (ConnectError(101, "Network is unreachable"), "It cannot be reached: Network is unreachable"),
        ):
            self.assertEqual(describe_connect_error(error), sentence)
