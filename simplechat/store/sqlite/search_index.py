"""The full-text index of messages: filled in the background, and freed of deleted messages.

A commit adds one row to a queue, however many messages it holds. The queue is indexed in steps; a search
scans what is still in it.

Each full-text table holds a bounded number of messages, which bounds the cost of removing every trace of one:
before SQLite 3.42 a deleted word stays in the file until its table has been merged into one piece.

Spec: https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from simplechat.hub.multiline import remove_concat_marks
from simplechat.hub.records import ANNOUNCEMENT_TARGET, MESSAGE_KINDS, Record, Spoken
from simplechat.ircv3.casemap import fold
from simplechat.store.sqlite.bulk_insert import insert

ROWS_PER_TABLE = 500_000
ROWS_PER_STEP = 500  # indexed between two commits
PAGES_PER_MERGE = 32  # between two commits

MESSAGE_KINDS_SQL = ", ".join(f"'{kind}'" for kind in MESSAGE_KINDS)

ADD_TO_QUEUE = (
    "INSERT OR ROLLBACK INTO queue (first, many, places) VALUES (ifnull("
    "(SELECT first + many FROM queue ORDER BY first DESC LIMIT 1),"
    " (SELECT value + 1 FROM meta WHERE name = 'indexed')), ?, ?)"
)
SET_INDEXED = "UPDATE meta SET value = ? WHERE name = 'indexed'"
_QUEUED = (
    "FROM queue q CROSS JOIN json_each(q.places) j CROSS JOIN log l"
    " ON l.target = json_extract(j.value, '$[0]') AND l.id = json_extract(j.value, '$[1]')"
)
END_OF_STEP = "SELECT max(first + many) FROM queue WHERE first < (SELECT min(first) FROM queue) + ?"
NEXT_QUEUED = (
    f"SELECT q.first + j.key, l.target, l.id, l.source, l.text {_QUEUED}"
    f" WHERE q.first < ? AND l.kind IN ({MESSAGE_KINDS_SQL}) ORDER BY q.first, j.key"
)
IS_MORE = "SELECT ifnull(max(first + many) - min(first), 0) >= ? FROM queue"
DELETE_QUEUED = "DELETE FROM queue WHERE first < ?"
ADD_SAID = "INSERT OR ROLLBACK INTO said (seq, target, id) VALUES "
QUEUE = "SELECT first, places FROM queue"
REPLACE_QUEUED = "UPDATE queue SET places = ? WHERE first = ?"
SAID_AT = (
    "SELECT s.seq, s.target, s.id, l.source, l.text FROM json_each(?) j"
    " CROSS JOIN said s ON s.id = json_extract(j.value, '$[1]') AND s.target = json_extract(j.value, '$[0]')"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
)
DELETE_SAID = "DELETE FROM said WHERE seq IN (SELECT value FROM json_each(?))"
ADD_TABLE = "INSERT OR IGNORE INTO shelf (number) VALUES (?)"
MARK_FOR_MERGE = "UPDATE shelf SET is_stained = 1 WHERE number = ?"
MARK_MERGED = "UPDATE shelf SET is_stained = 0 WHERE number = ?"
MARKED_FOR_MERGE = "SELECT number FROM shelf WHERE is_stained"

_CREATE_TABLE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS words_{0} USING fts5(place, who, text, content = '', columnsize = 0,"
    " tokenize = 'unicode61 remove_diacritics 2')"
)
_INDEX = "INSERT INTO words_{0} (rowid, place, who, text) VALUES "
_UNINDEX = (
    "INSERT INTO words_{0} (words_{0}, rowid, place, who, text) SELECT 'delete', "
    + ", ".join(f"json_extract(value, '$[{n}]')" for n in range(4))
    + " FROM json_each(?)"
)
_MERGE = "INSERT INTO words_{0} (words_{0}, rank) VALUES ('merge', ?)"


class IndexedRow(NamedTuple):
    """A row of a full-text table."""

    seq: int
    place: str
    who: str
    text: str


@cache
def has_full_text_search() -> bool:
    """Tell whether this SQLite has FTS5; without it, a search scans the newest rows."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


# -- filling -------------------------------------------------------------------------------------------


