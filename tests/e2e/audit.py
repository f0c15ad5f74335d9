"""Comparison of what actors received with what the database holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.e2e.actor import Actor, Heard


class Row(NamedTuple):
    """One row of a channel's log."""

    number: int
    kind: str
    nick: str
    text: str


def log_of(database: Path, channel: str = "#tea") -> list[Row]:
    """Read a channel's log as any other program would."""
    query = "SELECT id, kind, source, text FROM log WHERE target = ? ORDER BY id"
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(query, (channel,)).fetchall()
    return [Row(number, kind, source.partition("!")[0], text) for number, kind, source, text in rows]


def said_in(database: Path, channel: str = "#tea") -> list[Row]:
    """Read the messages of a channel."""
    return [row for row in log_of(database, channel) if row.kind == "PRIVMSG"]


def is_sound(database: Path) -> bool:
    """Tell whether SQLite finds the file intact."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_shown(said: list[Row], actors: Iterable[Actor], channel: str = "#tea") -> None:
    """Check that each actor received what the database holds: nothing else, in order, once.

    The actors were there from the first message on; the end may be missing for each.
    """
    texts = [row.text for row in said]
    assert len(set(texts)) == len(texts), "something is in the database twice"
    for actor in actors:
        for place, heard in enumerate(actor.messages(channel)):
            assert place < len(said), f"{actor.nick} was shown what is not stored: {heard}"
            assert _is_same(heard, said[place]), f"{actor.nick} was shown {heard} for {said[place]}"


def _is_same(heard: Heard, row: Row) -> bool:
    nick = heard.source.partition("!")[0]
    has_its_id = "msgid" not in heard.tags or (len(heard.tags["msgid"]), heard.number) == (13, row.number)
    return has_its_id and (nick, heard.text) == (row.nick, row.text)
