"""The SQL statements of the store, and the functions that run them in a pool's thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from simplechat.hub.errors import MaybeStored, NotStored, StoreError
from simplechat.hub.records import (
    AUDIT_TARGET,
    MESSAGE_KINDS,
    AccountRow,
    ChannelRow,
    DirectConversationRow,
    LastSeenRow,
    LogRow,
    Presence,
    Probe,
    ReadMarkerRow,
    Record,
    Redaction,
    ServerBanRow,
    Spoken,
    UserRow,
)
from simplechat.hub.store import ActiveTarget, ActiveTargets, DirectConversation, StartupState
from simplechat.store.sqlite.bulk_insert import insert
from simplechat.store.sqlite.search_index import MESSAGE_KINDS_SQL, enqueue_for_indexing, remove_from_index

BUSY_MS = 1000  # that another program may lock the file until a commit counts as failed
WAL_BYTES = 64 << 20  # size of the write-ahead log that is kept after a checkpoint


def _columns(row: type[NamedTuple]) -> str:
    return ", ".join(row._fields)


def _insert_into(table: str, row: type[NamedTuple], *, if_there: str) -> str:
    return f"INSERT OR {if_there} INTO {table} ({_columns(row)}) VALUES "


INSERT_LOG = _insert_into("log", LogRow, if_there="ROLLBACK")
REDACT = (
    "UPDATE log SET kind = '', tags = '', text = '' FROM json_each(?) AS j"
    " WHERE log.target = json_extract(j.value, '$[0]') AND log.id = json_extract(j.value, '$[1]')"
)
WRITE_PROBE = "INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?)"
HAS_ROW = "SELECT EXISTS (SELECT 1 FROM log WHERE target = ? AND id = ?)"
NEWEST_OF_TARGET = "SELECT max(id) FROM log WHERE target = ?"
FIRST_TARGET = "SELECT min(target) FROM log"
NEXT_TARGET = "SELECT min(target) FROM log WHERE target > ?"
ALL_READ_MARKERS = f"SELECT {_columns(ReadMarkerRow)} FROM mark"
ALL_CHANNELS = f"SELECT {_columns(ChannelRow)} FROM room"
ALL_ACCOUNTS = f"SELECT {_columns(AccountRow)} FROM account"
ALL_BANS = f"SELECT {_columns(ServerBanRow)} FROM ban"
ALL_USERS = f"SELECT {_columns(UserRow)} FROM stay"
ALL_LAST_SEEN = f"SELECT {_columns(LastSeenRow)} FROM seen"
SECRET = "SELECT value FROM meta WHERE name = 'secret'"
_LOG_COLUMNS = "target, id, kind, sender, account, source, tags, text, status"
NEWEST_ROWS = (
    f"SELECT {_LOG_COLUMNS} FROM log"
    " WHERE target = ? AND id >= ? AND id < ? AND kind IN (SELECT value FROM json_each(?))"
    " ORDER BY id DESC LIMIT ?"
)
_KINDS = "kind IN (SELECT value FROM json_each(?))"
OLDEST_ROWS = f"SELECT {_LOG_COLUMNS} FROM log WHERE target = ? AND id > ? AND id < ? ORDER BY id LIMIT ?"
OLDEST_ROWS_OF_KINDS = (
    f"SELECT {_LOG_COLUMNS} FROM log WHERE target = ? AND id > ? AND id < ? AND {_KINDS} ORDER BY id LIMIT ?"
)
# Messages have an index of their own, which skips any number of JOINs and QUITs between them.
_MESSAGES = f"FROM log INDEXED BY log_said WHERE kind IN ({MESSAGE_KINDS_SQL}) AND target"
NEWEST_MESSAGES = f"SELECT {_LOG_COLUMNS} {_MESSAGES} = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?"
OLDEST_MESSAGES = f"SELECT {_LOG_COLUMNS} {_MESSAGES} = ? AND id > ? AND id < ? ORDER BY id LIMIT ?"
DIRECT_CONVERSATIONS = (
    f"SELECT other, nick, target, ifnull((SELECT max(id) {_MESSAGES} = talk.target), 0)"
    " FROM talk WHERE identity = ?"
)
_ACTIVE_CHANNELS = (
    f"SELECT (SELECT id {_MESSAGES} = json_extract(value, '$[0]') AND id >= json_extract(value, '$[1]')"
    " AND (status = '' OR sender = :identity"
    " OR (instr(json_extract(value, '$[2]'), status) AND id >= json_extract(value, '$[3]')))"
    " ORDER BY id DESC LIMIT 1) AS newest_id,"
    " json_extract(value, '$[0]') AS target, 0 AS other, '' AS nick, 1 AS is_latest_of_nick"
    " FROM json_each(:channels)"
)
_ACTIVE_CONVERSATIONS = (
    "SELECT newest_id, target, other, nick,"
    " row_number() OVER (PARTITION BY nick ORDER BY newest_id DESC, other DESC) = 1 AS is_latest_of_nick"
    f" FROM (SELECT (SELECT max(id) {_MESSAGES} = talk.target) AS newest_id, target, other, nick"
    " FROM talk WHERE identity = :identity)"
)
ACTIVE_TARGETS = (
    f"SELECT * FROM ({_ACTIVE_CHANNELS} UNION ALL {_ACTIVE_CONVERSATIONS})"
    " WHERE newest_id >= :since AND newest_id < :below ORDER BY newest_id {}, target LIMIT :limit"
)
COUNT_MESSAGES = f"SELECT count(*) {_MESSAGES} = ? AND id < ?"
COUNT = f"SELECT count(*) FROM log WHERE target = ? AND id < ? AND {_KINDS}"
COUNT_ALL = f"SELECT count(*) FROM log WHERE target <> ? AND id < ? AND {_KINDS}"
_ROWS_TO_DELETE = "SELECT target, id FROM log WHERE target {} ? AND id < ? ORDER BY target, id LIMIT ?"
ROWS_TO_DELETE = _ROWS_TO_DELETE.format("=")
ROWS_TO_DELETE_OF_ALL = _ROWS_TO_DELETE.format("<>")
DELETE_RANGE = "DELETE FROM log WHERE target = ? AND id BETWEEN ? AND ?"
PASSIVE_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
TRUNCATING_CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"

_INSERTS: dict[type[Record], str] = {
    Spoken: INSERT_LOG,
    Presence: INSERT_LOG,
    ChannelRow: _insert_into("room", ChannelRow, if_there="REPLACE"),
    DirectConversationRow: _insert_into("talk", DirectConversationRow, if_there="REPLACE"),
    ReadMarkerRow: _insert_into("mark", ReadMarkerRow, if_there="REPLACE"),
    AccountRow: _insert_into("account", AccountRow, if_there="REPLACE"),
    ServerBanRow: _insert_into("ban", ServerBanRow, if_there="REPLACE"),
    UserRow: _insert_into("stay", UserRow, if_there="REPLACE"),
    LastSeenRow: _insert_into("seen", LastSeenRow, if_there="REPLACE"),
}


class BusyReader(StoreError):
    """A reader still uses an older state of the database; worth another try later."""


_ENVIRONMENT_ERRORS = frozenset(
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
    """Set up the connection that writes."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # deleted rows are overwritten
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")


