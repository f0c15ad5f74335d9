"""The index of words: filled behind the chat, and rid of what was taken back.

A commit leaves one row in a queue, whatever it holds; the queue is indexed in steps, and what still waits in
it is looked through.

Each full-text table holds a bounded number of rows, so that to leave no trace of one of them has a bounded
cost: before SQLite 3.42 a deleted word stays in the file until its table has been merged into one piece.

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

SHELF_ROWS = 500_000  # in one table
STEP_ROWS = 500  # taken up between two commits
MERGED_PAGES = 32  # between two commits

KINDS_SAID = ", ".join(f"'{kind}'" for kind in MESSAGE_KINDS)

ENQUEUE = (
    "INSERT OR ROLLBACK INTO queue (first, many, places) VALUES (ifnull("
    "(SELECT first + many FROM queue ORDER BY first DESC LIMIT 1),"
    " (SELECT value + 1 FROM meta WHERE name = 'indexed')), ?, ?)"
)
GET_INDEXED = "SELECT value FROM meta WHERE name = 'indexed'"
SET_INDEXED = "UPDATE meta SET value = ? WHERE name = 'indexed'"
_QUEUED = (
    "FROM queue q CROSS JOIN json_each(q.places) j CROSS JOIN log l"
    " ON l.target = json_extract(j.value, '$[0]') AND l.id = json_extract(j.value, '$[1]')"
)
END_OF_STEP = "SELECT max(first + many) FROM queue WHERE first < (SELECT min(first) FROM queue) + ?"
NEXT_QUEUED = (
    f"SELECT q.first + j.key, l.target, l.id, l.source, l.text {_QUEUED}"
    f" WHERE q.first < ? AND l.kind IN ({KINDS_SAID}) ORDER BY q.first, j.key"
)
IS_MORE = "SELECT ifnull(max(first + many) - min(first), 0) >= ? FROM queue"
UNQUEUE = "DELETE FROM queue WHERE first < ?"
ADD_SAID = "INSERT OR ROLLBACK INTO said (seq, target, id) VALUES "
QUEUE = "SELECT first, places FROM queue"
REPLACE_QUEUED = "UPDATE queue SET places = ? WHERE first = ?"
SAID_AT = (
    "SELECT s.seq, s.target, s.id, l.source, l.text FROM json_each(?) j"
    " CROSS JOIN said s ON s.id = json_extract(j.value, '$[1]') AND s.target = json_extract(j.value, '$[0]')"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
)
FORGET_SAID = "DELETE FROM said WHERE seq IN (SELECT value FROM json_each(?))"
ADD_SHELF = "INSERT OR IGNORE INTO shelf (number) VALUES (?)"
STAIN = "UPDATE shelf SET is_stained = 1 WHERE number = ?"
CLEAN = "UPDATE shelf SET is_stained = 0 WHERE number = ?"
STAINED = "SELECT number FROM shelf WHERE is_stained"

_MAKE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS words_{0} USING fts5(place, who, text, content = '', columnsize = 0,"
    " tokenize = 'unicode61 remove_diacritics 2')"
)
_ADD = "INSERT INTO words_{0} (rowid, place, who, text) VALUES "
_TAKE = (
    "INSERT INTO words_{0} (words_{0}, rowid, place, who, text) SELECT 'delete', "
    + ", ".join(f"json_extract(value, '$[{n}]')" for n in range(4))
    + " FROM json_each(?)"
)
_MERGE = "INSERT INTO words_{0} (words_{0}, rank) VALUES ('merge', ?)"


class Entry(NamedTuple):
    """What a full-text table is told of a row."""

    seq: int
    place: str
    who: str
    text: str


@cache
def can_index() -> bool:
    """Tell whether this SQLite knows full text; where it does not, the newest rows are looked through."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


# -- filling -------------------------------------------------------------------------------------------


