"""The store on SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from simplechat.hub.records import (
    ChannelRow,
    Redaction,
)
from simplechat.hub.store import StartupState
from simplechat.store.sqlite import SqliteStore, migrate, statements
from tests.support.store_tests import KINDS, StoreTests, three
from tests.support.stores import ImmediatePool, spoken


class SqliteStoreTests(StoreTests, SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        migrate(self.path)
        self.clock = MemoryReactorClock()
        self.store = SqliteStore(self.path, self.clock, ImmediatePool)
        self.addCleanup(self.close)

    def test_the_other_rows_are_whole_after_wiping(self) -> None:
        self.run_now(
            self.store.commit([*three("#tea"), *three("#milk"), ChannelRow("#tea", "#tea", "#Tea", 1)])
        )
        self.run_now(self.store.delete_rows("#tea", 9, 9))

        self.run_now(self.store.file.wipe_deleted())

        self.run_now(self.store.commit([spoken(4, target="#milk")]))
        rows = self.run_now(self.store.oldest_rows("#milk", 0, 9))
        self.assertEqual([row.id for row in rows], [1, 2, 3, 4])
        state = self.store.startup_state()
        self.assertEqual(
            state, StartupState(4, (ChannelRow("#tea", "#tea", "#Tea", 1),), secret=state.secret)
        )

    def close(self) -> None:
        """Close the pools' connections."""
        self.run_now(self.store.close())

    def test_committed_rows_are_there_when_the_file_is_opened_again(self) -> None:
        self.run_now(self.store.commit([spoken(1)]))

        again = SqliteStore(self.path, MemoryReactorClock(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(again.close()))

        self.assertEqual(len(self.run_now(again.newest_rows("#tea", 0, 9, KINDS, 9))), 1)

    def traces(self, text: str) -> list[str]:
        """Return the names of the store's files that contain a text."""
        files = self.path.parent.glob(f"{self.path.name}*")
        return [file.name for file in files if text.encode() in file.read_bytes()]

    def test_nothing_of_a_redacted_text_is_in_any_file_after_a_minute(self) -> None:
        long = "canary " * 600
        self.run_now(self.store.commit([spoken(1, "a canary sings"), spoken(2, long), spoken(3)]))
        self.assertEqual(len(self.traces("canary")), 1)

        self.run_now(self.store.commit([Redaction("#tea", 1), Redaction("#tea", 2)]))
        self.clock.pump([1] * 60)

        self.assertEqual(self.traces("canary"), [])
        self.assertEqual(len(self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 9))), 1)

    def test_a_reader_only_delays_the_removal_of_traces(self) -> None:
        self.run_now(self.store.commit([spoken(1, "a canary sings")]))
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        self.run_now(self.store.commit([Redaction("#tea", 1)]))
        self.clock.pump([1] * 10)
        self.assertNotEqual(self.traces("canary"), [])

        reader.execute("COMMIT")
        self.clock.pump([1] * 10)

        self.assertEqual(self.traces("canary"), [])

    def test_readers_cannot_write(self) -> None:
        pool = self.store._readers

        def scribble(connection: Any) -> None:
            connection.execute("DELETE FROM log")

        self.failureResultOf(pool.runWithConnection(scribble), sqlite3.OperationalError)

    def test_commits_are_durable(self) -> None:
        def setting(connection: Any) -> tuple[str, int]:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
            return mode, synchronous

        self.assertEqual(self.successResultOf(self.store._writer.runWithConnection(setting)), ("wal", 2))

    def test_a_locked_file_stores_nothing_and_works_again_later(self) -> None:
        self.patch(statements, "BUSY_MS", 0)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")

        self.fails_now(self.store.commit([spoken(1)]), NotStored)
        other.execute("ROLLBACK")
        self.run_now(self.store.commit([spoken(1)]))

        self.assertEqual(self.store.startup_state().newest_id, 1)

    def test_a_full_database_stores_nothing_and_works_again_later(self) -> None:
        def most_pages(count: int) -> None:
            self.successResultOf(
                self.store._writer.runWithConnection(
                    lambda connection: connection.execute(f"PRAGMA max_page_count = {count}").fetchone()
                )
            )

        most_pages(1)
        self.fails_now(self.store.commit([spoken(n, "x" * 400) for n in range(1, 200)]), NotStored)
        most_pages(10_000)
        self.run_now(self.store.commit([spoken(500)]))

        self.assertEqual(
            [row.id for row in self.run_now(self.store.newest_rows("#tea", 0, 999, KINDS, 999))], [500]
        )

    def test_after_a_failed_reconnection_the_next_commit_gets_a_new_connection(self) -> None:
        def lose(connection: Any) -> None:
            self.path.rename(f"{self.path}.away")
            self.path.mkdir()
            self.assertRaises(sqlite3.OperationalError, connection.reconnect)
            self.path.rmdir()
            self.path.with_name(f"{self.path.name}.away").rename(self.path)

        self.successResultOf(self.store._writer.runWithConnection(lose))

        self.run_now(self.store.commit([spoken(1)]))
        self.assertEqual(self.store.startup_state().newest_id, 1)

    def test_a_file_that_cannot_be_opened_stores_nothing(self) -> None:
        nowhere = SqliteStore(self.path / "below", MemoryReactorClock(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(nowhere.close()))

        self.fails_now(nowhere.commit([spoken(1)]), NotStored)

    def test_a_row_that_violates_the_schema_is_no_failure_of_the_disk(self) -> None:
        bad = spoken(1)._replace(text=None)  # type: ignore[arg-type]

        self.fails_now(self.store.commit([bad]), sqlite3.IntegrityError)
