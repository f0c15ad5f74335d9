"""A copy of the whole database in one file, made while commits go on."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from simplechat.hub.errors import StoreError
from simplechat.locale import gettext

STEP_PAGES = 256  # 1 MiB; synced after each step, so that no commit waits behind a long queue of writes
PAUSE_RATIO = 0.5  # pause after a step, as a part of the time that the step took


class DatabaseCopy:
    """One run of copying, which another thread can cancel.

    Args:
        source: The database file.
        path: The new file.
        report: Called from the copying thread with the bytes written and the bytes to write.
    """

    def __init__(self, source: Path, path: Path, report: Callable[[int, int], None]) -> None:
        self._source = source
        self._path = path
        self._report = report
        self._is_cancelled = False

    def cancel(self) -> None:
        """Make the copy fail soon."""
        self._is_cancelled = True

    def run(self) -> int:
        """Copy the database; return the new file's size in bytes.

        Raises:
            StoreError: No file was written.
        """
        part = self._path.parent / f"{self._path.name}.part"
        self._create(part)
        try:
            self._fill(part)
            self._publish(part)
            return self._path.stat().st_size
        except FileExistsError:
            raise StoreError(gettext("{path} is there already").format(path=self._path)) from None
        except (sqlite3.Error, OSError) as error:
            text = gettext("{path} cannot be written: {why}")
            raise StoreError(text.format(path=self._path, why=error)) from error
        finally:
            part.unlink(missing_ok=True)

    def _create(self, part: Path) -> None:
        try:
            if self._path.exists():
                raise StoreError(gettext("{path} is there already").format(path=self._path))
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StoreError(gettext("{path} is there already; please remove it").format(path=part)) from None
        except OSError as error:
            text = gettext("{path} cannot be written: {why}")
            raise StoreError(text.format(path=part, why=error.strerror)) from None

    def _publish(self, part: Path) -> None:
        try:
            os.link(part, self._path)  # unlike a rename, this never replaces another file
        except FileExistsError:
            raise
        except OSError:  # FAT, as on memory sticks, has no links
            part.rename(self._path)
        try:
            _sync(self._path.parent)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise

    def _fill(self, part: Path) -> None:
        source = sqlite3.connect(self._source, isolation_level=None)
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            copy.execute("PRAGMA synchronous = OFF")  # `_Pace` syncs after each step instead
            (page_bytes,) = source.execute("PRAGMA page_size").fetchone()
            source.execute("BEGIN")  # one snapshot for all steps, whatever is written meanwhile
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            with part.open("rb") as file:
                pace = _Pace(lambda: self._is_cancelled, file.fileno())

                def step(status: int, remaining: int, pages: int) -> None:
                    self._report((pages - remaining) * page_bytes, pages * page_bytes)
                    pace.wait()

                source.backup(copy, pages=STEP_PAGES, progress=step)
        finally:
            copy.close()
            source.close()
        _sync(part)


class _Pace:
    """Syncs after each step, and leaves time for the disk and the other threads."""

    def __init__(self, is_cancelled: Callable[[], bool], file: int) -> None:
        self._is_cancelled = is_cancelled
        self._file = file
        self._began = time.monotonic()

    def wait(self) -> None:
        if self._is_cancelled():
            raise sqlite3.OperationalError(gettext("the server is stopping"))
        os.fdatasync(self._file)
        time.sleep(PAUSE_RATIO * (time.monotonic() - self._began))
        self._began = time.monotonic()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
