"""The store on SQLite: adbapi's pools, one thread that writes, two that read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.enterprise.adbapi import Connection, ConnectionPool
from twisted.internet.task import deferLater

from simplechat.hub.errors import StoreError
from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import LogRow, Record
from simplechat.hub.store import DirectConversation, SearchHit, SearchQuery, StartupState
from simplechat.locale import gettext
from simplechat.store.sqlite.database_copy import Copy
from simplechat.store.sqlite.maintenance import Upkeep
from simplechat.store.sqlite.migrations import delete_backups
from simplechat.store.sqlite.page_wiping import wipe_gaps
from simplechat.store.sqlite.search_query import search
from simplechat.store.sqlite.statements import (
    StillRead,
    empty_wal_at_once,
    forget,
    give_back,
    prepare_reader,
    prepare_writer,
    read_count,
    read_following,
    read_kept,
    read_page,
    read_talks,
    read_targets,
    told,
    write,
)

READERS = 3
PAGES_AT_ONCE = 500  # given back to the disk between two commits
WIPED_AT_ONCE = 200  # pages, between two commits
SCRUB_EVERY_S = 0.25
MOST_SCRUBS = 240

Pool = Callable[..., ConnectionPool]
Reactor = Any  # IReactorTime and IReactorFromThreads


class OwnTerms(Connection):
    """A connection on which adbapi neither commits nor rolls back: both are said in `statements`."""

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""

    def reconnect(self) -> None:
        """Open anew; if that fails there is no connection rather than a closed one."""
        old, self._connection = self._connection, None
        if old is not None:
            self._pool.disconnect(old)
        self._connection = self._pool.connect()


class SqliteStore:
    """Keeps records in one file, which `migrate` has brought up to date.

    Args:
        path: The file.
        reactor: Whose threads the pools use.
        pool: What makes a pool; tests give one that works without threads.
    """

    def __init__(self, path: Path, reactor: Reactor, pool: Pool = ConnectionPool) -> None:
        self._path = path
        self._reactor = reactor
        self._copies: set[Copy] = set()
        self._file: int | None = None  # see `wipe_gaps`
        common: dict[str, Any] = {
            "check_same_thread": False,
            "isolation_level": None,  # BEGIN and COMMIT are ours, so that a failed COMMIT is told apart
            "cp_reactor": reactor,
        }
        self._writer = pool("sqlite3", str(path), cp_min=1, cp_max=1, cp_openfun=prepare_writer, **common)
        self._readers = pool(
            "sqlite3", str(path), cp_min=1, cp_max=READERS, cp_openfun=prepare_reader, **common
        )
        self._upkeep = Upkeep(reactor, partial(self._run, self._writer))
        self._writer.connectionFactory = self._readers.connectionFactory = OwnTerms

    def startup_state(self) -> StartupState:
        """Give what the hub must know at the start; blocks."""
        connection = sqlite3.connect(self._path)
        try:
            return read_kept(connection)
        finally:
            connection.close()

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Store.commit`."""
        await self._run(self._writer, write, records)
        self._upkeep.note(records)

    async def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        """See `Store.newest_rows`."""
        wanted = (target, since, below, tuple(kinds), limit)
        rows: list[LogRow] = await self._run(self._readers, read_page, *wanted)
        return rows

    async def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> list[LogRow]:
        """See `Store.oldest_rows`."""
        wanted = (target, after, below, kinds, limit)
        rows: list[LogRow] = await self._run(self._readers, read_following, *wanted)
        return rows

    async def direct_conversations(self, identity: int) -> list[DirectConversation]:
        """See `Store.direct_conversations`."""
        talks: list[DirectConversation] = await self._run(self._readers, read_talks, identity)
        return talks

    async def search(self, sought: SearchQuery, place: int, limit: int) -> list[SearchHit]:
        """See `Store.search`."""
        found: list[SearchHit] = await self._run(self._readers, search, sought, place, limit)
        return found

    async def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count_rows`."""
        return int(await self._run(self._readers, read_count, target, below, tuple(kinds)))

    async def list_targets(self, after: str, limit: int) -> list[str]:
        """See `Store.list_targets`."""
        targets: list[str] = await self._run(self._readers, read_targets, after, limit)
        return targets

    async def delete_rows(self, target: str | None, below: int, most: int) -> int:
        """See `Store.delete_rows`."""
        gone = int(await self._run(self._writer, forget, target, below, most))
        if gone:
            self._upkeep.stain()
        return gone

    async def wipe_deleted(self) -> None:
        """See `Store.wipe_deleted`; the copies that upgrades have made are deleted, too."""
        await self._readers.runWithConnection(lambda connection: delete_backups(self._path))
        await self._upkeep.merge()
        left = await self._run(self._writer, give_back, PAGES_AT_ONCE)
        while left and left > (left := await self._run(self._writer, give_back, PAGES_AT_ONCE)):
            pass
        page = 1
        while page:
            page = await self._unless_read(self._wipe, page)
        await self._unless_read(empty_wal_at_once)

    def _wipe(self, connection: Any, page: int) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        return wipe_gaps(connection, self._file, page, WIPED_AT_ONCE)

    async def _unless_read(self, function: Callable[..., Any], *args: object) -> Any:
        """Do what cannot be done while somebody reads: again and again, for a while, until it gives a result.

        Raises:
            StoreError: Somebody has been reading all the time.
        """
        for _ in range(MOST_SCRUBS):
            with contextlib.suppress(StillRead):
                return await self._run(self._writer, function, *args)
            await deferLater(self._reactor, SCRUB_EVERY_S)
        raise StoreError(gettext("somebody has been reading the database for a minute"))

    async def copy_to(self, path: Path, told: Callable[[int, int], None]) -> int:
        """See `Store.copy_to`."""
        if self._copies:
            raise StoreError("another copy is being made")  # each takes one of the threads that read
        copy = Copy(self._path, path, partial(self._reactor.callFromThread, told))
        self._copies.add(copy)
        try:
            return int(await self._readers.runWithConnection(lambda connection: copy.run()))
        finally:
            self._copies.discard(copy)

    def size_bytes(self) -> int:
        """See `Store.size_bytes`."""
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    async def _run(self, pool: ConnectionPool, function: Callable[..., Any], *args: object) -> Any:
        try:
            return await pool.runWithConnection(function, *args)
        except sqlite3.Error as error:
            raise told(error) from error
        except OSError as error:
            raise StoreError(str(error)) from error

    async def close(self) -> None:
        """See `Store.close`."""
        self._upkeep.end()
        for copy in self._copies:
            copy.end()
        self._writer.close()
        self._readers.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None
