"""Many rows in one statement.

`executemany` would take the interpreter's lock back for every row. And before a statement that may fail
half-way SQLite saves every page that it touches, which for messages to many people was most of a commit's
cost: hence plain values instead of a SELECT, and OR ROLLBACK, after which there is nothing to restore.

Spec: https://www.sqlite.org/tempfiles.html#statement_journal_files
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

ROWS_AT_ONCE = 50  # values stay below the 999 that any SQLite takes, and few statements need to be remembered


def insert(connection: Any, head: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows; `head` is everything up to VALUES."""
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        connection.execute(_statement(head, len(some[0]), len(some)), list(chain.from_iterable(some)))


@lru_cache(1024)
def _statement(head: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return head + ", ".join([row] * rows)
