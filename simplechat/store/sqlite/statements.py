"""Every statement, and the functions that run them in a pool's thread: plain data in, plain data out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from simplechat.hub.errors import MaybeStored, NotStored
from simplechat.hub.records import (
    ACTS,
    AccountRow,
    BanRow,
    LogRow,
    Presence,
    Probe,
    Record,
    RoomRow,
    SeenRow,
    Spoken,
    StayRow,
)
from simplechat.hub.store import Kept

BUSY_MS = 1000  # how long another program may hold the file before a commit counts as failed

WAL_BYTES = 64 << 20  # that the write-ahead log keeps after a checkpoint


def _columns(count: int) -> str:
    return ", ".join(f"json_extract(value, '$[{place}]')" for place in range(count))


def _names(row: type[NamedTuple]) -> str:
    return ", ".join(row._fields)


def _upsert(table: str, row: type[NamedTuple]) -> str:
    columns = _columns(len(row._fields))
    return f"INSERT OR REPLACE INTO {table} ({_names(row)}) SELECT {columns} FROM json_each(?)"


# One statement for all rows of a type: `executemany` would take the interpreter's lock back for every row.
INSERT_LOG = (
    "INSERT INTO log (target, id, kind, sender, account, source, tags, text, status)"
    f" SELECT {_columns(len(LogRow._fields))} FROM json_each(?)"
)
_ROOM_COLUMNS = ", ".join(RoomRow._fields)
UPSERT_ROOM = (
    f"INSERT OR REPLACE INTO room ({_ROOM_COLUMNS}) SELECT {_columns(len(RoomRow._fields))} FROM json_each(?)"
)
UPSERT_ACCOUNT = _upsert("account", AccountRow)
UPSERT_BAN = _upsert("ban", BanRow)
UPSERT_STAY = _upsert("stay", StayRow)
UPSERT_SEEN = _upsert("seen", SeenRow)
UPSERT_PROBE = (
    "INSERT INTO meta (name, value) SELECT 'probe', json_extract(value, '$[0]') FROM json_each(?) WHERE TRUE"
    " ON CONFLICT DO UPDATE SET value = excluded.value"
)
HAS_ROW = "SELECT EXISTS (SELECT 1 FROM log WHERE target = ? AND id = ?)"
NEWEST_OF_TARGET = "SELECT max(id) FROM log WHERE target = ?"
FIRST_TARGET = "SELECT min(target) FROM log"
NEXT_TARGET = "SELECT min(target) FROM log WHERE target > ?"
ALL_ROOMS = f"SELECT {_ROOM_COLUMNS} FROM room"
ALL_ACCOUNTS = f"SELECT {_names(AccountRow)} FROM account"
ALL_BANS = f"SELECT {_names(BanRow)} FROM ban"
ALL_STAYS = f"SELECT {_names(StayRow)} FROM stay"
ALL_SEEN = f"SELECT {_names(SeenRow)} FROM seen"
SECRET = "SELECT value FROM meta WHERE name = 'secret'"
_LOG_COLUMNS = "target, id, kind, sender, account, source, tags, text, status"
PAGE = (
    f"SELECT {_LOG_COLUMNS} FROM log"
    " WHERE target = ? AND id >= ? AND id < ? AND kind IN (SELECT value FROM json_each(?))"
    " ORDER BY id DESC LIMIT ?"
)
FOLLOWING = f"SELECT {_LOG_COLUMNS} FROM log WHERE target = ? AND id > ? ORDER BY id LIMIT ?"
_KINDS = "kind IN (SELECT value FROM json_each(?))"
COUNT = f"SELECT count(*) FROM log WHERE target = ? AND id < ? AND {_KINDS}"
COUNT_ALL = f"SELECT count(*) FROM log WHERE target <> ? AND id < ? AND {_KINDS}"
_FORGET = (
    "DELETE FROM log WHERE (target, id) IN"
    " (SELECT target, id FROM log WHERE target {} ? AND id < ? ORDER BY target, id LIMIT ?)"
)
FORGET = _FORGET.format("=")
FORGET_ALL = _FORGET.format("<>")
CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"

_INSERTS: dict[type[Record], str] = {
    Spoken: INSERT_LOG,
    Presence: INSERT_LOG,
    RoomRow: UPSERT_ROOM,
    AccountRow: UPSERT_ACCOUNT,
    BanRow: UPSERT_BAN,
    StayRow: UPSERT_STAY,
    SeenRow: UPSERT_SEEN,
    Probe: UPSERT_PROBE,
}

_OUTSIDE_OUR_POWER = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def prepare_writer(connection: sqlite3.Connection) -> None:
    """Set up a connection that writes."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is cleared is overwritten
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")


def prepare_reader(connection: sqlite3.Connection) -> None:
    """Set up a connection that can only read."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA query_only = TRUE")


def _is_outside_our_power(error: sqlite3.Error) -> bool:
    """Tell whether the disk, the file or another program is at fault, rather than what we asked."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _OUTSIDE_OUR_POWER


