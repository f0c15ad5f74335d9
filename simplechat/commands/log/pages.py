"""Pages of a view: as many rows as were asked for, whatever lies between them that is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simplechat.commands.log.views import View
from simplechat.hub.ids import EVER
from simplechat.hub.multiline import count_lines
from simplechat.hub.records import LogRow
from simplechat.hub.store import Store

MOST_AT_ONCE = 1000  # rows asked of the store
ROW_BYTES = 250  # of a row's message beside text and tags


class Page(NamedTuple):
    """Rows, oldest first.

    Attributes:
        is_end: True where there is nothing more in the direction that was asked for.
    """

    rows: list[LogRow]
    is_end: bool


class Wanted(NamedTuple):
    """What a page is to have.

    Attributes:
        kinds: Rows of these kinds.
        limit: So many rows at most.
        most_bytes: So many bytes at most, but one row at least.
    """

    kinds: Sequence[str]
    limit: int
    most_bytes: int


async def newest(store: Store, view: View, wanted: Wanted, *, since: int = 0, below: int = EVER) -> Page:
    """Read the newest rows of a view from an id on and below another one."""
    since = max(since, view.since)
    rows: list[LogRow] = []
    step = wanted.limit + 1
    while len(rows) <= wanted.limit:
        chunk = await store.newest_rows(view.target, since, below, wanted.kinds, step)
        rows = [row for row in chunk if view.admits(row)] + rows
        if len(chunk) < step:
            break
        below = chunk[0].id
        step = min(2 * step, MOST_AT_ONCE)
    rows = [row for row in rows if view.admits(row)]
    taken = _fitting(reversed(rows), wanted)
    return Page(taken[::-1], len(taken) == len(rows))


async def oldest(store: Store, view: View, wanted: Wanted, *, after: int, below: int = EVER) -> Page:
    """Read the oldest rows of a view above an id and below another one."""
    after = max(after, view.since - 1)
    rows: list[LogRow] = []
    step = wanted.limit + 1
    while len(rows) <= wanted.limit:
        chunk = await store.oldest_rows(view.target, after, step, below=below, kinds=wanted.kinds)
        rows += [row for row in chunk if view.admits(row)]
        if len(chunk) < step:
            break
        after = chunk[-1].id
        step = min(2 * step, MOST_AT_ONCE)
    rows = [row for row in rows if view.admits(row)]
    taken = _fitting(rows, wanted)
    return Page(taken, len(taken) == len(rows))


async def around(store: Store, view: View, wanted: Wanted, centre: int) -> Page:
    """Read rows on both sides of an id: as many from either side as the other leaves room for."""
    before = await newest(store, view, wanted, below=centre)
    behind = await oldest(store, view, wanted, after=centre - 1)
    half = wanted.limit // 2
    most_behind = max(wanted.limit - half, wanted.limit - len(before.rows))
    taken = _fitting(behind.rows[:most_behind], wanted)
    room = wanted._replace(limit=wanted.limit - len(taken), most_bytes=wanted.most_bytes - _bytes_of(taken))
    earlier = _fitting(reversed(before.rows), room)[::-1] if room.limit and room.most_bytes > 0 else []
    is_all = before.is_end and behind.is_end
    return Page(earlier + taken, is_all and len(earlier + taken) == len(before.rows + behind.rows))


def _fitting(rows: Iterable[LogRow], wanted: Wanted) -> list[LogRow]:
    """Take rows from the front as far as they fit; the first one does."""
    taken: list[LogRow] = []
    room = wanted.most_bytes
    for row in rows:
        room -= _bytes_of([row])
        if len(taken) == wanted.limit or (taken and room < 0):
            break
        taken.append(row)
    return taken


def _bytes_of(rows: Iterable[LogRow]) -> int:
    """Tell how many bytes rows take on the wire, rather too many than too few."""
    return sum(
        len(row.text.encode()) + len(row.tags.encode()) + ROW_BYTES * count_lines(row.text) for row in rows
    )
