"""The database of simpleChat is read without changing it, whatever it contains."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from simplechat.store.seed_database import (
    SeedDatabase,
    SeedError,
    SeedRow,
    SkippedRow,
    SkipReason,
    parse_seed_time,
)
from tests.support.seed import ADD, SCHEMA, SKIPPED, TAKEN, WHEN, make
from tests.support.zones import be_in

NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
MADRID = ZoneInfo("Europe/Madrid")


def utc(*parts: int) -> int:
    """Return a time as seconds since 1970."""
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


TIMES = [
    ("(2019/02/28) 10:00:00", utc(2019, 2, 28, 10)),
    ("2019/02/28 10:00:00", utc(2019, 2, 28, 10)),
    ("2019-02-28T10:00:00.123", utc(2019, 2, 28, 10)),
    ("2019-02-28 10:00", utc(2019, 2, 28, 10)),
    ("(2019/2/8)  9:05:07 ", utc(2019, 2, 8, 9, 5, 7)),
    ("2019-02-28T10:00:00Z", utc(2019, 2, 28, 10)),
    ("2019-02-28T10:00:00+02:00", utc(2019, 2, 28, 8)),
    ("2019-02-28T10:00:00-0530", utc(2019, 2, 28, 15, 30)),
    ("2019-02-28T10:00:00+99:00", None),
    ("(2019/02/30) 10:00:00", None),
    ("(2019/02/28) 24:00:00", None),
    ("(\u0662019/02/28) 10:00:00", None),
    ("(0000/00/00) 00:00:00", None),
    ("(2019/02/28)", None),
    ("", None),
]


class InstantTests(SynchronousTestCase):
    def test_times_are_parsed_as_in_the_table(self) -> None:
        for text, expected in TIMES:
            self.assertEqual(parse_seed_time(text, UTC, 0), expected, text)

    def test_an_hour_that_comes_twice_is_the_second_after_a_later_row(self) -> None:
        first, second = utc(2019, 10, 27, 0, 30), utc(2019, 10, 27, 1, 30)
        text = "(2019/10/27) 02:30:00"

        self.assertEqual(parse_seed_time(text, MADRID, 0), first)
        self.assertEqual(parse_seed_time(text, MADRID, first), first)
        self.assertEqual(parse_seed_time(text, MADRID, first + 1), second)
        self.assertEqual(parse_seed_time(text, MADRID, second), second)
        self.assertEqual(parse_seed_time(text, MADRID, second + 1), first)

    def test_a_time_that_clocks_skip_counts_as_if_they_had_not(self) -> None:
        self.assertEqual(parse_seed_time("(2019/03/31) 02:30:00", MADRID, 0), utc(2019, 3, 31, 1, 30))

    def test_the_default_zone_is_that_of_this_machine(self) -> None:
        be_in(self, "Europe/Madrid")

        self.assertEqual(parse_seed_time("(2019/02/28) 10:00:00", None, 0), utc(2019, 2, 28, 9))
        self.assertEqual(
            parse_seed_time("(2019/10/27) 02:30:00", None, utc(2019, 10, 27, 1)), utc(2019, 10, 27, 1, 30)
        )

    def test_times_at_the_edge_of_the_calendar_raise_nothing(self) -> None:
        for text in ("(0001/01/01) 00:00:00", "(9999/12/31) 23:59:59"):
            parse_seed_time(text, ZoneInfo("Asia/Tokyo"), 0)
            parse_seed_time(text, None, 0)


class SeedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp() + "? a #1%.db")

    def write(self, *rows: tuple[object, object, object]) -> None:
        """Create a file with these rows."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(SCHEMA.replace("TABLE", "TABLE IF NOT EXISTS"))
            database.executemany(ADD, rows)
            database.commit()

    def spoil(self, page: int) -> None:
        """Damage one page of the file."""
        with self.path.open("r+b") as file:
            file.seek(4096 * page)
            file.write(b"\xff" * 4096)

    def read(self) -> list[SeedRow | SkippedRow]:
        """Read all rows."""
        with closing(SeedDatabase(self.path)) as seed:
            return [*seed.sort(UTC, NOW), *seed.rows()]

    def refusal(self) -> str:
        """Check that the file is refused; return the error, which is one line."""
        text = str(self.assertRaises(SeedError, SeedDatabase, self.path))
        self.assertNotIn("\n", text)
        return text

    def test_rows_are_ordered_by_time_then_by_rowid(self) -> None:
        self.write(
            ("(2019/02/02) 00:00:00", "ana", "late"),
            ("(2019/02/01) 00:00:00", "ben", "early"),
            ("2019-02-01 00:00:00", "ana", "as early"),
        )

        rows = self.read()

        at = utc(2019, 2, 1)
        self.assertEqual(
            rows,
            [
                SeedRow(2, at, "ben", "early"),
                SeedRow(3, at, "ana", "as early"),
                SeedRow(1, at + 86400, "ana", "late"),
            ],
        )

    def test_every_odd_row_is_imported_or_skipped_with_a_reason(self) -> None:
        reasons: dict[object, SkipReason] = {
            "no time": SkipReason.NO_TIME,
            "a time that is none": SkipReason.NO_TIME,
            "a month that is none": SkipReason.NO_TIME,
            "a time that is a blob": SkipReason.NO_TIME,
            "too old": SkipReason.TOO_OLD,
            "in the future": SkipReason.FUTURE,
            None: SkipReason.NO_TEXT,
            "": SkipReason.NO_TEXT,
            b"\xff\xfe\x00": SkipReason.NOT_TEXT,
            "x" * 3_000_000: SkipReason.TOO_LONG,
        }
        odd = [row for row in SKIPPED if row[2] in reasons]
        self.write(*odd, *(row[:3] for row in TAKEN))

        rows = self.read()

        skipped = {each.row: each.why for each in rows if isinstance(each, SkippedRow)}
        self.assertEqual(skipped, {place: reasons[row[2]] for place, row in enumerate(odd, 1)})
        self.assertEqual(sum(isinstance(each, SeedRow) for each in rows), len(TAKEN))

    def test_the_hand_made_file_is_read_as_expected(self) -> None:
        expected = make(self.path, 300)

        rows = self.read()

        self.assertEqual(len(rows), 300 + len(TAKEN) + len(SKIPPED) + 1)
        times = [each.at for each in rows if isinstance(each, SeedRow)]
        self.assertEqual(times, sorted(times))
        self.assertEqual(times[-300:], [at for at, _, _ in expected.lines[-300:]])

    def test_a_value_that_is_too_large_loses_its_own_row_only(self) -> None:
        huge = b"x" * (2 << 20)
        self.write((huge, "ana", "a"), (WHEN, huge, "b"), (WHEN, "ana", huge), (WHEN, "ana", "d"))

        self.assertEqual(
            self.read(),
            [
                SkippedRow(1, SkipReason.NO_TIME),
                SkippedRow(2, SkipReason.TOO_LONG),
                SkippedRow(3, SkipReason.TOO_LONG),
                SeedRow(4, utc(2019, 2, 28, 10), "ana", "d"),
            ],
        )

    def test_a_text_of_64_kib_is_imported_and_one_byte_more_is_not(self) -> None:
        self.write((WHEN, "ana", "x" * 65536), (WHEN, "ana", "x" * 65537))

        taken, skipped = self.read()

        self.assertEqual((taken.row, skipped), (1, SkippedRow(2, SkipReason.TOO_LONG)))

    def test_a_file_in_utf_16_is_read_as_well(self) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA encoding = 'UTF-16le'")
            database.execute(SCHEMA)
        self.write((WHEN, "Begoña", "mañana 👋"), (WHEN, 7, b"\xc3\xb1"))

        self.assertEqual([each[2:] for each in self.read()], [("Begoña", "mañana 👋"), ("7", "ñ")])

    def test_damage_within_a_text_loses_its_row_only(self) -> None:
        self.write(*((WHEN, "ana", "x" * 40_000) for _ in range(9)))
        self.spoil(page=45)

        rows = self.read()

        self.assertEqual([each.why for each in rows if isinstance(each, SkippedRow)], [SkipReason.DAMAGED])
        self.assertEqual(sum(isinstance(each, SeedRow) for each in rows), 8)

    def test_damage_to_the_table_loses_the_rows_behind_it(self) -> None:
        self.write(*((WHEN, "ana", "x" * 3000) for _ in range(50)))
        self.spoil(page=20)

        rows = self.read()

        self.assertEqual([each.why for each in rows if isinstance(each, SkippedRow)], [SkipReason.DAMAGED])
        self.assertGreater(sum(isinstance(each, SeedRow) for each in rows), 5)

    def test_nothing_is_written_into_or_beside_the_file(self) -> None:
        self.write((WHEN, "ana", "a"))
        before = self.path.read_bytes()

        self.read()

        self.assertEqual(self.path.read_bytes(), before)
        self.assertEqual(list(self.path.parent.glob("*.db*")), [self.path])

    def test_a_file_in_a_folder_without_write_access_is_read(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        folder = Path(self.mktemp())
        folder.mkdir()
        self.path = folder / "chat.db"
        self.write((WHEN, "ana", "a"))
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA journal_mode = WAL")
        folder.chmod(0o500)
        self.addCleanup(folder.chmod, 0o700)

        self.assertEqual(len(self.read()), 1)

    def test_a_file_that_cannot_be_read_is_reported(self) -> None:
        self.assertIn("no file", self.refusal())

        self.path.write_bytes(b"")
        self.assertIn("no table chat", self.refusal())

        self.path.write_text("dear diary " * 100)
        self.assertIn("not a SQLite database", self.refusal())

    def test_a_table_with_other_columns_is_reported(self) -> None:
        for schema in (
            "CREATE TABLE chat (hora, usuario)",
            "CREATE TABLE chat (hora, usuario, texto, PRIMARY KEY (hora)) WITHOUT ROWID",
            "CREATE VIEW chat AS SELECT 1 AS hora, 2 AS usuario, 3 AS texto",
        ):
            self.path = Path(self.mktemp())
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(schema)

            self.assertIn("chat", self.refusal())

    def test_a_file_that_is_being_written_to_is_reported(self) -> None:
        self.write((WHEN, "ana", "a"))
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")

            error = self.assertRaises(SeedError, SeedDatabase, self.path, busy_s=0)

        self.assertIn("another program", str(error))
