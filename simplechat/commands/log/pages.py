"""Pages: so many rows of a log view, whatever lies between them that the user may not see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simplechat.commands.log.views import LogView
from simplechat.hub.ids import MAX_ID
from simplechat.hub.multiline import count_lines
from simplechat.hub.records import LogRow
from simplechat.hub.store import Store

MAX_ROWS_PER_READ = 1000  # rows of the store
ROW_OVERHEAD_BYTES = 250  # of a message, beside its text and tags


class Page(NamedTuple):
    """Rows, oldest first.

    Attributes:
        is_end: True if no more rows exist in the direction that was asked for.
    """

    rows: list[LogRow]
    is_end: bool


class PageRequest(NamedTuple):
    """The contents of a page.

    Attributes:
        kinds: The kinds of rows.
        limit: At most so many rows.
        max_bytes: At most so many bytes on the wire, but always one row.
    """

    kinds: Sequence[str]
    limit: int
    max_bytes: int


async def read_newest(
    store: Store, view: LogView, request: PageRequest, *, since: int = 0, below: int = MAX_ID
) -> Page:
    """Return the newest rows of a view that lie from one id on and below another one."""
    since = max(since, view.since)
    rows: list[LogRow] = []
    step = request.limit + 1
    while len(rows) <= request.limit:
        chunk = await store.newest_rows(view.target, since, below, request.kinds, step)
        rows = [row for row in chunk if view.allows(row)] + rows
        if len(chunk) < step:
            break
        below = chunk[0].id
        step = min(2 * step, MAX_ROWS_PER_READ)
    rows = [row for row in rows if view.allows(row)]
    taken = _take_fitting(reversed(rows), request)
    return Page(taken[::-1], len(taken) == len(rows))


async def read_oldest(
    store: Store, view: LogView, request: PageRequest, *, after: int, below: int = MAX_ID
) -> Page:
    """Return the oldest rows of a view that lie above one id and below another one."""
    after = max(after, view.since - 1)
    rows: list[LogRow] = []
    step = request.limit + 1
    while len(rows) <= request.limit:
        chunk = await store.oldest_rows(view.target, after, step, below=below, kinds=request.kinds)
        rows += [row for row in chunk if view.allows(row)]
        if len(chunk) < step:
            break
        after = chunk[-1].id
        step = min(2 * step, MAX_ROWS_PER_READ)
    rows = [row for row in rows if view.allows(row)]
    taken = _take_fitting(rows, request)
    return Page(taken, len(taken) == len(rows))


async def read_around(store: Store, view: LogView, request: PageRequest, centre: int) -> Page:
    """Return rows on both sides of an id: half of the limit each, more if the other side has fewer."""
    before = await read_newest(store, view, request, below=centre)
    behind = await read_oldest(store, view, request, after=centre - 1)
    half = request.limit // 2
    most_behind = max(request.limit - half, request.limit - len(before.rows))
    taken = _take_fitting(behind.rows[:most_behind], request)
    room = request._replace(
        limit=request.limit - len(taken), max_bytes=request.max_bytes - _wire_bytes(taken)
    )
    earlier = _take_fitting(reversed(before.rows), room)[::-1] if room.limit and room.max_bytes > 0 else []
    is_all = before.is_end and behind.is_end
    return Page(earlier + taken, is_all and len(earlier + taken) == len(before.rows + behind.rows))


def _take_fitting(rows: Iterable[LogRow], request: PageRequest) -> list[LogRow]:
    """Return as many of the first rows as fit a page, at least one."""
    taken: list[LogRow] = []
    room = request.max_bytes
    for row in rows:
        room -= _wire_bytes([row])
        if len(taken) == request.limit or (taken and room < 0):
            break
        taken.append(row)
    return taken


def _wire_bytes(rows: Iterable[LogRow]) -> int:
    """Return how many bytes rows take on the wire at most, nearly."""
    return sum(
        len(row.text.encode()) + len(row.tags.encode()) + ROW_OVERHEAD_BYTES * count_lines(row.text)
        for row in rows
    )