def write(connection: Any, records: Sequence[Record]) -> None:
    """Write all of the records or none, in one transaction.

    Args:
        connection: adbapi's, which can `reconnect`.

    Raises:
        NotStored, MaybeStored: See `Store.commit`.
        sqlite3.Error: The records, or a statement, are at fault.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        for insert, rows in _by_statement(records).items():
            connection.execute(insert, (json.dumps(rows),))
    except sqlite3.Error as error:
        _give_up(connection)
        raise told(error) from error
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _give_up(connection)
        if not _turns_out_stored(connection, records, error):
            raise told(error) from error


def _by_statement(records: Sequence[Record]) -> dict[str, list[Record]]:
    rows: dict[str, list[Record]] = {}
    for record in records:
        rows.setdefault(_INSERTS[type(record)], []).append(record)
    return rows


def told(error: sqlite3.Error) -> Exception:
    """Tell the disk's fault from ours: `NotStored`, or the error itself."""
    return NotStored(f"{error}") if _is_outside_our_power(error) else error


def _give_up(connection: Any) -> None:
    """Roll back what is open; a failed statement or COMMIT may have done so already."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        connection.reconnect()


def _turns_out_stored(connection: Any, records: Sequence[Record], error: sqlite3.Error) -> bool:
    """After a COMMIT that failed, look with a new connection whether the batch is there."""
    row = next((record for record in records if isinstance(record, LogRow)), None)
    try:
        connection.reconnect()
        if row is None:
            raise MaybeStored(f"{error}")
        if not connection.execute(HAS_ROW, (row.target, row.id)).fetchone()[0]:
            return False
        # Recovery takes up rows that were never synced: they count once a checkpoint has synced them.
        if not empty_wal(connection):
            raise MaybeStored(f"{error}")
        return True
    except sqlite3.Error as second:
        raise MaybeStored(f"{error}, then {second}") from second


def read_page(
    connection: Any, target: str, since: int, below: int, kinds: Sequence[str], limit: int
) -> list[LogRow]:
    """See `Store.page`."""
    rows = connection.execute(PAGE, (target, since, below, json.dumps(kinds), limit)).fetchall()
    return [LogRow(*row) for row in reversed(rows)]


def read_following(connection: Any, target: str, after: int, limit: int) -> list[LogRow]:
    """See `Store.following`."""
    return [LogRow(*row) for row in connection.execute(FOLLOWING, (target, after, limit))]


def read_count(connection: Any, target: str | None, below: int, kinds: Sequence[str]) -> int:
    """See `Store.count`."""
    statement = COUNT_ALL if target is None else COUNT
    (count,) = connection.execute(statement, (target or ACTS, below, json.dumps(kinds))).fetchone()
    return int(count)


def forget(connection: Any, target: str | None, below: int, most: int) -> int:
    """See `Store.forget`."""
    statement = FORGET_ALL if target is None else FORGET
    return int(connection.execute(statement, (target or ACTS, below, most)).rowcount)


def give_back(connection: Any, pages: int) -> bool:
    """Give some of the pages that are not in use back to the disk; tell whether there are more."""
    connection.execute(f"PRAGMA incremental_vacuum({int(pages)})").fetchall()
    return bool(connection.execute("PRAGMA freelist_count").fetchone()[0])


def empty_wal(connection: Any) -> bool:
    """Bring everything into the main file and empty the log before it; False while a reader needs it."""
    (is_busy, _, _) = connection.execute(CHECKPOINT).fetchone()
    return not is_busy


def read_kept(connection: sqlite3.Connection) -> Kept:
    """Give what the hub must know at the start."""
    rooms = tuple(RoomRow(*row) for row in connection.execute(ALL_ROOMS))
    (secret,) = connection.execute(SECRET).fetchone()
    return Kept(
        newest=max(_newest_of_each(connection), default=0),
        rooms=rooms,
        accounts=tuple(AccountRow(*row) for row in connection.execute(ALL_ACCOUNTS)),
        stays=tuple(StayRow(*row) for row in connection.execute(ALL_STAYS)),
        seen=tuple(SeenRow(*row) for row in connection.execute(ALL_SEEN)),
        bans=tuple(BanRow(*row) for row in connection.execute(ALL_BANS)),
        secret=secret,
    )


def _newest_of_each(connection: sqlite3.Connection) -> list[int]:
    """Give each target's newest id, by leaps over the index instead of a walk through the whole log."""
    newest: list[int] = []
    (target,) = connection.execute(FIRST_TARGET).fetchone()
    while target is not None:
        newest += connection.execute(NEWEST_OF_TARGET, (target,)).fetchone()
        (target,) = connection.execute(NEXT_TARGET, (target,)).fetchone()
    return newest