def prepare_reader(connection: sqlite3.Connection) -> None:
    """Set up a connection that can only read."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA query_only = TRUE")


def _is_environment_error(error: sqlite3.Error) -> bool:
    """Tell whether the disk, the file or another program is at fault, rather than the statement."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _ENVIRONMENT_ERRORS


def write(connection: Any, records: Sequence[Record]) -> None:
    """Write all of the records or none, in one transaction.

    Args:
        connection: A `ManualConnection`.

    Raises:
        NotStored, MaybeStored: As `Store.commit` does.
        sqlite3.Error: The records, or a statement, are at fault.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        _write_each_type(connection, records)
    except sqlite3.Error as error:
        _roll_back(connection)
        raise classify_error(error) from error
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        if not _is_stored_after_all(connection, records, error):
            raise classify_error(error) from error


def _write_each_type(connection: Any, records: Sequence[Record]) -> None:
    for kind, rows in _by_type(records).items():
        if kind is Redaction:
            _redact(connection, rows)
        elif kind is Probe:
            connection.execute(WRITE_PROBE, rows[-1])
        else:
            insert(connection, _INSERTS[kind], rows)
        if kind is Spoken:
            enqueue_for_indexing(connection, rows)


def _redact(connection: Any, redactions: Sequence[Any]) -> None:
    remove_from_index(connection, redactions)
    connection.execute(REDACT, (json.dumps(redactions),))


def _by_type(records: Sequence[Record]) -> dict[type[Record], list[Any]]:
    rows: dict[type[Record], list[Any]] = {}
    for record in records:
        rows.setdefault(type(record), []).append(record)
    return rows


def classify_error(error: sqlite3.Error) -> Exception:
    """Return `NotStored` where the environment is at fault, the error itself where we are."""
    return NotStored(f"{error}") if _is_environment_error(error) else error


def _roll_back(connection: Any) -> None:
    """Roll back the open transaction, if the failed statement has not done so already."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        connection.reconnect()


