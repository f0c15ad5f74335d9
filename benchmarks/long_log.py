"""A channel with very many messages, written with the store's own statements, without syncs."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from simplechat.hub.ids import EPOCH_MS, TIME_SHIFT
from simplechat.hub.records import ChannelRow, Spoken
from simplechat.store.sqlite import migrate
from simplechat.store.sqlite.bulk_insert import insert
from simplechat.store.sqlite.search_index import enqueue_for_indexing, index_batch
from simplechat.store.sqlite.statements import INSERT_LOG, write

ROOM = "#long"
RARE = "zebrafish"
RARE_ONES = 7
BEGAN_MS = 1_600_000_000_000 - EPOCH_MS  # the first message's time
EVERY_MS = 15_000
PEOPLE = 200
VOCABULARY = 30_000
BATCH = 50_000  # rows of one transaction, and of one step of the index
TEXTS = 50_000  # that are said again and again


def id_at(place: int) -> int:
    """Return the id of the n-th message, from 0."""
    return (BEGAN_MS + place * EVERY_MS) << TIME_SHIFT


def messages(count: int) -> Iterator[Spoken]:
    """Build that many messages, 60 letters on average; a few contain the rare word."""
    chance = random.Random(count)
    words = [_word(chance) for _ in range(VOCABULARY)]
    shares = list(accumulate(1 / (place + 10) for place in range(VOCABULARY)))  # as in a language, nearly
    texts = [
        " ".join(chance.choices(words, cum_weights=shares, k=chance.randrange(2, 18))) for _ in range(TEXTS)
    ]
    rare = {count * place // RARE_ONES for place in range(RARE_ONES)}
    for place in range(count):
        text = chance.choice(texts)
        person = place * 7919 % PEOPLE
        yield Spoken(
            *(ROOM, id_at(place), "PRIVMSG", person + 1, "", f"nick{person}!user{person}@192.0.2.{person}"),
            *("", f"{text} {RARE}" if place in rare else text, ""),
        )


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("etaoinshrdlcumwfgypbvk", k=chance.randrange(2, 11)))


def make(path: Path, count: int) -> None:
    """Write the database; print its size without and with the search index to standard error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    migrate(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    write(connection, [ChannelRow(ROOM, ROOM, ROOM, id_at(0))])
    rows: list[Spoken] = []
    for row in messages(count):
        rows.append(row)
        if len(rows) == BATCH or row.id == id_at(count - 1):
            _write(connection, rows)
            rows = []
    _tell(connection, path, count, "without the search index")
    while connection.execute("SELECT EXISTS (SELECT 1 FROM queue)").fetchone()[0]:
        index_batch(connection)
    _tell(connection, path, count, "with it")
    connection.close()


def _write(connection: sqlite3.Connection, rows: list[Spoken]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    insert(connection, INSERT_LOG, rows)
    enqueue_for_indexing(connection, rows)
    connection.execute("COMMIT")


def _tell(connection: sqlite3.Connection, path: Path, count: int, what: str) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    sys.stderr.write(f"{count:,} messages, {size / count:.0f} bytes each {what}\n")
