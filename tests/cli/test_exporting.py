"""A log comes out whole, page by page, and never half a file."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import CliError
from simplechat.cli.exporting import ROWS_PER_PAGE, IdRange, atomic_file, export_log, id_range
from simplechat.cli.log_formats import JsonFormat, TextFormat
from simplechat.cli.server_link import ServerLink, run_blocking
from simplechat.hub.ids import EPOCH_S, TIME_SHIFT, parse_msgid
from simplechat.owner_answers import Answer
from tests.cli.actors import COLUMNS, FakeLink, FakeServer, log_row, table

ALL = id_range(None, None)


def written(link: ServerLink, room: str | None = None, wanted: IdRange = ALL) -> list[dict[str, str]]:
    """Export as JSON, and read it again."""
    parts: list[str] = []
    run_blocking(export_log(link, room, JsonFormat(), wanted, parts.append, lambda text: None))
    return [json.loads(line) for line in "".join(parts).splitlines()]


class ExportTests(SynchronousTestCase):
    def test_every_channel_comes_whole_and_in_order(self) -> None:
        tea = [log_row(n, text=f"t{n}") for n in range(1, 2 * ROWS_PER_PAGE + 2)]
        server = FakeServer(tea=tea, milk=[log_row(1, text="m")], empty=[])

        rows = written(server)

        self.assertEqual(
            [row["text"] for row in rows], [*(f"t{n}" for n in range(1, 2 * ROWS_PER_PAGE + 2)), "m"]
        )
        self.assertEqual({row["room"] for row in rows}, {"#tea", "#milk"})

    def test_one_channel_is_asked_for_alone(self) -> None:
        server = FakeServer(tea=[log_row(1)], milk=[log_row(1)])

        rows = written(server, "#milk")

        self.assertEqual([row["room"] for row in rows], ["#milk"])
        self.assertNotIn("rooms", server.requests)

    def test_a_channel_that_is_none_is_told(self) -> None:
        self.assertIn("no channel #x", str(self.assertRaises(CliError, written, FakeServer(), "#x")))

    def test_a_span_of_time_has_its_beginning_and_not_its_end(self) -> None:
        at = [datetime(2026, 11, day, tzinfo=UTC).timestamp() for day in (1, 2, 3)]
        ids = [int(each - EPOCH_S) * 1000 << TIME_SHIFT for each in at]
        server = FakeServer(tea=[log_row(number + more) for number in ids for more in (0, 5)])

        rows = written(server, "#tea", id_range(at[1], at[2]))

        self.assertEqual([parse_msgid(row["id"]) for row in rows], [ids[1], ids[1] + 5])
        self.assertEqual({row["time"] for row in rows}, {"2026-11-02T00:00:00.000Z"})

    def test_a_time_before_all_times_is_the_beginning(self) -> None:
        self.assertEqual(id_range(0.0, None), ALL)

    def test_a_server_that_repeats_itself_does_not_go_on_for_ever(self) -> None:
        link = FakeLink(lambda line: [table(COLUMNS, [log_row(1), log_row(2)])])

        self.assertEqual(len(written(link, "#tea")), 2)

    def test_memory_does_not_grow_with_the_log(self) -> None:
        def most(count: int) -> int:
            tracemalloc.start()
            run_blocking(export_log(endless(count), "#tea", TextFormat(), ALL, len, len))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return peak

        most(ROWS_PER_PAGE)

        self.assertLess(most(20 * ROWS_PER_PAGE), 1.5 * most(2 * ROWS_PER_PAGE))


def endless(count: int) -> FakeLink:
    """Make a server whose log has so many rows, and keeps none of them."""

    def answers(line: str) -> Iterable[Answer]:
        after = int(line.split()[2]) >> TIME_SHIFT
        yield table(
            COLUMNS,
            [log_row(n << TIME_SHIFT) for n in range(after + 1, min(after + ROWS_PER_PAGE, count) + 1)],
        )

    link = FakeLink(answers)
    link.requests = _Nothing()
    return link


class _Nothing(list[str]):
    def append(self, line: str) -> None:
        """Remember nothing."""


class WholeFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "log.txt"

    def write(self, text: bytes, *, force: bool = False, trouble: BaseException | None = None) -> None:
        """Write a file, or run into trouble half way."""
        with atomic_file(self.path, force=force) as file:
            file.write(text)
            if trouble:
                raise trouble

    def test_a_file_is_there_when_it_is_whole_and_for_its_owner_alone(self) -> None:
        with atomic_file(self.path, force=False) as file:
            file.write(b"a")
            self.assertFalse(self.path.exists())

        self.assertEqual(self.path.read_bytes(), b"a")
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_a_file_is_replaced_by_force_only(self) -> None:
        self.path.write_bytes(b"old")

        self.assertIn("--force", str(self.assertRaises(CliError, self.write, b"new")))
        self.assertEqual(self.path.read_bytes(), b"old")

        self.write(b"new", force=True)
        self.assertEqual(self.path.read_bytes(), b"new")

    def test_what_is_interrupted_leaves_everything_as_it_was(self) -> None:
        self.path.write_bytes(b"old")

        for trouble in (KeyboardInterrupt(), SystemExit(1), CliError("x")):
            self.assertRaises(type(trouble), self.write, b"new", force=True, trouble=trouble)

        self.assertRaises(CliError, self.write, b"new", force=True, trouble=OSError(28, "No space left"))
        self.assertEqual([each.name for each in self.folder.iterdir()], ["log.txt"])
        self.assertEqual(self.path.read_bytes(), b"old")

    def test_where_no_file_can_be_is_told(self) -> None:
        for path in (self.folder, self.folder / "no" / "where"):
            self.path = path

            self.assertRaises(CliError, self.write, b"a", force=True)