def _is_stored_after_all(connection: Any, records: Sequence[Record], error: sqlite3.Error) -> bool:
    """Find out with a new connection whether a COMMIT that failed has stored the batch."""
    row = next((record for record in records if isinstance(record, LogRow)), None)
    try:
        connection.reconnect()
        if row is None:
            raise MaybeStored(f"{error}")
        if not connection.execute(HAS_ROW, (row.target, row.id)).fetchone()[0]:
            return False
        # Recovery also brings back rows that were never synced; only a checkpoint makes them durable.
        if not empty_wal(connection):
            raise MaybeStored(f"{error}")
        return True
    except sqlite3.Error as second:
        raise MaybeStored(f"{error}, then {second}") from second


def _are_message_kinds(kinds: Sequence[str] | None) -> bool:
    """Tell whether the index `log_said` holds the rows of these kinds, and no others."""
    return kinds is not None and tuple(kinds) == MESSAGE_KINDS


def read_newest_rows(
    connection: Any, target: str, since: int, below: int, kinds: Sequence[str], limit: int
) -> list[LogRow]:
    """See `Store.newest_rows`."""
    if _are_message_kinds(kinds):
        rows = connection.execute(NEWEST_MESSAGES, (target, since, below, limit)).fetchall()
    else:
        rows = connection.execute(NEWEST_ROWS, (target, since, below, json.dumps(kinds), limit)).fetchall()
    return [LogRow(*row) for row in reversed(rows)]


def read_oldest_rows(
    connection: Any, target: str, after: int, below: int, kinds: Sequence[str] | None, limit: int
) -> list[LogRow]:
    """See `Store.oldest_rows`."""
    if kinds is None:
        rows = connection.execute(OLDEST_ROWS, (target, after, below, limit))
    elif _are_message_kinds(kinds):
        rows = connection.execute(OLDEST_MESSAGES, (target, after, below, limit))
    else:
        rows = connection.execute(OLDEST_ROWS_OF_KINDS, (target, after, below, json.dumps(kinds), limit))
    return [LogRow(*row) for row in rows]


def read_active_targets(connection: Any, query: ActiveTargets, limit: int) -> list[ActiveTarget]:
    """See `Store.active_targets`."""
    statement = ACTIVE_TARGETS.format("DESC" if query.newest_first else "ASC")
    values = {
        "identity": query.identity,
        "channels": json.dumps(query.channels),
        "since": query.since,
        "below": query.below,
        "limit": limit,
    }
    return [
        ActiveTarget(newest_id, target, other, nick, bool(is_latest))
        for newest_id, target, other, nick, is_latest in connection.execute(statement, values)
    ]


def read_direct_conversations(connection: Any, identity: int) -> list[DirectConversation]:
    """See `Store.direct_conversations`."""
    return [DirectConversation(*row) for row in connection.execute(DIRECT_CONVERSATIONS, (identity,))]