def enqueue(connection: Any, records: Iterable[Record]) -> None:
    """Have what is said in words be indexed later; needs a transaction."""
    places = [(row.target, row.id) for row in records if isinstance(row, Spoken) and _is_indexed(row)]
    if places:
        connection.execute(ENQUEUE, (len(places), json.dumps(places)))


def _is_indexed(row: Spoken) -> bool:
    return row.kind in MESSAGE_KINDS and not row.target.startswith(ANNOUNCEMENT_TARGET)


def index_some(connection: Any) -> bool:
    """Take up the oldest rows that are not in the index yet; tell whether a whole step is left."""
    if not can_index():
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        (end,) = connection.execute(END_OF_STEP, (STEP_ROWS,)).fetchone()
        if end is not None:
            _index_below(connection, end)
        (is_more,) = connection.execute(IS_MORE, (STEP_ROWS,)).fetchone()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return bool(is_more)


def _index_below(connection: Any, end: int) -> None:
    """Move everything with a number below this one from the queue to the index."""
    rows = connection.execute(NEXT_QUEUED, (end,)).fetchall()
    insert(connection, ADD_SAID, [row[:3] for row in rows])
    for shelf, entries in _by_shelf(rows).items():
        connection.execute(_MAKE.format(shelf))
        connection.execute(ADD_SHELF, (shelf,))
        insert(connection, _ADD.format(shelf), entries)
    connection.execute(UNQUEUE, (end,))
    connection.execute(SET_INDEXED, (end - 1,))


def _by_shelf(rows: Iterable[tuple[int, str, int, str, str]]) -> dict[int, list[Entry]]:
    """Give what the full-text tables are told of rows: their number, target, id, source and text."""
    shelves: dict[int, list[Entry]] = {}
    for seq, target, _, source, text in rows:
        entry = Entry(seq, _places(target), who_word(source.partition("!")[0]), remove_concat_marks(text))
        shelves.setdefault(seq // SHELF_ROWS, []).append(entry)
    return shelves


@lru_cache(4096)
def _places(target: str) -> str:
    """Give the words for where something was said: the target, and both sides of a conversation."""
    sides = "" if target.startswith("#") else "".join(f" i{side}" for side in target.split("+"))
    return place_word(target) + sides


def place_word(target: str) -> str:
    return "x" + target.encode().hex()


@lru_cache(4096)
def who_word(nick: str) -> str:
    return "n" + fold(nick).encode().hex()


# -- taking out ----------------------------------------------------------------------------------------


def unindex(connection: Any, places: Sequence[tuple[str, int]]) -> None:
    """Take rows of these targets and ids, still in the log, out of the index; needs a transaction."""
    rows = connection.execute(SAID_AT, (json.dumps(places),)).fetchall()
    for shelf, entries in _by_shelf(rows).items():
        if can_index():
            connection.execute(_TAKE.format(shelf), (json.dumps(entries),))
        connection.execute(STAIN, (shelf,))
    connection.execute(FORGET_SAID, (json.dumps([row[0] for row in rows]),))
    if len(rows) < len(places):
        _unqueue(connection, set(places))


def _unqueue(connection: Any, places: set[tuple[str, int]]) -> None:
    """Take rows out of the queue; those behind them keep their numbers."""
    for first, text in connection.execute(QUEUE).fetchall():
        queued = json.loads(text)
        kept = [None if place is None or tuple(place) in places else place for place in queued]
        if kept != queued:
            connection.execute(REPLACE_QUEUED, (json.dumps(kept), first))


def stained(connection: Any) -> list[int]:
    """Name the full-text tables in whose pages words can be that were taken out."""
    return [number for (number,) in connection.execute(STAINED)] if can_index() else []


def merge_some(connection: Any, shelf: int) -> bool:
    """Go on merging a full-text table into one piece; False once it is one, and holds nothing else."""
    before = connection.total_changes
    connection.execute(_MERGE.format(shelf), (-MERGED_PAGES,))
    if connection.total_changes - before >= 2:  # as its manual says
        return True
    connection.execute(CLEAN, (shelf,))
    return False
