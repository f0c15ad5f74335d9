"""Every statement, and the functions that run them in a pool's thread: plain data in, plain data out."""

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
from simplechat.hub.store import DirectConversation, StartupState
from simplechat.store.sqlite.bulk_insert import insert
from simplechat.store.sqlite.search_index import KINDS_SAID, enqueue, unindex

BUSY_MS = 1000  # how long another program may hold the file before a commit counts as failed

WAL_BYTES = 64 << 20  # that the write-ahead log keeps after a checkpoint


def _names(row: type[NamedTuple]) -> str:
    return ", ".join(row._fields)


def _insert_into(table: str, row: type[NamedTuple], *, if_there: str) -> str:
    return f"INSERT OR {if_there} INTO {table} ({_names(row)}) VALUES "


INSERT_LOG = _insert_into("log", LogRow, if_there="ROLLBACK")
REDACT = (
    "UPDATE log SET kind = '', tags = '', text = '' FROM json_each(?) AS j"
    " WHERE log.target = json_extract(j.value, '$[0]') AND log.id = json_extract(j.value, '$[1]')"
)
NOTE_PROBE = "INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?)"
HAS_ROW = "SELECT EXISTS (SELECT 1 FROM log WHERE target = ? AND id = ?)"
NEWEST_OF_TARGET = "SELECT max(id) FROM log WHERE target = ?"
FIRST_TARGET = "SELECT min(target) FROM log"
NEXT_TARGET = "SELECT min(target) FROM log WHERE target > ?"
ALL_MARKS = f"SELECT {_names(ReadMarkerRow)} FROM mark"
ALL_ROOMS = f"SELECT {_names(ChannelRow)} FROM room"
ALL_ACCOUNTS = f"SELECT {_names(AccountRow)} FROM account"
ALL_BANS = f"SELECT {_names(ServerBanRow)} FROM ban"
ALL_STAYS = f"SELECT {_names(UserRow)} FROM stay"
ALL_SEEN = f"SELECT {_names(LastSeenRow)} FROM seen"
SECRET = "SELECT value FROM meta WHERE name = 'secret'"
_LOG_COLUMNS = "target, id, kind, sender, account, source, tags, text, status"
PAGE = (
    f"SELECT {_LOG_COLUMNS} FROM log"
    " WHERE target = ? AND id >= ? AND id < ? AND kind IN (SELECT value FROM json_each(?))"
    " ORDER BY id DESC LIMIT ?"
)
_KINDS = "kind IN (SELECT value FROM json_each(?))"
FOLLOWING = f"SELECT {_LOG_COLUMNS} FROM log WHERE target = ? AND id > ? AND id < ? ORDER BY id LIMIT ?"
FOLLOWING_OF_KINDS = (
    f"SELECT {_LOG_COLUMNS} FROM log WHERE target = ? AND id > ? AND id < ? AND {_KINDS} ORDER BY id LIMIT ?"
)
# What was said in words has an index of its own, which leads past any number of comings and goings.
_SAID = f"FROM log INDEXED BY log_said WHERE kind IN ({KINDS_SAID}) AND target"
PAGE_SAID = f"SELECT {_LOG_COLUMNS} {_SAID} = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?"
FOLLOWING_SAID = f"SELECT {_LOG_COLUMNS} {_SAID} = ? AND id > ? AND id < ? ORDER BY id LIMIT ?"
TALKS = (
    f"SELECT other, nick, target, ifnull((SELECT max(id) {_SAID} = talk.target), 0)"
    " FROM talk WHERE identity = ?"
)
COUNT_SAID = f"SELECT count(*) {_SAID} = ? AND id < ?"
COUNT = f"SELECT count(*) FROM log WHERE target = ? AND id < ? AND {_KINDS}"
COUNT_ALL = f"SELECT count(*) FROM log WHERE target <> ? AND id < ? AND {_KINDS}"
_TO_FORGET = "SELECT target, id FROM log WHERE target {} ? AND id < ? ORDER BY target, id LIMIT ?"
TO_FORGET = _TO_FORGET.format("=")
TO_FORGET_ALL = _TO_FORGET.format("<>")
FORGET = "DELETE FROM log WHERE target = ? AND id BETWEEN ? AND ?"
CHECKPOINT_WHAT_CAN_BE = "PRAGMA wal_checkpoint(PASSIVE)"
CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"

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


class StillRead(StoreError):
    """Somebody reads what stood in the database before; it is worth trying again."""


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
        _write(connection, records)
    except sqlite3.Error as error:
        _give_up(connection)
        raise told(error) from error
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _give_up(connection)
        if not _turns_out_stored(connection, records, error):
            raise told(error) from error


def _write(connection: Any, records: Sequence[Record]) -> None:
    for kind, rows in _by_type(records).items():
        if kind is Redaction:
            _redact(connection, rows)
        elif kind is Probe:
            connection.execute(NOTE_PROBE, rows[-1])
        else:
            insert(connection, _INSERTS[kind], rows)
        if kind is Spoken:
            enqueue(connection, rows)


