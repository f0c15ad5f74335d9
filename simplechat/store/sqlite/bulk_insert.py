"""Bulk insertion: many rows in one statement.

`executemany` would acquire the GIL again for every row. And SQLite saves every page that a statement touches
if the statement might fail half-way, which was most of the cost of a commit with many rows: so the rows are
plain VALUES instead of a SELECT, and OR ROLLBACK leaves SQLite nothing to restore.

Spec: https://www.sqlite.org/tempfiles.html#statement_journal_files
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

ROWS_AT_ONCE = 50  # fewer than 999 values, which every SQLite accepts, and few different statements to cache


def insert(connection: Any, head: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows; `head` is the statement up to and including VALUES."""
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        connection.execute(_statement(head, len(some[0]), len(some)), list(chain.from_iterable(some)))


@lru_cache(1024)
def _statement(head: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return head + ", ".join([row] * rows)
