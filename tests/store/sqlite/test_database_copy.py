"""A copy holds one state of the database in one file, or there is no file at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import StoreError
from simplechat.hub.records import ChannelRow
from simplechat.hub.store import StartupState
from simplechat.store.sqlite import SqliteStore, database_copy, migrate
from simplechat.store.sqlite.database_copy import DatabaseCopy
from tests.support.stores import ImmediatePool, spoken

EVER = 2**62


class Reactor(MemoryReactorClock):
    """A reactor that runs at once what another thread asks for."""

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kw: object) -> None:
        callable(*args, **kw)


class CopyingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "simplechat.db"
        self.path.parent.mkdir()
        migrate(self.path)
        self.store = SqliteStore(self.path, Reactor(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(self.store.close()))
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.copy = self.folder / "copy.db"
        self.reports: list[tuple[int, int]] = []

    def run_now(self, work: Any) -> Any:
        """Run a coroutine that need not wait; return its result."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def copies(self, report: Callable[[int, int], None] | None = None) -> int:
        """Copy the database; return the reported size."""
        size: int = self.run_now(
            self.store.file.copy_to(
                self.copy, report or (lambda done, all_: self.reports.append((done, all_)))
            )
        )
        return size

    def fails(self, *words: str) -> None:
        """Check that copying fails with a text that contains these words, and leaves no file."""
        before = sorted(self.folder.iterdir())

        failure = self.failureResultOf(
            Deferred.fromCoroutine(self.store.file.copy_to(self.copy, lambda done, all_: None)), StoreError
        )

        self.assertTrue(all(word in str(failure.value) for word in words), str(failure.value))
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def write(self, first: int, last: int) -> None:
        """Store messages."""
        self.run_now(self.store.commit([spoken(n, f"{n} ".ljust(3000, "x")) for n in range(first, last)]))

    def test_it_holds_all_committed_rows_and_returns_its_size(self) -> None:
        self.write(1, 500)
        self.run_now(self.store.commit([ChannelRow("#tea", "#tea", "#Tea", 1)]))

        size = self.copies()

        self.assertEqual([file.name for file in self.folder.iterdir()], ["copy.db"])
        self.assertEqual(size, self.copy.stat().st_size)
        self.assertEqual(self.copy.stat().st_mode & 0o777, 0o600)
        with closing(sqlite3.connect(self.copy)) as other:
            self.assertEqual(other.execute("SELECT count(*) FROM log").fetchone(), (499,))
            self.assertEqual(other.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_progress_is_reported(self) -> None:
        self.write(1, 1000)

        size = self.copies()

        self.assertGreater(len(self.reports), 2)
        self.assertEqual(self.reports[-1], (size, size))
        self.assertEqual(self.reports, sorted(self.reports))

    def test_what_is_stored_meanwhile_is_not_in_it(self) -> None:
        self.write(1, 1000)
        numbers = iter(range(1000, 2000))

        self.copies(lambda done, all_: self.run_now(self.store.commit([spoken(next(numbers))])))

        with closing(sqlite3.connect(self.copy)) as other:
            self.assertEqual(other.execute("SELECT max(id) FROM log").fetchone(), (999,))
            self.assertEqual(other.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_it_can_replace_the_database(self) -> None:
        self.write(1, 10)
        self.run_now(self.store.commit([ChannelRow("#tea", "#tea", "#Tea", 1)]))
        self.copies()

        migrate(self.copy)
        other = SqliteStore(self.copy, Reactor(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(other.close()))
        self.run_now(other.commit([spoken(10)]))

        secret = self.store.startup_state().secret
        self.assertEqual(
            other.startup_state(), StartupState(10, (ChannelRow("#tea", "#tea", "#Tea", 1),), secret=secret)
        )
        with closing(sqlite3.connect(self.copy)) as third:
            self.assertEqual(third.execute("PRAGMA journal_mode").fetchone(), ("wal",))
            self.assertEqual(third.execute("PRAGMA auto_vacuum").fetchone(), (2,))

    def test_it_overwrites_no_other_file(self) -> None:
        self.copy.write_text("dear diary")

        self.fails("there already")

        self.assertEqual(self.copy.read_text(), "dear diary")

    def test_a_file_that_appears_meanwhile_is_not_overwritten_either(self) -> None:
        self.write(1, 1000)

        failure = self.failureResultOf(
            Deferred.fromCoroutine(self.store.file.copy_to(self.copy, lambda done, all_: self.copy.touch())),
            StoreError,
        )

        self.assertIn("there already", str(failure.value))
        self.assertEqual(
            [(file.name, file.stat().st_size) for file in self.folder.iterdir()], [("copy.db", 0)]
        )

    def test_the_partial_file_of_another_copy_is_reported_and_left_alone(self) -> None:
        self.copy.with_name("copy.db.part").touch()

        self.fails("copy.db.part", "remove")

    def test_a_folder_without_write_access_is_reported(self) -> None:
        for path in (self.folder / "nowhere" / "copy.db", self.folder / ("x" * 300), Path("/"), self.folder):
            self.copy = path

            self.fails()

    def test_a_disk_that_fails_leaves_nothing(self) -> None:
        self.write(1, 1000)

        def fail(file: int) -> None:
            raise OSError(28, "No space left on device")

        self.patch(os, "fdatasync", fail)

        self.fails("No space left")

    def test_a_folder_that_cannot_be_synced_leaves_nothing(self) -> None:
        real = database_copy._sync

        def fail(path: Path) -> None:
            if path.is_dir():
                raise OSError(5, "Input/output error")
            real(path)

        self.patch(database_copy, "_sync", fail)

        self.fails("Input/output error")

    def test_a_cancelled_copy_leaves_nothing(self) -> None:
        self.write(1, 1000)
        copy = DatabaseCopy(self.path, self.copy, lambda done, all_: copy.cancel())

        error = self.assertRaises(StoreError, copy.run)

        self.assertIn("stopping", str(error))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_there_is_one_copy_at_a_time(self) -> None:
        self.write(1, 1000)
        failures: list[str] = []

        def again(done: int, all_: int) -> None:
            other = Deferred.fromCoroutine(
                self.store.file.copy_to(self.folder / "other.db", lambda done, all_: None)
            )
            failures.append(str(self.failureResultOf(other, StoreError).value))

        self.copies(again)

        self.assertEqual({*failures}, {"another copy is being made"})
        self.assertEqual([file.name for file in self.folder.iterdir()], ["copy.db"])
