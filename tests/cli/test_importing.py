"""What the seed kept comes into a log once, in order, and fits a line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import CliError
from simplechat.cli.importing import (
    ImportedMessage,
    SeedImport,
    json_batches,
    max_text_bytes,
    message_texts,
    nick_for,
    split_rows,
)
from simplechat.cli.server_link import run_blocking
from simplechat.ircv3.message import Message, encode_body
from simplechat.store.seed_database import SeedDatabase, SeedRow, SkippedRow, SkipReason
from tests.cli.actors import FakeServer
from tests.support import seed

NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
NICKS = [
    ("ana", "ana"),
    ("  ana  ", "ana"),
    ("ana maría", "ana_maría"),
    ("Jose\u0301", "José"),
    ("a!b@c:d,e#f*g?h", "a_b_c_d_e_f_g_h"),
    ("\x00\x1b[1m\u202e\u200b", "__[1m__"),
    ("x" * 99, "x" * 30),
    ("👩" * 30, "👩" * 16),
    ("", "unknown"),
    (" \t\n", "unknown"),
]


class NickTests(SynchronousTestCase):
    def test_the_table(self) -> None:
        for author, nick in NICKS:
            self.assertEqual(nick_for(author), nick, author)

    @given(some.text(max_size=80))
    def test_any_author_can_stand_in_a_source(self, author: str) -> None:
        nick = nick_for(author)

        self.assertTrue(0 < len(nick) <= 30 and len(nick.encode()) <= 64)
        self.assertFalse(set(nick) & set(" !@:,#\r\n\0"))
        self.assertTrue(nick.isprintable())


class TextTests(SynchronousTestCase):
    def test_a_text_becomes_lines_and_those_become_pieces(self) -> None:
        self.assertEqual(list(message_texts("a\r\nb\n\n \rc\0", 400)), ["a", "b", "c\u2400"])
        self.assertEqual(list(message_texts("one two", 5)), ["one ", "two"])

    @given(some.text(max_size=40), some.text(max_size=2000))
    def test_every_piece_is_said_whole(self, author: str, text: str) -> None:
        nick, room = nick_for(author), "#" + "r" * 63
        for piece in message_texts(text, max_text_bytes(nick, room)):
            line = encode_body(Message("PRIVMSG", (room, piece), f"{nick}!imported@simplechat.local"))

            self.assertIn(piece.encode(), line)


class LinesTests(SynchronousTestCase):
    def test_each_message_has_a_millisecond_of_its_own_within_its_second(self) -> None:
        rows = [SeedRow(1, 5, "ana", "a\nb"), SeedRow(2, 5, "ana", "a"), SeedRow(3, 6, "ben", "c")]

        found = list(split_rows(rows, "#tea"))

        self.assertEqual(
            found,
            [(5000, "ana", "a"), (5001, "ana", "b"), (5002, "ana", "a"), (6000, "ben", "c")],
        )

    def test_more_than_a_thousand_in_a_second_stay_apart_and_in_order(self) -> None:
        rows = [SeedRow(n, 5, "ana", "a") for n in range(1500)] + [SeedRow(1500, 6, "ana", "b")]

        found = [line for line in split_rows(rows, "#tea") if isinstance(line, ImportedMessage)]

        self.assertEqual([line.ms for line in found], list(range(5000, 6501)))
        self.assertEqual(found[-1].text, "b")

    def test_a_row_that_says_nothing_is_skipped(self) -> None:
        self.assertEqual(
            list(split_rows([SeedRow(3, 5, "ana", " \n")], "#tea")), [SkippedRow(3, SkipReason.NO_TEXT)]
        )

    def test_a_batch_is_as_long_as_a_server_takes(self) -> None:
        short = [ImportedMessage(n, "ana", "a") for n in range(1201)]
        long = [ImportedMessage(n, "ana", "\x01" * 400) for n in range(600)]

        for each in (short, long):
            written = list(json_batches(each))

            self.assertTrue(all(len(batch.encode()) <= 512 << 10 for batch in written))
            self.assertTrue(all(len(json.loads(batch)) <= 500 for batch in written))
            self.assertEqual([ImportedMessage(*row) for batch in written for row in json.loads(batch)], each)
        self.assertEqual(list(json_batches([])), [])


class ImportTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.server = FakeServer()
        self.told: list[str] = []

    def write(self, *rows: tuple[object, object, object]) -> None:
        """Add rows to the file."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(seed.SCHEMA.replace("TABLE", "TABLE IF NOT EXISTS"))
            database.executemany(seed.ADD, rows)
            database.commit()

    def take(self, *, is_dry_run: bool = False) -> list[str]:
        """Import the file."""
        with closing(SeedDatabase(self.path)) as file:
            work = SeedImport(file, "#lobby", self.told.append)
            work.sort(UTC, NOW)
            return work.dry_run() if is_dry_run else run_blocking(work.run(self.server))

    def test_everything_that_can_be_taken_comes_out_in_order(self) -> None:
        expected = seed.make(self.path, 3000)

        summary = self.take()

        seconds = [(at // 1000, nick, text) for at, nick, text in self.server.put["#lobby"]]
        self.assertEqual(seconds, expected.lines)
        self.assertEqual(summary[0], f"{len(expected.lines)} messages were imported into #lobby")
        self.assertTrue(self.told)

    def test_a_second_time_changes_nothing(self) -> None:
        seed.make(self.path, 3000)
        self.take()
        before = list(self.server.put["#lobby"])

        summary = self.take()

        self.assertEqual(self.server.put["#lobby"], before)
        self.assertEqual(
            summary[:2],
            ["0 messages were imported into #lobby", f"{len(before)} messages were there already"],
        )

    def test_a_file_that_grew_gives_what_is_new(self) -> None:
        self.write(("(2019/01/01) 10:00:00", "ana", "a"), ("(2019/01/01) 10:00:00", "ana", "a"))
        self.take()
        self.write(("(2019/01/01) 10:00:00", "ana", "a"), ("(2019/01/01) 10:00:01", "ben", "b"))

        summary = self.take()

        self.assertEqual([text for _, _, text in self.server.put["#lobby"]], ["a", "a", "a", "b"])
        self.assertIn("2 messages were imported", summary[0])

    def test_what_was_skipped_is_told_with_its_reason_and_rows(self) -> None:
        expected = seed.make(self.path, 0)

        summary = self.take()

        self.assertIn(
            "4 rows were skipped: its time is missing or cannot be read (rows 12, 13, 14, 15)", summary
        )
        counts = [int(line.split()[0]) for line in summary[1:]]
        self.assertEqual(sum(counts), expected.skipped)

    def test_only_the_first_of_many_skipped_rows_are_named(self) -> None:
        self.write(*(("", "ana", "a") for _ in range(9)))

        summary = self.take()

        self.assertIn("(rows 1, 2, 3, 4, 5, ...)", summary[-1])

    def test_a_rehearsal_asks_nobody(self) -> None:
        expected = seed.make(self.path, 10)

        summary = self.take(is_dry_run=True)

        self.assertEqual(self.server.requests, [])
        self.assertEqual(summary[0], f"{len(expected.lines)} messages would be imported into #lobby")

    def test_a_server_that_cannot_go_on_is_told_with_what_it_has(self) -> None:
        seed.make(self.path, 2000)
        self.server.max_rows = 500

        trouble = self.assertRaises(CliError, self.take)

        self.assertEqual(
            str(trouble), "the disk is full (500 messages are there already; import again to go on)"
        )
