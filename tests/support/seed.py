"""The database of simpleChat, this project's ancestor: ordinary rows and odd ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

SCHEMA = "CREATE TABLE chat (hora TEXT, usuario TEXT, texto TEXT)"
ADD = "INSERT INTO chat (hora, usuario, texto) VALUES (?, ?, ?)"
ADD_UNREADABLE = "INSERT INTO chat (hora, usuario, texto) VALUES (?, ?, CAST(? AS TEXT))"
BEGIN = datetime(2019, 3, 1, 8, 0, 0, tzinfo=UTC)
PEOPLE = ("ana", "Begoña", "carlos", "李")
TEXTS = ("hola {n}", "¿qué tal? {n}", "adiós 👋 {n}")
WHEN = "(2019/02/28) 10:00:00"

TAKEN: tuple[tuple[object, object, object, str, tuple[str, ...]], ...] = (
    # hora, usuario, texto -> nick, lines
    (WHEN, "ana maria", "spaces in a name", "ana_maria", ("spaces in a name",)),
    (WHEN, None, "nobody", "unknown", ("nobody",)),
    (WHEN, "a!b@c:d,#e\x1b", "marks in a name", "a_b_c_d__e_", ("marks in a name",)),
    (WHEN, "x" * 99, "a long name", "x" * 30, ("a long name",)),
    (WHEN, 7, 42.5, "7", ("42.5",)),
    (WHEN, "ana", "two\r\nlines\n\n", "ana", ("two", "lines")),
    (WHEN, "ana", b"a blob that is text", "ana", ("a blob that is text",)),
    (WHEN, "ana", "\x1b[31mred\0", "ana", ("\x1b[31mred\u2400",)),
    (WHEN, "ana", "said twice", "ana", ("said twice",)),
    (WHEN, "ana", "said twice", "ana", ("said twice",)),
    (WHEN, "ana", "ñ" * 401, "ana", ("ñ" * 200, "ñ" * 200, "ñ")),
)
"""Odd rows that are messages all the same."""

SKIPPED: tuple[tuple[object, object, object], ...] = (
    (None, "ana", "no time"),
    ("yesterday", "ana", "a time that is none"),
    ("(2019/13/01) 10:00:00", "ana", "a month that is none"),
    (b"\xff\xfe", "ana", "a time that is a blob"),
    ("(1999/12/31) 10:00:00", "ana", "too old"),
    ("(2999/01/01) 10:00:00", "ana", "in the future"),
    (WHEN, "ana", None),
    (WHEN, "ana", ""),
    (WHEN, "ana", b"\xff\xfe\x00"),
    (WHEN, "ana", "x" * 3_000_000),
    (WHEN, "ana", "\r\n \n"),
)
"""Odd rows that nothing can be made of; one more, whose text is not UTF-8, is added by `make`."""


class Expected(NamedTuple):
    """The expected result of an import.

    Attributes:
        lines: (seconds since 1970, nick, text) in order; each of the same second is a millisecond later.
        skipped: How many rows are not taken.
    """

    lines: list[tuple[int, str, str]]
    skipped: int


def make(path: Path, rows: int) -> Expected:
    """Write a database with ordinary rows and some odd ones; its times are UTC."""
    ordinary = [_ordinary(n) for n in range(rows)]
    odd = [row[:3] for row in TAKEN] + list(SKIPPED)
    middle = rows // 2
    with closing(sqlite3.connect(path)) as database:
        database.execute(SCHEMA)
        database.executemany(ADD, [_written(*row) for row in ordinary[:middle]])
        database.executemany(ADD, odd)
        database.execute(ADD_UNREADABLE, (WHEN, "ana", b"caf\xe9"))
        database.executemany(ADD, [_written(*row) for row in ordinary[middle:]])
        database.commit()
    when = int(datetime(2019, 2, 28, 10, tzinfo=UTC).timestamp())
    early = [(when, nick, line) for *_, nick, lines in TAKEN for line in lines]
    return Expected(
        early + [(int(at.timestamp()), nick, text) for at, nick, text in ordinary], len(SKIPPED) + 1
    )


def _ordinary(n: int) -> tuple[datetime, str, str]:
    at = BEGIN + timedelta(seconds=n // 3)  # up to three in a second
    return at, PEOPLE[n % len(PEOPLE)], TEXTS[n % len(TEXTS)].format(n=n)


def _written(at: datetime, author: str, text: str) -> tuple[str, str, str]:
    return f"{at:(%Y/%m/%d) %H:%M:%S}", author, text