def count_rows(connection: Any, target: str | None, below: int, kinds: Sequence[str]) -> int:
    """See `Store.count_rows`."""
    if target is not None and _are_message_kinds(kinds):
        (count,) = connection.execute(COUNT_MESSAGES, (target, below)).fetchone()
    else:
        statement = COUNT_ALL if target is None else COUNT
        (count,) = connection.execute(
            statement, (target or AUDIT_TARGET, below, json.dumps(kinds))
        ).fetchone()
    return int(count)


def read_targets(connection: Any, after: str, limit: int) -> list[str]:
    """See `Store.list_targets`; takes one index lookup for each target, instead of reading the log."""
    targets: list[str] = []
    while len(targets) < limit:
        (after,) = connection.execute(NEXT_TARGET, (after,)).fetchone()
        if after is None:
            break
        targets.append(after)
    return targets


def delete_rows(connection: Any, target: str | None, below: int, limit: int) -> int:
    """See `Store.delete_rows`."""
    statement = ROWS_TO_DELETE_OF_ALL if target is None else ROWS_TO_DELETE
    connection.execute("BEGIN IMMEDIATE")
    try:
        places = connection.execute(statement, (target or AUDIT_TARGET, below, limit)).fetchall()
        remove_from_index(connection, places)
        for each, group in groupby(places, itemgetter(0)):  # the oldest rows of each target, without a gap
            ids = [number for _, number in group]
            connection.execute(DELETE_RANGE, (each, ids[0], ids[-1]))
        connection.execute("COMMIT")
    except sqlite3.Error:
        _roll_back(connection)
        raise
    return len(places)


def release_free_pages(connection: Any, pages: int) -> int:
    """Return some of the free pages to the file system; return how many are left."""
    connection.execute(f"PRAGMA incremental_vacuum({int(pages)})").fetchall()
    (left,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(left)


def empty_wal(connection: Any) -> bool:
    """Move the write-ahead log into the main file; return False while a reader needs it."""
    (_, frames, moved) = connection.execute(PASSIVE_CHECKPOINT).fetchone()
    if frames != moved:  # waiting here would make every commit wait
        return False
    (is_busy, _, _) = connection.execute(TRUNCATING_CHECKPOINT).fetchone()
    return not is_busy


def empty_wal_without_waiting(connection: Any) -> None:
    """Empty the write-ahead log without waiting, since every commit waits behind this.

    Raises:
        BusyReader: A reader needs the log.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        is_empty = empty_wal(connection)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    if not is_empty:
        raise BusyReader("somebody is reading the database")


def read_startup_state(connection: sqlite3.Connection) -> StartupState:
    """See `Store.startup_state`."""
    (secret,) = connection.execute(SECRET).fetchone()
    return StartupState(
        newest_id=max(_newest_of_each(connection), default=0),
        channels=tuple(ChannelRow(*row) for row in connection.execute(ALL_CHANNELS)),
        read_markers=tuple(ReadMarkerRow(*row) for row in connection.execute(ALL_READ_MARKERS)),
        accounts=tuple(AccountRow(*row) for row in connection.execute(ALL_ACCOUNTS)),
        users=tuple(UserRow(*row) for row in connection.execute(ALL_USERS)),
        last_seen=tuple(LastSeenRow(*row) for row in connection.execute(ALL_LAST_SEEN)),
        bans=tuple(ServerBanRow(*row) for row in connection.execute(ALL_BANS)),
        secret=secret,
    )


def _newest_of_each(connection: sqlite3.Connection) -> list[int]:
    """Return the newest id of each target; takes two index lookups for each, instead of reading the log."""
    newest: list[int] = []
    (target,) = connection.execute(FIRST_TARGET).fetchone()
    while target is not None:
        newest += connection.execute(NEWEST_OF_TARGET, (target,)).fetchone()
        (target,) = connection.execute(NEXT_TARGET, (target,)).fetchone()
    return newest
