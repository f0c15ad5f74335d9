"""A copy of the whole database in one file, made while others write to it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from simplechat.hub.errors import StoreError
from simplechat.locale import gettext

STEP_PAGES = 256  # 1 MiB; the disk is asked to keep up after each, so that nobody's commit waits behind them
LEAST_BREATH = 0.5  # of the time that a step took, left to others before the next


class Copy:
    """One copying, which can be ended from another thread.

    Args:
        source: The database.
        path: The new file.
        told: Called from the copying thread with the bytes written and the bytes to be written.
    """

    def __init__(self, source: Path, path: Path, told: Callable[[int, int], None]) -> None:
        self._source = source
        self._path = path
        self._told = told
        self._is_ended = False

    def end(self) -> None:
        """Have it end soon, as a failure."""
        self._is_ended = True

    def run(self) -> int:
        """Copy; give the bytes written.

        Raises:
            StoreError: There is no such file now.
        """
        part = self._path.parent / f"{self._path.name}.part"
        self._begin(part)
        try:
            self._fill(part)
            self._put_in_place(part)
            return self._path.stat().st_size
        except FileExistsError:
            raise StoreError(gettext("{path} is there already").format(path=self._path)) from None
        except (sqlite3.Error, OSError) as error:
            text = gettext("{path} cannot be written: {why}")
            raise StoreError(text.format(path=self._path, why=error)) from error
        finally:
            part.unlink(missing_ok=True)

    def _begin(self, part: Path) -> None:
        try:
            if self._path.exists():
                raise StoreError(gettext("{path} is there already").format(path=self._path))
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StoreError(gettext("{path} is there already; please remove it").format(path=part)) from None
        except OSError as error:
            text = gettext("{path} cannot be written: {why}")
            raise StoreError(text.format(path=part, why=error.strerror)) from None

    def _put_in_place(self, part: Path) -> None:
        try:
            os.link(part, self._path)  # unlike a renaming, this never takes the place of another file
        except FileExistsError:
            raise
        except OSError:  # a memory stick's file system has no links
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
            copy.execute("PRAGMA synchronous = OFF")  # `_pace` does it, and does not leave it all to the end
            (page_bytes,) = source.execute("PRAGMA page_size").fetchone()
            source.execute("BEGIN")  # one snapshot for all steps, whatever is written meanwhile
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            with part.open("rb") as file:
                pace = _Pace(lambda: self._is_ended, file.fileno())

                def step(status: int, remaining: int, pages: int) -> None:
                    self._told((pages - remaining) * page_bytes, pages * page_bytes)
                    pace.keep()

                source.backup(copy, pages=STEP_PAGES, progress=step)
        finally:
            copy.close()
            source.close()
        _sync(part)


class _Pace:
    """Lets the disk and the other threads breathe between two steps."""

    def __init__(self, is_ended: Callable[[], bool], file: int) -> None:
        self._is_ended = is_ended
        self._file = file
        self._began = time.monotonic()

    def keep(self) -> None:
        if self._is_ended():
            raise sqlite3.OperationalError(gettext("the server is stopping"))
        os.fdatasync(self._file)
        time.sleep(LEAST_BREATH * (time.monotonic() - self._began))
        self._began = time.monotonic()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
