"""The store on SQLite: adbapi's pools, one thread that writes, two that read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.enterprise.adbapi import Connection, ConnectionPool

from simplechat.hub.records import LogRow, Record
from simplechat.hub.store import Kept
from simplechat.store.sqlite.statements import (
    prepare_reader,
    prepare_writer,
    read_kept,
    read_page,
    told,
    write,
)

READERS = 2

Pool = Callable[..., ConnectionPool]


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

    def __init__(self, path: Path, reactor: object, pool: Pool = ConnectionPool) -> None:
        self._path = path
        common: dict[str, Any] = {
            "check_same_thread": False,
            "isolation_level": None,  # BEGIN and COMMIT are ours, so that a failed COMMIT is told apart
            "cp_reactor": reactor,
        }
        self._writer = pool("sqlite3", str(path), cp_min=1, cp_max=1, cp_openfun=prepare_writer, **common)
        self._readers = pool(
            "sqlite3", str(path), cp_min=1, cp_max=READERS, cp_openfun=prepare_reader, **common
        )
        self._writer.connectionFactory = self._readers.connectionFactory = OwnTerms

    def kept(self) -> Kept:
        """Give what the hub must know at the start; blocks."""
        connection = sqlite3.connect(self._path)
        try:
            return read_kept(connection)
        finally:
            connection.close()

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Store.commit`."""
        await self._run(self._writer, write, records)

    async def page(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        """See `Store.page`."""
        wanted = (target, since, below, tuple(kinds), limit)
        rows: list[LogRow] = await self._run(self._readers, read_page, *wanted)
        return rows

    async def _run(self, pool: ConnectionPool, function: Callable[..., Any], *args: object) -> Any:
        try:
            return await pool.runWithConnection(function, *args)
        except sqlite3.Error as error:
            raise told(error) from error

    async def close(self) -> None:
        """See `Store.close`."""
        self._writer.close()
        self._readers.close()