def _redact(connection: Any, places: Sequence[Any]) -> None:
    unindex(connection, places)
    connection.execute(REDACT, (json.dumps(places),))


def _by_type(records: Sequence[Record]) -> dict[type[Record], list[Any]]:
    rows: dict[type[Record], list[Any]] = {}
    for record in records:
        rows.setdefault(type(record), []).append(record)
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


def _is_said(kinds: Sequence[str] | None) -> bool:
    """Tell whether rows of these kinds are just those that `log_said` has."""
    return kinds is not None and tuple(kinds) == MESSAGE_KINDS


def read_page(
    connection: Any, target: str, since: int, below: int, kinds: Sequence[str], limit: int
) -> list[LogRow]:
    """See `Store.newest_rows`."""
    if _is_said(kinds):
        rows = connection.execute(PAGE_SAID, (target, since, below, limit)).fetchall()
    else:
        rows = connection.execute(PAGE, (target, since, below, json.dumps(kinds), limit)).fetchall()
    return [LogRow(*row) for row in reversed(rows)]


def read_following(
    connection: Any, target: str, after: int, below: int, kinds: Sequence[str] | None, limit: int
) -> list[LogRow]:
    """See `Store.oldest_rows`."""
    if kinds is None:
        rows = connection.execute(FOLLOWING, (target, after, below, limit))
    elif _is_said(kinds):
        rows = connection.execute(FOLLOWING_SAID, (target, after, below, limit))
    else:
        rows = connection.execute(FOLLOWING_OF_KINDS, (target, after, below, json.dumps(kinds), limit))
    return [LogRow(*row) for row in rows]


def read_talks(connection: Any, identity: int) -> list[DirectConversation]:
    """See `Store.direct_conversations`."""
    return [DirectConversation(*row) for row in connection.execute(TALKS, (identity,))]


def read_count(connection: Any, target: str | None, below: int, kinds: Sequence[str]) -> int:
    """See `Store.count_rows`."""
    if target is not None and _is_said(kinds):
        (count,) = connection.execute(COUNT_SAID, (target, below)).fetchone()
    else:
        statement = COUNT_ALL if target is None else COUNT
        (count,) = connection.execute(
            statement, (target or AUDIT_TARGET, below, json.dumps(kinds))
        ).fetchone()
    return int(count)


def read_targets(connection: Any, after: str, limit: int) -> list[str]:
    """See `Store.list_targets`; by leaps over the index."""
    targets: list[str] = []
    while len(targets) < limit:
        (after,) = connection.execute(NEXT_TARGET, (after,)).fetchone()
        if after is None:
            break
        targets.append(after)
    return targets


def forget(connection: Any, target: str | None, below: int, most: int) -> int:
    """See `Store.delete_rows`."""
    statement = TO_FORGET_ALL if target is None else TO_FORGET
    connection.execute("BEGIN IMMEDIATE")
    try:
        places = connection.execute(statement, (target or AUDIT_TARGET, below, most)).fetchall()
        unindex(connection, places)
        for target, ids in groupby(places, itemgetter(0)):  # of each target, all from its first row on
            numbers = [number for _, number in ids]
            connection.execute(FORGET, (target, numbers[0], numbers[-1]))
        connection.execute("COMMIT")
    except sqlite3.Error:
        _give_up(connection)
        raise
    return len(places)


def give_back(connection: Any, pages: int) -> int:
    """Give some of the pages that are not in use back to the disk; tell how many are left."""
    connection.execute(f"PRAGMA incremental_vacuum({int(pages)})").fetchall()
    (left,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(left)


def empty_wal(connection: Any) -> bool:
    """Bring everything into the main file and empty the log before it; False while a reader needs it."""
    (_, frames, brought) = connection.execute(CHECKPOINT_WHAT_CAN_BE).fetchone()
    if frames != brought:  # to insist would keep everybody who speaks waiting
        return False
    (is_busy, _, _) = connection.execute(CHECKPOINT).fetchone()
    return not is_busy


def empty_wal_at_once(connection: Any) -> None:
    """Do what `empty_wal` does, without waiting: whoever commits waits behind this.

    Raises:
        StillRead: A reader needs it.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        is_empty = empty_wal(connection)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    if not is_empty:
        raise StillRead("somebody is reading the database")


def read_kept(connection: sqlite3.Connection) -> StartupState:
    """Give what the hub must know at the start."""
    (secret,) = connection.execute(SECRET).fetchone()
    return StartupState(
        newest_id=max(_newest_of_each(connection), default=0),
        channels=tuple(ChannelRow(*row) for row in connection.execute(ALL_ROOMS)),
        read_markers=tuple(ReadMarkerRow(*row) for row in connection.execute(ALL_MARKS)),
        accounts=tuple(AccountRow(*row) for row in connection.execute(ALL_ACCOUNTS)),
        memberships=tuple(UserRow(*row) for row in connection.execute(ALL_STAYS)),
        last_seen=tuple(LastSeenRow(*row) for row in connection.execute(ALL_SEEN)),
        bans=tuple(ServerBanRow(*row) for row in connection.execute(ALL_BANS)),
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
