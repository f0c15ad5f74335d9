"""Pages of a view: as many rows as were asked for, whatever lies between them that is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simplechat.commands.log.views import LogView
from simplechat.hub.ids import MAX_ID
from simplechat.hub.multiline import count_lines
from simplechat.hub.records import LogRow
from simplechat.hub.store import Store

MAX_ROWS_PER_READ = 1000  # rows asked of the store
ROW_OVERHEAD_BYTES = 250  # of a row's message beside text and tags


class Page(NamedTuple):
    """Rows, oldest first.

    Attributes:
        is_end: True where there is nothing more in the direction that was asked for.
    """

    rows: list[LogRow]
    is_end: bool


class PageRequest(NamedTuple):
    """What a page is to have.

    Attributes:
        kinds: Rows of these kinds.
        limit: So many rows at most.
        most_bytes: So many bytes at most, but one row at least.
    """

    kinds: Sequence[str]
    limit: int
    max_bytes: int


async def read_newest(
    store: Store, view: LogView, wanted: PageRequest, *, since: int = 0, below: int = MAX_ID
) -> Page:
    """Read the newest rows of a view from an id on and below another one."""
    since = max(since, view.since)
    rows: list[LogRow] = []
    step = wanted.limit + 1
    while len(rows) <= wanted.limit:
        chunk = await store.newest_rows(view.target, since, below, wanted.kinds, step)
        rows = [row for row in chunk if view.allows(row)] + rows
        if len(chunk) < step:
            break
        below = chunk[0].id
        step = min(2 * step, MAX_ROWS_PER_READ)
    rows = [row for row in rows if view.allows(row)]
    taken = _take_fitting(reversed(rows), wanted)
    return Page(taken[::-1], len(taken) == len(rows))


async def read_oldest(
    store: Store, view: LogView, wanted: PageRequest, *, after: int, below: int = MAX_ID
) -> Page:
    """Read the oldest rows of a view above an id and below another one."""
    after = max(after, view.since - 1)
    rows: list[LogRow] = []
    step = wanted.limit + 1
    while len(rows) <= wanted.limit:
        chunk = await store.oldest_rows(view.target, after, step, below=below, kinds=wanted.kinds)
        rows += [row for row in chunk if view.allows(row)]
        if len(chunk) < step:
            break
        after = chunk[-1].id
        step = min(2 * step, MAX_ROWS_PER_READ)
    rows = [row for row in rows if view.allows(row)]
    taken = _take_fitting(rows, wanted)
    return Page(taken, len(taken) == len(rows))


async def read_around(store: Store, view: LogView, wanted: PageRequest, centre: int) -> Page:
    """Read rows on both sides of an id: as many from either side as the other leaves room for."""
    before = await read_newest(store, view, wanted, below=centre)
    behind = await read_oldest(store, view, wanted, after=centre - 1)
    half = wanted.limit // 2
    most_behind = max(wanted.limit - half, wanted.limit - len(before.rows))
    taken = _take_fitting(behind.rows[:most_behind], wanted)
    room = wanted._replace(limit=wanted.limit - len(taken), max_bytes=wanted.max_bytes - _wire_bytes(taken))
    earlier = _take_fitting(reversed(before.rows), room)[::-1] if room.limit and room.max_bytes > 0 else []
    is_all = before.is_end and behind.is_end
    return Page(earlier + taken, is_all and len(earlier + taken) == len(before.rows + behind.rows))


def _take_fitting(rows: Iterable[LogRow], wanted: PageRequest) -> list[LogRow]:
    """Take rows from the front as far as they fit; the first one does."""
    taken: list[LogRow] = []
    room = wanted.max_bytes
    for row in rows:
        room -= _wire_bytes([row])
        if len(taken) == wanted.limit or (taken and room < 0):
            break
        taken.append(row)
    return taken


def _wire_bytes(rows: Iterable[LogRow]) -> int:
    """Tell how many bytes rows take on the wire, rather too many than too few."""
    return sum(
        len(row.text.encode()) + len(row.tags.encode()) + ROW_OVERHEAD_BYTES * count_lines(row.text)
        for row in rows
    )
