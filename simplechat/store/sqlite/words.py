"""The index of words: filled behind the chat, searched, and rid of what was taken back.

A commit leaves one row in a queue, whatever it holds; the queue is indexed in steps, and what still waits in
it is looked through.

Each full-text table holds a bounded number of rows, so that to leave no trace of one of them has a bounded
cost: before SQLite 3.42 a deleted word stays in the file until its table has been merged into one piece.

Spec: https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from simplechat.hub.errors import StoreError
from simplechat.hub.lines import as_people_read_it
from simplechat.hub.records import ANNOUNCEMENTS, SAID, LogRow, Record, Spoken
from simplechat.hub.store import Found, Sought
from simplechat.ircv3.casemap import fold
from simplechat.store.sqlite.inserting import insert
from simplechat.store.words import has_all, terms_of, words_of

SHELF_ROWS = 500_000  # in one table
STEP_ROWS = 500  # taken up between two commits
MERGED_PAGES = 32  # between two commits
MOST_FEW = 500  # rows of one table that are looked at one by one
MOST_SCANNED = 20_000  # rows that are not in the index yet, the newest ones
SEARCH_WITHIN_S = 5.0
_INSTRUCTIONS = 10_000  # of SQLite's, between two looks at the clock

_SAID = ", ".join(f"'{kind}'" for kind in SAID)
_LOG = ", ".join(f"l.{name}" for name in LogRow._fields)

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
    f" WHERE q.first < ? AND l.kind IN ({_SAID}) ORDER BY q.first, j.key"
)
IS_MORE = "SELECT ifnull(max(first + many) - min(first), 0) >= ? FROM queue"
UNQUEUE = "DELETE FROM queue WHERE first < ?"
ADD_SAID = "INSERT OR ROLLBACK INTO said (seq, target, id) VALUES "
QUEUE = "SELECT first, places FROM queue"
NEWEST_QUEUED = (
    "SELECT first, places FROM queue WHERE first < ? AND first > (SELECT max(first) FROM queue) - ?"
    " ORDER BY first DESC"
)
REPLACE_QUEUED = "UPDATE queue SET places = ? WHERE first = ?"
SAID_AT = (
    "SELECT s.seq, s.target, s.id, l.source, l.text FROM json_each(?) j"
    " CROSS JOIN said s ON s.id = json_extract(j.value, '$[1]') AND s.target = json_extract(j.value, '$[0]')"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
)
FORGET_SAID = "DELETE FROM said WHERE seq IN (SELECT value FROM json_each(?))"
SHELVES = "SELECT number FROM shelf ORDER BY number DESC"
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

_IN_RANGE = (
    f"l.kind IN ({_SAID}) AND l.id >= ? AND l.id < ? AND l.id >= ifnull((SELECT json_extract(value, '$[1]')"
    " FROM json_each(?) WHERE json_extract(value, '$[0]') = l.target), 0)"
)
_SEARCH = (
    f"SELECT s.seq, {_LOG} FROM words_{{0}} w CROSS JOIN said s ON s.seq = w.rowid"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
    f" WHERE words_{{0}} MATCH ? AND w.rowid <= ? AND {_IN_RANGE} ORDER BY w.rowid DESC LIMIT ?"
)
_IN_PLACE = (
    "(l.target IN (SELECT json_extract(value, '$[0]') FROM json_each(?))"
    " OR (l.target NOT LIKE '#%' AND ? IN (substr(l.target, 1, 13), substr(l.target, 15))))"
)
_MATCHING = "SELECT rowid FROM words_{0} WHERE words_{0} MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?"
THOSE_OF = (
    f"SELECT s.seq, {_LOG} FROM json_each(?) j CROSS JOIN said s ON s.seq = j.value"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
    f" WHERE {_IN_RANGE} AND {_IN_PLACE} ORDER BY s.seq DESC LIMIT ?"
)
QUEUED_AT = (
    f"SELECT json_extract(j.value, '$[0]'), {_LOG} FROM json_each(?) j CROSS JOIN log l"
    " ON l.target = json_extract(j.value, '$[1]') AND l.id = json_extract(j.value, '$[2]')"
    f" WHERE l.kind IN ({_SAID}) ORDER BY j.key"
)


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
    return row.kind in SAID and not row.target.startswith(ANNOUNCEMENTS)


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
        entry = Entry(seq, _places(target), _who(source.partition("!")[0]), as_people_read_it(text))
        shelves.setdefault(seq // SHELF_ROWS, []).append(entry)
    return shelves


@lru_cache(4096)
def _places(target: str) -> str:
    """Give the words for where something was said: the target, and both sides of a conversation."""
    sides = "" if target.startswith("#") else "".join(f" i{side}" for side in target.split("+"))
    return _place(target) + sides


def _place(target: str) -> str:
    return "x" + target.encode().hex()


@lru_cache(4096)
def _who(nick: str) -> str:
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


# -- searching -----------------------------------------------------------------------------------------


def search(connection: Any, sought: Sought, below: int, limit: int) -> list[Found]:
    """See `Store.search`."""
    deadline = time.monotonic() + SEARCH_WITHIN_S
    connection.execute("BEGIN")  # one moment for queue and index, between which rows move
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
    try:
        return _search(connection, sought, below, limit)
    except sqlite3.OperationalError as error:
        if time.monotonic() > deadline:
            raise StoreError("The search took too long") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _search(connection: Any, sought: Sought, below: int, limit: int) -> list[Found]:
    if (sought.words and not terms_of(sought.words)) or not (sought.logs or sought.talks_of):
        return []
    found = _scan(connection, sought, below, limit)
    for (shelf,) in connection.execute(SHELVES).fetchall() if can_index() else []:
        if len(found) < limit and shelf * SHELF_ROWS < below:
            rows = _search_shelf(connection, shelf, sought, below - 1, limit - len(found))
            found += [Found(seq, LogRow(*row)) for seq, *row in rows]
    return found


def _search_shelf(connection: Any, shelf: int, sought: Sought, newest: int, limit: int) -> Iterable[Any]:
    """Look at every row that has the words where they are few; else have the table tell the places apart."""
    logs = json.dumps(sought.logs)
    if sought.words:
        few = (_match_words(sought), newest, MOST_FEW + 1)
        numbers = [number for (number,) in connection.execute(_MATCHING.format(shelf), few)]
        if not numbers:
            return []
        if len(numbers) <= MOST_FEW:
            wanted = (json.dumps(numbers), sought.since, sought.below, logs, logs, sought.talks_of, limit)
            return connection.execute(THOSE_OF, wanted)  # type: ignore[no-any-return]
    return connection.execute(  # type: ignore[no-any-return]
        _SEARCH.format(shelf), (_match(sought), newest, sought.since, sought.below, logs, limit)
    )


def _scan(connection: Any, sought: Sought, below: int, limit: int) -> list[Found]:
    """Look through the rows that are not in the index yet."""
    terms, nick = terms_of(sought.words), fold(sought.nick)
    places = json.dumps(_queued(connection, sought, below))
    found: list[Found] = []
    for seq, *row in connection.execute(QUEUED_AT, (places,)):
        log_row = LogRow(*row)
        is_theirs = not nick or fold(log_row.source.partition("!")[0]) == nick
        if is_theirs and has_all(as_people_read_it(log_row.text), terms):
            found.append(Found(seq, log_row))
            if len(found) == limit:
                break
    return found


def _queued(connection: Any, sought: Sought, below: int) -> list[tuple[int, str, int]]:
    """Give number, target and id of what is queued where something is sought, the newest first."""
    floors = dict(sought.logs)
    places: list[tuple[int, str, int]] = []
    for first, text in connection.execute(NEWEST_QUEUED, (below, MOST_SCANNED)):
        queued = enumerate(json.loads(text), first)
        places += [(seq, *place) for seq, place in reversed(list(queued)) if place and seq < below]
    return [
        (seq, target, number)
        for seq, target, number in places
        if sought.since <= number < sought.below
        and number >= floors.get(target, 0)
        and (target in floors or _is_talk_of(sought.talks_of, target))
    ]


def _is_talk_of(identity: str, target: str) -> bool:
    return identity != "" and not target.startswith("#") and identity in target.split("+")


def _match(sought: Sought) -> str:
    """Write what is sought in the full-text tables' own language; nothing but quoted words is the asker's."""
    places = [_place(target) for target, _ in sought.logs]
    if sought.talks_of:
        places.append(f"i{sought.talks_of}")
    place = f"place : ({' OR '.join(map(_quoted, places))})"
    rest = _match_words(sought)
    return f"{place} AND {rest}" if rest else place


def _match_words(sought: Sought) -> str:
    """Write who and what is sought, wherever it was said."""
    parts = [f"who : {_quoted(_who(sought.nick))}"] if sought.nick else []
    parts += [f"text : {_quoted(term)}" for term in sought.words.split() if words_of(term)]
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
