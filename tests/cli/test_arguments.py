"""The command line: what is taken, and what is told in one line."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.arguments import (
    SUBCOMMANDS,
    CommandLine,
    build_parser,
    parse_command_line,
    requested_language,
    split_command_line,
)
from tests.support.zones import be_in


class SplitTests(SynchronousTestCase):
    def test_the_verb_is_the_first_word_that_is_no_option(self) -> None:
        for line, verb in (
            ("", ""),
            ("--port 1", ""),
            ("export", "export"),
            ("--data export export", "export"),
            ("--data=x --lang es import f", "import"),
            ("--network export", ""),
            ("--data", ""),
            ("--help", ""),
            ("nonsense", "nonsense"),
        ):
            self.assertEqual(split_command_line(line.split()).subcommand, verb, line)

    def test_the_words_around_the_verb_are_kept(self) -> None:
        self.assertEqual(
            split_command_line(["--data", "serve", "serve", "--port", "1"]),
            (["--data", "serve"], "serve", ["--port", "1"]),
        )

    def test_a_language_is_found_anywhere(self) -> None:
        for line, language in (
            ("--lang es --port 1", "es"),
            ("--port 1 --lang=en", "en"),
            ("--lang de", ""),
            ("--lang", ""),
            ("", ""),
            ("--port 1", ""),
        ):
            self.assertEqual(requested_language(line.split()), language)


class OrderTests(SynchronousTestCase):
    def options(self, line: str) -> CommandLine:
        """Read a command line."""
        return parse_command_line(line.split())

    def test_shared_options_stand_before_the_verb_or_behind_it(self) -> None:
        for line in ("--data d export", "export --data d", "--data x export --data=d"):
            self.assertEqual(self.options(line).data, "d", line)
        self.assertIsNone(self.options("export").data)

    def test_an_import_knows_its_file_room_and_zone(self) -> None:
        options = self.options("import chat.db --room tea --timezone Europe/Madrid --dry-run")

        self.assertEqual((options.file, options.room, options.dry_run), (Path("chat.db"), "#tea", True))
        self.assertEqual(str(options.timezone), "Europe/Madrid")
        self.assertIsNone(self.options("import chat.db").timezone)

    def test_an_export_takes_its_dates_as_utc_wherever_it_is(self) -> None:
        be_in(self, "Asia/Tokyo")

        options = self.options("export --since 2026-11-24 #tea --until 2026-11-24T12:00+02:00")

        self.assertEqual(options.room, "#tea")
        self.assertEqual(options.since, datetime(2026, 11, 24, tzinfo=UTC).timestamp())
        self.assertEqual(options.until, datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp())

    def test_everything_behind_the_first_word_of_a_console_line_belongs_to_it(self) -> None:
        options = self.options("console --json say --json -x hello")

        self.assertEqual((options.json, options.words), (True, ["say", "--json", "-x", "hello"]))
        self.assertEqual(self.options("console").words, [])

    def test_what_is_wrong_is_one_line_and_code_1(self) -> None:
        for line in (
            "nonsense",
            "import",
            "import a b",
            "import a --timezone Nowhere/Land",
            "import a --timezone ../etc",
            "import a --timezone Europe",
            "import a --room a,b",
            "import a --room #",
            "export --format pdf",
            "export --since yesterday",
            "export --since 0001-01-01T00:00+23:00x",
            "export --form txt",
            "export --data",
            "backup",
            "account",
            "account grow",
            "account add ann sesame",
            "export --lang de",
        ):
            said = io.StringIO()
            with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
                self.options(line)

            self.assertEqual((ended.exception.code, said.getvalue().count("\n")), (1, 1), line)
            self.assertTrue(said.getvalue().startswith("simplechat: "))

    def test_an_account_has_an_action_a_name_and_perhaps_a_no(self) -> None:
        for line, expected in (
            ("account list", ("list", None, None)),
            ("account add ann", ("add", "ann", None)),
            ("account admin ann no", ("admin", "ann", "no")),
        ):
            options = self.options(line)
            self.assertEqual((options.action, options.name, options.more), expected, line)

    def test_help_lists_the_verbs_and_each_has_its_own(self) -> None:
        text = build_parser().format_help()

        for verb in SUBCOMMANDS:
            self.assertIn(f"\n    {verb} ", text)
        for verb in set(SUBCOMMANDS) - {"serve"}:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), self.assertRaises(SystemExit) as ended:
                self.options(f"{verb} --help")

            self.assertEqual(ended.exception.code, 0)
            self.assertIn(f"usage: simplechat {verb}", said.getvalue())