def enqueue_for_indexing(connection: Any, records: Iterable[Record]) -> None:
    """Queue messages to be indexed later, within an open transaction."""
    places = [(row.target, row.id) for row in records if isinstance(row, Spoken) and _is_indexed(row)]
    if places:
        connection.execute(ADD_TO_QUEUE, (len(places), json.dumps(places)))


def _is_indexed(row: Spoken) -> bool:
    return row.kind in MESSAGE_KINDS and not row.target.startswith(ANNOUNCEMENT_TARGET)


def index_batch(connection: Any) -> bool:
    """Index the oldest rows of the queue; tell whether enough are left for another step."""
    if not has_full_text_search():
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        (end,) = connection.execute(END_OF_STEP, (ROWS_PER_STEP,)).fetchone()
        if end is not None:
            _index_below(connection, end)
        (is_more,) = connection.execute(IS_MORE, (ROWS_PER_STEP,)).fetchone()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return bool(is_more)


def _index_below(connection: Any, end: int) -> None:
    """Move every row with a number below `end` from the queue to the index."""
    rows = connection.execute(NEXT_QUEUED, (end,)).fetchall()
    insert(connection, ADD_SAID, [row[:3] for row in rows])
    for number, entries in _rows_by_table(rows).items():
        connection.execute(_CREATE_TABLE.format(number))
        connection.execute(ADD_TABLE, (number,))
        insert(connection, _INDEX.format(number), entries)
    connection.execute(DELETE_QUEUED, (end,))
    connection.execute(SET_INDEXED, (end - 1,))


def _rows_by_table(rows: Iterable[tuple[int, str, int, str, str]]) -> dict[int, list[IndexedRow]]:
    """Return the rows to index by table, from number, target, id, source and text of messages."""
    tables: dict[int, list[IndexedRow]] = {}
    for seq, target, _, source, text in rows:
        entry = IndexedRow(
            seq, _target_tokens(target), nick_token(source.partition("!")[0]), remove_concat_marks(text)
        )
        tables.setdefault(seq // ROWS_PER_TABLE, []).append(entry)
    return tables


@lru_cache(4096)
def _target_tokens(target: str) -> str:
    """Return the tokens of a target: its own, and those of a direct conversation's two identities."""
    sides = "" if target.startswith("#") else "".join(f" i{side}" for side in target.split("+"))
    return target_token(target) + sides


def target_token(target: str) -> str:
    """Return the token that stands for a target in the index."""
    return "x" + target.encode().hex()


@lru_cache(4096)
def nick_token(nick: str) -> str:
    """Return the token that stands for a nick in the index."""
    return "n" + fold(nick).encode().hex()


# -- removing ----------------------------------------------------------------------------------------


def remove_from_index(connection: Any, places: Sequence[tuple[str, int]]) -> None:
    """Remove rows from the index by target and id, within a transaction; before they leave the log."""
    rows = connection.execute(SAID_AT, (json.dumps(places),)).fetchall()
    for number, entries in _rows_by_table(rows).items():
        if has_full_text_search():
            connection.execute(_UNINDEX.format(number), (json.dumps(entries),))
        connection.execute(MARK_FOR_MERGE, (number,))
    connection.execute(DELETE_SAID, (json.dumps([row[0] for row in rows]),))
    if len(rows) < len(places):
        _remove_from_queue(connection, set(places))


def _remove_from_queue(connection: Any, places: set[tuple[str, int]]) -> None:
    """Remove rows from the queue; those behind them keep their numbers."""
    for first, text in connection.execute(QUEUE).fetchall():
        queued = json.loads(text)
        kept = [None if place is None or tuple(place) in places else place for place in queued]
        if kept != queued:
            connection.execute(REPLACE_QUEUED, (json.dumps(kept), first))


def tables_to_merge(connection: Any) -> list[int]:
    """Return the numbers of the full-text tables whose pages may still contain deleted words."""
    return [number for (number,) in connection.execute(MARKED_FOR_MERGE)] if has_full_text_search() else []


def merge_step(connection: Any, number: int) -> bool:
    """Continue to merge a full-text table into one piece; return False once it is in one piece."""
    before = connection.total_changes
    connection.execute(_MERGE.format(number), (-PAGES_PER_MERGE,))
    if connection.total_changes - before >= 2:  # as the manual of FTS5 says
        return True
    connection.execute(MARK_MERGED, (number,))
    return False
