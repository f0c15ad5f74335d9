"""The store on SQLite: pools of `adbapi`, one thread that writes, three that read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.enterprise.adbapi import Connection, ConnectionPool

from simplechat.hub.errors import StoreError
from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import LogRow, Record
from simplechat.hub.store import (
    ActiveTarget,
    ActiveTargets,
    DirectConversation,
    SearchHit,
    SearchQuery,
    StartupState,
)
from simplechat.store.sqlite.database_file import DatabaseFile
from simplechat.store.sqlite.maintenance import Maintenance
from simplechat.store.sqlite.migrations import migrate
from simplechat.store.sqlite.search_query import search_messages
from simplechat.store.sqlite.statements import (
    classify_error,
    count_rows,
    delete_rows,
    prepare_reader,
    prepare_writer,
    read_active_targets,
    read_direct_conversations,
    read_newest_rows,
    read_oldest_rows,
    read_startup_state,
    read_targets,
    write,
)

READERS = 3  # threads

Pool = Callable[..., ConnectionPool]
Reactor = Any  # IReactorTime and IReactorFromThreads


class ManualConnection(Connection):
    """A connection that `adbapi` neither commits nor rolls back: `statements` does both itself."""

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""

    def reconnect(self) -> None:
        """Replace the connection by a new one; if that fails, have none rather than a closed one."""
        old, self._connection = self._connection, None
        if old is not None:
            self._pool.disconnect(old)
        self._connection = self._pool.connect()


class SqliteStore:
    """A store in one SQLite file, whose schema `migrate` has brought up to date.

    Args:
        path: The database file.
        reactor: The reactor that the pools' threads report to.
        pool: Makes a connection pool; tests pass one without threads.
    """

    def __init__(self, path: Path, reactor: Reactor, pool: Pool = ConnectionPool) -> None:
        self._path = path
        common: dict[str, Any] = {
            "check_same_thread": False,
            "isolation_level": None,  # we say BEGIN and COMMIT, to know when it is COMMIT that failed
            "cp_reactor": reactor,
        }
        self._writer = pool("sqlite3", str(path), cp_min=1, cp_max=1, cp_openfun=prepare_writer, **common)
        self._readers = pool(
            "sqlite3", str(path), cp_min=1, cp_max=READERS, cp_openfun=prepare_reader, **common
        )
        self._writer.connectionFactory = self._readers.connectionFactory = ManualConnection
        write_with, read_with = partial(_run, self._writer), partial(_run, self._readers)
        self._write_with, self._read_with = write_with, read_with
        self._maintenance = Maintenance(reactor, write_with)
        self.file = DatabaseFile(path, reactor, write_with, read_with, self._maintenance.merge)

    def startup_state(self) -> StartupState:
        """See `Store.startup_state`."""
        connection = sqlite3.connect(self._path)
        try:
            return read_startup_state(connection)
        finally:
            connection.close()

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Store.commit`."""
        await self._write_with(write, records)
        self._maintenance.after_commit(records)

    async def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        """See `Store.newest_rows`."""
        rows: list[LogRow] = await self._read_with(
            read_newest_rows, target, since, below, tuple(kinds), limit
        )
        return rows

    async def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> list[LogRow]:
        """See `Store.oldest_rows`."""
        rows: list[LogRow] = await self._read_with(read_oldest_rows, target, after, below, kinds, limit)
        return rows

    async def direct_conversations(self, identity: int) -> list[DirectConversation]:
        """See `Store.direct_conversations`."""
        found: list[DirectConversation] = await self._read_with(read_direct_conversations, identity)
        return found

    async def active_targets(self, query: ActiveTargets, limit: int) -> list[ActiveTarget]:
        """See `Store.active_targets`."""
        found: list[ActiveTarget] = await self._read_with(read_active_targets, query, limit)
        return found

    async def search(self, query: SearchQuery, position: int, limit: int) -> list[SearchHit]:
        """See `Store.search`."""
        hits: list[SearchHit] = await self._read_with(search_messages, query, position, limit)
        return hits

    async def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count_rows`."""
        return int(await self._read_with(count_rows, target, below, tuple(kinds)))

    async def list_targets(self, after: str, limit: int) -> list[str]:
        """See `Store.list_targets`."""
        targets: list[str] = await self._read_with(read_targets, after, limit)
        return targets

    async def delete_rows(self, target: str | None, below: int, limit: int) -> int:
        """See `Store.delete_rows`."""
        deleted = int(await self._write_with(delete_rows, target, below, limit))
        if deleted:
            self._maintenance.after_deletion()
        return deleted

    async def close(self) -> None:
        """See `Store.close`."""
        self._maintenance.stop()
        self.file.stop_copies()
        self._writer.close()
        self._readers.close()
        self.file.close()


async def _run(pool: ConnectionPool, function: Callable[..., Any], *args: object) -> Any:
    """Run a function with a connection in one of the pool's threads.

    Raises:
        StoreError: The disk, the file or another program is at fault.
    """
    try:
        return await pool.runWithConnection(function, *args)
    except sqlite3.Error as error:
        raise classify_error(error) from error
    except OSError as error:
        raise StoreError(str(error)) from error


def open_sqlite_store(path: Path, reactor: Reactor, report: Callable[[str], None]) -> SqliteStore:
    """Open a database file: create it or bring its schema up to date first; see `open_store`."""
    migrate(path, report)
    return SqliteStore(path, reactor)
