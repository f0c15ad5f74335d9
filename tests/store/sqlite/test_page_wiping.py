"""Deleted messages are in no file any more after wiping, and commits go on meanwhile."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import StoreError
from simplechat.store.sqlite import SqliteStore, database_file, migrate, page_wiping
from simplechat.store.sqlite.page_wiping import PageLayout
from tests.support.stores import ImmediatePool, spoken

CANARY = "CANARY "
ROOMS = [f"#room{number}" for number in range(8)]
SECRET_ROOMS = (ROOMS[3], ROOMS[5])
EVER = 2**62


class ForgettingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "simplechat.db"
        self.path.parent.mkdir()
        migrate(self.path)
        self.open()
        self.addCleanup(lambda: self.run_now(self.store.close()))

    def open(self) -> None:
        """Open the store."""
        self.clock = MemoryReactorClock()
        self.store = SqliteStore(self.path, self.clock, ImmediatePool)

    def run_now(self, work: Any) -> Any:
        """Run a coroutine that need not wait; return its result."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def talk(self, seed: int, sizes: tuple[int, ...]) -> None:
        """Store messages in all channels in turn."""
        chance = Random(seed)
        number = 0
        for _ in range(120):
            rows = []
            for _ in range(chance.choice((1, 1, 5, 40))):
                number += 1
                room = chance.choice(ROOMS)
                text = f"{CANARY if room in SECRET_ROOMS else 'kept '}{number} ".ljust(
                    chance.choice(sizes), "x"
                )
                rows.append(spoken(number, text, room))
            self.run_now(self.store.commit(rows))

    def delete(self, *rooms: str) -> None:
        """Delete the messages of channels and wipe what is left of them."""
        for room in rooms:
            while self.run_now(self.store.delete_rows(room, EVER, 50)):
                pass
        self.run_now(self.store.file.wipe_deleted())

    def traces(self) -> dict[str, int]:
        """Return how often the canary is in each file of the folder."""
        counts = {file.name: file.read_bytes().count(CANARY.encode()) for file in self.path.parent.iterdir()}
        return {name: count for name, count in counts.items() if count}

    def texts(self) -> list[str]:
        """Return the texts that are left."""
        pages = [self.run_now(self.store.oldest_rows(room, 0, 10_000)) for room in ROOMS]
        return [row.text for page in pages for row in page]

    def check_sound(self) -> None:
        """Check that SQLite finds nothing wrong with the file."""
        with closing(sqlite3.connect(self.path)) as other:
            self.assertEqual(other.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_small_texts_leave_no_trace(self) -> None:
        for seed in range(6):
            self.talk(seed, (8, 30, 100, 400))
            before = [text for text in self.texts() if not text.startswith(CANARY)]
            self.assertGreater(self.traces()["simplechat.db-wal"], 0)

            self.delete(*SECRET_ROOMS)

            self.assertEqual((seed, self.traces()), (seed, {}))
            self.assertEqual(self.texts(), before)
            self.check_sound()
            self.delete(*ROOMS)

    def test_texts_of_several_pages_leave_no_trace(self) -> None:
        self.talk(1, (30, 400, 3000, 9000))

        self.delete(*SECRET_ROOMS)

        self.assertEqual(self.traces(), {})
        self.check_sound()

    def test_later_messages_bring_no_trace_back(self) -> None:
        for seed in range(6):
            self.talk(seed, (8, 30, 100, 400))
            self.delete(*SECRET_ROOMS)

            for number, room in enumerate((*ROOMS, *ROOMS), EVER):
                self.run_now(self.store.commit([spoken(number, "said later", room)]))

            self.assertEqual((seed, self.traces()), (seed, {}))
            self.run_now(self.store.delete_rows(None, 2**63 - 1, 10_000))

    def test_pages_that_became_free_before_leave_no_trace(self) -> None:
        self.talk(2, (30, 3000))
        while self.run_now(self.store.delete_rows(SECRET_ROOMS[0], EVER, 50)):
            pass

        self.delete(SECRET_ROOMS[1])

        self.assertEqual(self.traces(), {})

    def test_backups_of_upgrades_are_deleted(self) -> None:
        self.path.with_name("simplechat.db.before-0002").write_text(CANARY)

        self.run_now(self.store.file.wipe_deleted())

        self.assertEqual(self.traces(), {})

    def test_a_backup_that_cannot_be_deleted_is_reported(self) -> None:
        self.path.with_name("simplechat.db.before-0002").mkdir()

        failure = self.failureResultOf(Deferred.fromCoroutine(self.store.file.wipe_deleted()), StoreError)

        self.assertIn("before-0002", str(failure.value))

    def test_a_disk_failure_is_reported(self) -> None:
        self.talk(1, (30, 100))

        def fail(file: int) -> None:
            raise OSError(5, "Input/output error")

        self.patch(os, "fsync", fail)
        failure = self.failureResultOf(Deferred.fromCoroutine(self.store.file.wipe_deleted()), StoreError)

        self.assertIn("Input/output error", str(failure.value))

    def test_free_pages_are_returned_to_the_file_system(self) -> None:
        self.talk(3, (400, 9000))
        before = self.store.file.size_bytes()

        self.delete(*ROOMS)

        self.assertLess(self.store.file.size_bytes(), before // 10)

    def test_a_file_without_auto_vacuum_is_wiped_as_well(self) -> None:
        self.run_now(self.store.close())
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("PRAGMA auto_vacuum = NONE")
            other.execute("VACUUM")
            other.execute("PRAGMA journal_mode = WAL")
        self.open()
        self.talk(4, (30, 400, 3000))

        self.delete(*SECRET_ROOMS)

        self.assertEqual(self.traces(), {})
        self.check_sound()

    def test_pages_of_64_kib_are_wiped(self) -> None:
        self.run_now(self.store.close())
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("PRAGMA page_size = 65536")
            other.execute("VACUUM")
            other.execute("PRAGMA journal_mode = WAL")
        self.open()
        self.talk(6, (30, 400))

        self.delete(*SECRET_ROOMS)

        self.assertEqual(self.traces(), {})
        self.check_sound()

    def test_wiping_waits_for_a_reader_while_commits_go_on(self) -> None:
        self.talk(5, (30, 400))
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        while self.run_now(self.store.delete_rows(None, EVER, 500)):
            pass

        wiping = Deferred.fromCoroutine(self.store.file.wipe_deleted())
        self.assertNoResult(wiping)
        self.run_now(self.store.commit([spoken(EVER, "said meanwhile")]))
        reader.execute("COMMIT")
        self.clock.advance(database_file.RETRY_AFTER_S)

        self.successResultOf(wiping)
        self.assertEqual(self.traces(), {})
        self.assertEqual(
            [row.text for row in self.run_now(self.store.oldest_rows("#tea", 0, 9))], ["said meanwhile"]
        )

    def test_a_reader_that_never_ends_is_reported_in_the_end(self) -> None:
        self.talk(5, (30,))
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        self.run_now(self.store.commit([spoken(EVER)]))

        wiping = Deferred.fromCoroutine(self.store.file.wipe_deleted())
        self.clock.pump([database_file.RETRY_AFTER_S] * database_file.MAX_TRIES)

        self.failureResultOf(wiping, StoreError)


class LayoutTests(SynchronousTestCase):
    """Pointer-map pages must not be taken for b-tree pages."""

    def test_each_pointer_map_page_is_followed_by_the_pages_of_its_entries(self) -> None:
        layout = PageLayout(4096, 4096, 2000, has_maps=True)

        self.assertEqual([number for number in range(1, 2000) if layout.is_map(number)], [2, 822, 1642])

    def test_a_file_without_auto_vacuum_has_no_pointer_map_pages(self) -> None:
        layout = PageLayout(4096, 4096, 2000, has_maps=False)

        self.assertFalse(any(map(layout.is_map, range(1, 2000))))

    def test_a_pointer_map_page_is_never_the_lock_byte_page(self) -> None:
        layout = PageLayout(1024, 1024, 1 << 21, has_maps=True)
        pending = (1 << 30) // 1024 + 1

        self.assertEqual(layout.is_map(pending + 1), (pending - 2) % (1024 // 5 + 1) == 0)

    def test_only_unallocated_space_of_b_tree_pages_is_wiped(self) -> None:
        like_a_tree = bytes([13, 0, 0, 0, 0, 8, 0, 0]) + b"x" * 4088  # without cells; contents begin at 2048
        overflow = bytes(4) + b"y" * 4092
        path = Path(self.mktemp())
        path.write_bytes(bytes(4096) + like_a_tree + like_a_tree + overflow)

        with path.open("r+b") as file:
            page_wiping._wipe(file.fileno(), PageLayout(4096, 4096, 4, has_maps=True), 1, 4)

        data = path.read_bytes()
        self.assertEqual(data[4096:8192], like_a_tree)
        self.assertEqual(data[8192:12288], like_a_tree[:8] + bytes(2040) + b"x" * 2048)
        self.assertEqual(data[12288:], overflow)
