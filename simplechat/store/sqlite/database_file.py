"""What can be done with the database file as a whole: copy it, wipe what was deleted, measure it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.task import deferLater

from simplechat.hub.errors import StoreError
from simplechat.locale import gettext
from simplechat.store.sqlite.database_copy import DatabaseCopy
from simplechat.store.sqlite.migrations import delete_backups
from simplechat.store.sqlite.page_wiping import wipe_unallocated
from simplechat.store.sqlite.statements import BusyReader, empty_wal_without_waiting, release_free_pages

PAGES_RELEASED_AT_ONCE = 500  # between two commits
PAGES_WIPED_AT_ONCE = 200  # between two commits
RETRY_AFTER_S = 0.25
MAX_TRIES = 240  # a minute

Run = Callable[..., Awaitable[Any]]


class DatabaseFile:
    """The file of a `SqliteStore`; see `StoreFile`.

    Args:
        path: The database file.
        reactor: The clock, and the thread to report to.
        write_with: Runs a function with the connection that writes.
        read_with: Runs a function with one of those that read.
        merge_index: Removes deleted words from the index.
    """

    def __init__(
        self,
        path: Path,
        reactor: Any,
        write_with: Run,
        read_with: Run,
        merge_index: Callable[[], Awaitable[None]],
    ) -> None:
        self._path = path
        self._reactor = reactor
        self._write_with = write_with
        self._read_with = read_with
        self._merge_index = merge_index
        self._copies: set[DatabaseCopy] = set()
        self._descriptor: int | None = None  # opened once and kept, see `wipe_unallocated`

    async def copy_to(self, path: Path, report: Callable[[int, int], None]) -> int:
        """See `StoreFile.copy_to`."""
        if self._copies:
            raise StoreError(gettext("another copy is being made"))  # each takes one of the threads that read
        copy = DatabaseCopy(self._path, path, partial(self._reactor.callFromThread, report))
        self._copies.add(copy)
        try:
            return int(await self._read_with(lambda connection: copy.run()))
        finally:
            self._copies.discard(copy)

    async def wipe_deleted(self) -> None:
        """See `StoreFile.wipe_deleted`; backups made by upgrades are deleted as well."""
        await self._read_with(lambda connection: delete_backups(self._path))
        await self._merge_index()
        left = await self._write_with(release_free_pages, PAGES_RELEASED_AT_ONCE)
        while left and left > (left := await self._write_with(release_free_pages, PAGES_RELEASED_AT_ONCE)):
            pass
        page = 1
        while page:
            page = await self._retry_while_read(self._wipe, page)
        await self._retry_while_read(empty_wal_without_waiting)

    def _wipe(self, connection: Any, page: int) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        return wipe_unallocated(connection, self._descriptor, page, PAGES_WIPED_AT_ONCE)

    async def _retry_while_read(self, function: Callable[..., Any], *args: object) -> Any:
        """Run a function that cannot work during a read, for a minute at most; return its result.

        Raises:
            StoreError: There was a reader at each try.
        """
        for _ in range(MAX_TRIES):
            with contextlib.suppress(BusyReader):
                return await self._write_with(function, *args)
            await deferLater(self._reactor, RETRY_AFTER_S)
        raise StoreError(gettext("somebody has been reading the database for a minute"))

    def size_bytes(self) -> int:
        """See `StoreFile.size_bytes`."""
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def stop_copies(self) -> None:
        """Make the copies under way fail soon."""
        for copy in self._copies:
            copy.cancel()

    def close(self) -> None:
        """Close the file; only once SQLite has closed it, see `wipe_unallocated`."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
