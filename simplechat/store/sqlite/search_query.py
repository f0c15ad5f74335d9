"""Searching: the index of words, and the queue of what is not in it yet, as one.

Spec: https://www.sqlite.org/fts5.html#full_text_query_syntax
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from simplechat.hub.errors import StoreError
from simplechat.hub.ids import MAX_ID
from simplechat.hub.multiline import remove_concat_marks
from simplechat.hub.records import LogRow
from simplechat.hub.store import SearchHit, SearchQuery
from simplechat.ircv3.casemap import fold
from simplechat.store.search_terms import has_all, terms_of, words_of
from simplechat.store.sqlite.search_index import KINDS_SAID, SHELF_ROWS, can_index, place_word, who_word

TOGETHER = 10  # tables that are looked at together, behind the newest
MOST_FEW = 500  # rows of one table that are looked at one by one
MOST_SCANNED = 20_000  # rows that are not in the index yet, the newest ones
SEARCH_WITHIN_S = 5.0
_INSTRUCTIONS = 10_000  # of SQLite's, between two looks at the clock

_LOG = ", ".join(f"l.{name}" for name in LogRow._fields)
SHELVES = "SELECT number FROM shelf ORDER BY number DESC"
NEWEST_QUEUED = (
    "SELECT first, places FROM queue WHERE first < ? AND first > (SELECT max(first) FROM queue) - ?"
    " ORDER BY first DESC"
)
NEWEST_FIRST, OLDEST_FIRST = "DESC", "ASC"
_IN_RANGE = (
    f"l.kind IN ({KINDS_SAID}) AND l.id >= ? AND l.id < ? AND l.id >= ifnull("
    "(SELECT json_extract(value, '$[1]') FROM json_each(?) WHERE json_extract(value, '$[0]') = l.target), 0)"
)
_IN_PLACE = (
    "(l.target IN (SELECT json_extract(value, '$[0]') FROM json_each(?))"
    " OR (l.target NOT LIKE '#%' AND ? IN (substr(l.target, 1, 13), substr(l.target, 15))))"
)
_SEARCH = (
    f"SELECT s.seq, {_LOG} FROM words_{{0}} w CROSS JOIN said s ON s.seq = w.rowid"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
    f" WHERE words_{{0}} MATCH ? AND w.rowid BETWEEN ? AND ? AND {_IN_RANGE} ORDER BY w.rowid {{1}} LIMIT ?"
)
_MATCHING = (
    "SELECT * FROM (SELECT {0}, rowid FROM words_{0} WHERE words_{0} MATCH ? AND rowid BETWEEN ? AND ?"
    " ORDER BY rowid {1} LIMIT ?)"
)
THOSE_OF = (
    f"SELECT s.seq, {_LOG} FROM json_each(?) j CROSS JOIN said s ON s.seq = j.value"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
    f" WHERE {_IN_RANGE} AND {_IN_PLACE} ORDER BY s.seq {{0}} LIMIT ?"
)
QUEUED_AT = (
    f"SELECT json_extract(j.value, '$[0]'), {_LOG} FROM json_each(?) j CROSS JOIN log l"
    " ON l.target = json_extract(j.value, '$[1]') AND l.id = json_extract(j.value, '$[2]')"
    f" WHERE l.kind IN ({KINDS_SAID}) ORDER BY j.key"
)


def search(connection: Any, sought: SearchQuery, place: int, limit: int) -> list[SearchHit]:
    """See `Store.search`."""
    deadline = time.monotonic() + SEARCH_WITHIN_S
    connection.execute("BEGIN")  # one moment for queue and index, between which rows move
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
    try:
        return _search(connection, sought, place, limit)
    except sqlite3.OperationalError as error:
        if time.monotonic() > deadline:
            raise StoreError("The search took too long") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _search(connection: Any, sought: SearchQuery, place: int, limit: int) -> list[SearchHit]:
    """Look where rows can be, in order: the queue has the newest, each table older ones than the next."""
    if (sought.words and not terms_of(sought.words)) or not (sought.targets or sought.conversations_of):
        return []
    span = range(place + 1, MAX_ID) if sought.oldest_first else range(min(place, MAX_ID))
    looks = [partial(_search_shelves, connection, group) for group in _groups(connection, sought, span)]
    looks.insert(len(looks) if sought.oldest_first else 0, partial(_scan, connection))
    found: list[SearchHit] = []
    for look in looks:
        if len(found) < limit:
            found += look(sought, span, limit - len(found))
    return found


def _groups(connection: Any, sought: SearchQuery, span: range) -> list[list[int]]:
    """Give the tables that have numbers within a span, in the order in which they are looked at."""
    every = [shelf for (shelf,) in connection.execute(SHELVES)] if can_index() else []
    shelves = [
        shelf for shelf in every if span.start < (shelf + 1) * SHELF_ROWS and shelf * SHELF_ROWS < span.stop
    ]
    if sought.oldest_first:
        shelves.reverse()
    return [
        group
        for group in (shelves[:1], *(shelves[at : at + TOGETHER] for at in range(1, len(shelves), TOGETHER)))
        if group
    ]


def _order(sought: SearchQuery) -> str:
    return OLDEST_FIRST if sought.oldest_first else NEWEST_FIRST


def _search_shelves(
    connection: Any, shelves: Sequence[int], sought: SearchQuery, span: range, limit: int
) -> list[SearchHit]:
    """Look at every row that has the words where they are few; else have the table tell the places apart."""
    few = _few(connection, shelves, sought, span) if sought.words else {}
    found: list[SearchHit] = []
    numbers: list[int] = []
    for shelf in shelves:
        if shelf in few:
            numbers += few[shelf]
        else:
            found += _those_of(connection, numbers, sought, limit - len(found))
            found += _search_shelf(connection, shelf, sought, span, limit - len(found))
            numbers = []
    return found + _those_of(connection, numbers, sought, limit - len(found))


def _few(connection: Any, shelves: Sequence[int], sought: SearchQuery, span: range) -> dict[int, list[int]]:
    """Give the numbers of the rows that have the words, by table, for the tables where they are few.

    In one statement: after each, this thread would have to wait for the interpreter's lock.
    """
    matching = " UNION ALL ".join(_MATCHING.format(shelf, _order(sought)) for shelf in shelves)
    wanted = (_match_words(sought), span.start, span.stop - 1, MOST_FEW + 1) * len(shelves)
    numbers: dict[int, list[int]] = {shelf: [] for shelf in shelves}
    for shelf, number in connection.execute(matching, wanted):
        numbers[shelf].append(number)
    return {shelf: each for shelf, each in numbers.items() if len(each) <= MOST_FEW}


def _those_of(connection: Any, numbers: Sequence[int], sought: SearchQuery, limit: int) -> list[SearchHit]:
    if not numbers or limit <= 0:
        return []
    logs = json.dumps(sought.targets)
    wanted = (json.dumps(numbers), sought.since, sought.below, logs, logs, sought.conversations_of, limit)
    return _as_found(connection.execute(THOSE_OF.format(_order(sought)), wanted))


def _search_shelf(
    connection: Any, shelf: int, sought: SearchQuery, span: range, limit: int
) -> list[SearchHit]:
    if limit <= 0:
        return []
    where = (span.start, span.stop - 1, sought.since, sought.below, json.dumps(sought.targets))
    return _as_found(
        connection.execute(_SEARCH.format(shelf, _order(sought)), (_match(sought), *where, limit))
    )


def _as_found(rows: Iterable[Any]) -> list[SearchHit]:
    return [SearchHit(seq, LogRow(*row)) for seq, *row in rows]


def _scan(connection: Any, sought: SearchQuery, span: range, limit: int) -> list[SearchHit]:
    """Look through the rows that are not in the index yet."""
    terms, nick = terms_of(sought.words), fold(sought.nick)
    places = json.dumps(_queued(connection, sought, span))
    found: list[SearchHit] = []
    for seq, *row in connection.execute(QUEUED_AT, (places,)):
        log_row = LogRow(*row)
        is_theirs = not nick or fold(log_row.source.partition("!")[0]) == nick
        if is_theirs and has_all(remove_concat_marks(log_row.text), terms):
            found.append(SearchHit(seq, log_row))
            if len(found) == limit:
                break
    return found


def _queued(connection: Any, sought: SearchQuery, span: range) -> list[tuple[int, str, int]]:
    """Give number, target and id of what is queued where something is sought, in the order of the search."""
    floors = dict(sought.targets)
    places: list[tuple[int, str, int]] = []
    for first, text in connection.execute(NEWEST_QUEUED, (span.stop, MOST_SCANNED)):
        queued = enumerate(json.loads(text), first)
        places += [(seq, *place) for seq, place in reversed(list(queued)) if place and seq in span]
    if sought.oldest_first:
        places.reverse()
    return [
        (seq, target, number)
        for seq, target, number in places
        if sought.since <= number < sought.below
        and number >= floors.get(target, 0)
        and (target in floors or _is_talk_of(sought.conversations_of, target))
    ]


def _is_talk_of(identity: str, target: str) -> bool:
    return identity != "" and not target.startswith("#") and identity in target.split("+")


def _match(sought: SearchQuery) -> str:
    """Write what is sought in the full-text tables' own language; nothing but quoted words is the asker's."""
    places = [place_word(target) for target, _ in sought.targets]
    if sought.conversations_of:
        places.append(f"i{sought.conversations_of}")
    place = f"place : ({' OR '.join(map(_quoted, places))})"
    rest = _match_words(sought)
    return f"{place} AND {rest}" if rest else place


def _match_words(sought: SearchQuery) -> str:
    """Write who and what is sought, wherever it was said."""
    parts = [f"who : {_quoted(who_word(sought.nick))}"] if sought.nick else []
    parts += [f"text : {_quoted(term)}" for term in sought.words.split() if words_of(term)]
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
