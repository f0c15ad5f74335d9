"""Searches in the full-text index, and in the queue of messages that are not in it yet.

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
from simplechat.store.search_terms import contains_terms, parse_terms, split_words
from simplechat.store.sqlite.search_index import (
    MESSAGE_KINDS_SQL,
    ROWS_PER_TABLE,
    has_full_text_search,
    nick_token,
    target_token,
)

TABLES_AT_ONCE = 10  # searched by one statement, after the newest table
MAX_CHECKED_ROWS = 500  # of one table, checked one by one
MAX_SCANNED_ROWS = 20_000  # the newest ones that are not in the index yet
SEARCH_TIMEOUT_S = 5.0
_INSTRUCTIONS = 10_000  # of SQLite, between two checks of the time

_LOG = ", ".join(f"l.{name}" for name in LogRow._fields)
TABLES = "SELECT number FROM shelf ORDER BY number DESC"
NEWEST_QUEUED = (
    "SELECT first, places FROM queue WHERE first < ? AND first > (SELECT max(first) FROM queue) - ?"
    " ORDER BY first DESC"
)
NEWEST_FIRST, OLDEST_FIRST = "DESC", "ASC"
_IN_RANGE = (
    f"l.kind IN ({MESSAGE_KINDS_SQL}) AND l.id >= ? AND l.id < ? AND l.id >= ifnull("
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
ROWS_BY_NUMBER = (
    f"SELECT s.seq, {_LOG} FROM json_each(?) j CROSS JOIN said s ON s.seq = j.value"
    " CROSS JOIN log l ON l.target = s.target AND l.id = s.id"
    f" WHERE {_IN_RANGE} AND {_IN_PLACE} ORDER BY s.seq {{0}} LIMIT ?"
)
QUEUED_AT = (
    f"SELECT json_extract(j.value, '$[0]'), {_LOG} FROM json_each(?) j CROSS JOIN log l"
    " ON l.target = json_extract(j.value, '$[1]') AND l.id = json_extract(j.value, '$[2]')"
    f" WHERE l.kind IN ({MESSAGE_KINDS_SQL}) ORDER BY j.key"
)


def search_messages(connection: Any, query: SearchQuery, position: int, limit: int) -> list[SearchHit]:
    """See `Store.search`."""
    deadline = time.monotonic() + SEARCH_TIMEOUT_S
    connection.execute("BEGIN")  # one snapshot of queue and index, since rows move from one to the other
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
    try:
        return _search(connection, query, position, limit)
    except sqlite3.OperationalError as error:
        if time.monotonic() > deadline:
            raise StoreError("The search took too long") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _search(connection: Any, query: SearchQuery, position: int, limit: int) -> list[SearchHit]:
    """Search queue and tables in order: the queue has the newest rows, then the tables by number."""
    if (query.words and not parse_terms(query.words)) or not (query.targets or query.conversations_of):
        return []
    span = range(position + 1, MAX_ID) if query.oldest_first else range(min(position, MAX_ID))
    searches = [partial(_search_tables, connection, group) for group in _groups(connection, query, span)]
    searches.insert(len(searches) if query.oldest_first else 0, partial(_scan_queue, connection))
    hits: list[SearchHit] = []
    for each in searches:
        if len(hits) < limit:
            hits += each(query, span, limit - len(hits))
    return hits


def _groups(connection: Any, query: SearchQuery, span: range) -> list[list[int]]:
    """Return the tables with numbers within a span, in groups, in the order of the search."""
    every = [number for (number,) in connection.execute(TABLES)] if has_full_text_search() else []
    tables = [
        number
        for number in every
        if span.start < (number + 1) * ROWS_PER_TABLE and number * ROWS_PER_TABLE < span.stop
    ]
    if query.oldest_first:
        tables.reverse()
    later = (tables[at : at + TABLES_AT_ONCE] for at in range(1, len(tables), TABLES_AT_ONCE))
    return [group for group in (tables[:1], *later) if group]


def _order(query: SearchQuery) -> str:
    return OLDEST_FIRST if query.oldest_first else NEWEST_FIRST


def _search_tables(
    connection: Any, tables: Sequence[int], query: SearchQuery, span: range, limit: int
) -> list[SearchHit]:
    """Search several tables: check each row if few have the words, else match the targets as well."""
    few = _few_matches(connection, tables, query, span) if query.words else {}
    hits: list[SearchHit] = []
    numbers: list[int] = []
    for table in tables:
        if table in few:
            numbers += few[table]
        else:
            hits += _read_hits(connection, numbers, query, limit - len(hits))
            hits += _search_table(connection, table, query, span, limit - len(hits))
            numbers = []
    return hits + _read_hits(connection, numbers, query, limit - len(hits))


def _few_matches(
    connection: Any, tables: Sequence[int], query: SearchQuery, span: range
) -> dict[int, list[int]]:
    """Return the numbers of the rows that have the words, by table, for tables where they are few.

    This takes one statement, since the thread waits for the GIL after each.
    """
    matching = " UNION ALL ".join(_MATCHING.format(table, _order(query)) for table in tables)
    wanted = (_match_words(query), span.start, span.stop - 1, MAX_CHECKED_ROWS + 1) * len(tables)
    numbers: dict[int, list[int]] = {table: [] for table in tables}
    for table, number in connection.execute(matching, wanted):
        numbers[table].append(number)
    return {table: each for table, each in numbers.items() if len(each) <= MAX_CHECKED_ROWS}


def _read_hits(connection: Any, numbers: Sequence[int], query: SearchQuery, limit: int) -> list[SearchHit]:
    if not numbers or limit <= 0:
        return []
    logs = json.dumps(query.targets)
    wanted = (json.dumps(numbers), query.since, query.below, logs, logs, query.conversations_of, limit)
    return _as_hits(connection.execute(ROWS_BY_NUMBER.format(_order(query)), wanted))


def _search_table(
    connection: Any, table: int, query: SearchQuery, span: range, limit: int
) -> list[SearchHit]:
    if limit <= 0:
        return []
    where = (span.start, span.stop - 1, query.since, query.below, json.dumps(query.targets))
    return _as_hits(connection.execute(_SEARCH.format(table, _order(query)), (_match(query), *where, limit)))


def _as_hits(rows: Iterable[Any]) -> list[SearchHit]:
    return [SearchHit(seq, LogRow(*row)) for seq, *row in rows]


def _scan_queue(connection: Any, query: SearchQuery, span: range, limit: int) -> list[SearchHit]:
    """Search the rows that are not in the index yet."""
    terms, nick = parse_terms(query.words), fold(query.nick)
    places = json.dumps(_queued(connection, query, span))
    hits: list[SearchHit] = []
    for seq, *row in connection.execute(QUEUED_AT, (places,)):
        log_row = LogRow(*row)
        is_theirs = not nick or fold(log_row.source.partition("!")[0]) == nick
        if is_theirs and contains_terms(remove_concat_marks(log_row.text), terms):
            hits.append(SearchHit(seq, log_row))
            if len(hits) == limit:
                break
    return hits


def _queued(connection: Any, query: SearchQuery, span: range) -> list[tuple[int, str, int]]:
    """Return number, target and id of the queued rows that a query may see, in its order."""
    lowest_ids = dict(query.targets)
    places: list[tuple[int, str, int]] = []
    for first, text in connection.execute(NEWEST_QUEUED, (span.stop, MAX_SCANNED_ROWS)):
        queued = enumerate(json.loads(text), first)
        places += [(seq, *place) for seq, place in reversed(list(queued)) if place and seq in span]
    if query.oldest_first:
        places.reverse()
    return [
        (seq, target, number)
        for seq, target, number in places
        if query.since <= number < query.below
        and number >= lowest_ids.get(target, 0)
        and (target in lowest_ids or _is_conversation_of(query.conversations_of, target))
    ]


def _is_conversation_of(identity: str, target: str) -> bool:
    return identity != "" and not target.startswith("#") and identity in target.split("+")


def _match(query: SearchQuery) -> str:
    """Return a query in the language of FTS5; whatever the user typed is a quoted string in it."""
    places = [target_token(target) for target, _ in query.targets]
    if query.conversations_of:
        places.append(f"i{query.conversations_of}")
    place = f"place : ({' OR '.join(map(_quoted, places))})"
    rest = _match_words(query)
    return f"{place} AND {rest}" if rest else place


def _match_words(query: SearchQuery) -> str:
    """Return a query for author and words in the language of FTS5, without the targets."""
    parts = [f"who : {_quoted(nick_token(query.nick))}"] if query.nick else []
    parts += [f"text : {_quoted(term)}" for term in query.words.split() if split_words(term)]
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
