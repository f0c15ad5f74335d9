"""Wiping what deleted rows leave behind in pages that are still in use.

`secure_delete` overwrites a row where it stands. But when SQLite spreads rows over neighbouring pages, copies
of those that moved away stay in the gap between a page's list of cells and the cells, and a later deletion
knows nothing of them. Nobody ever reads a gap, so zeros can be written there while others read the file,
and a crash in the middle does no harm.

Spec: https://www.sqlite.org/fileformat2.html#b_tree_pages
Spec: https://www.sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages
"""

from __future__ import annotations

import os
import struct
from typing import Any, NamedTuple

from simplechat.store.sqlite.statements import empty_wal_at_once

HEAD_BYTES = 100  # of the file, before the first page's own head
_HEADS = {
    2: 12,
    5: 12,
    10: 8,
    13: 8,
}  # bytes of a page's head by the page's kind; only trees have these kinds
_MAP_ENTRY_BYTES = 5
_PENDING_BYTE = 1 << 30  # the page that holds it is never used
_MOST_PAGES = 2 << 24  # from here on, other pages might begin as those of trees do


class Layout(NamedTuple):
    """How the pages of a database lie.

    Attributes:
        page_bytes: The size of one.
        usable_bytes: What SQLite uses of that.
        pages: How many there are.
        has_maps: True where some of them tell what the others are.
    """

    page_bytes: int
    usable_bytes: int
    pages: int
    has_maps: bool

    def is_map(self, number: int) -> bool:
        """Tell whether a page tells where others are, by numbers that may look like the head of a tree's."""
        if not self.has_maps or number < 2:
            return False
        pending = _PENDING_BYTE // self.page_bytes + 1
        every = self.usable_bytes // _MAP_ENTRY_BYTES + 1
        return (number - 2) % every == 0 or (number == pending + 1 and (pending - 2) % every == 0)


def layout_of(file: int) -> Layout:
    """Read how the pages of a database lie."""
    head = os.pread(file, HEAD_BYTES, 0)
    (size,) = struct.unpack_from(">H", head, 16)
    page_bytes = 65536 if size == 1 else size
    (largest_root,) = struct.unpack_from(">I", head, 52)
    pages = os.fstat(file).st_size // page_bytes
    return Layout(page_bytes, page_bytes - head[20], pages, largest_root > 0)


def wipe_gaps(connection: Any, file: int, first: int, count: int) -> int:
    """Write zeros into the gaps of some pages, the file's numbers beginning with 1.

    Args:
        connection: adbapi's, which can `reconnect`; the only one that writes.
        file: The database, opened beside SQLite. It must stay open as long as SQLite has the database
            open in this process: closing it would take SQLite's own locks away.

    Returns:
        The page to go on with, 0 where there is none.

    Raises:
        StillRead: A reader was in the way.
    """
    empty_wal_at_once(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        layout = layout_of(file)
        last = min(first + count - 1, layout.pages)
        if layout.pages < _MOST_PAGES:
            _wipe(file, layout, first, last)
    finally:
        connection.execute("ROLLBACK")
        connection.reconnect()  # it would write pages back as it remembers them
    return 0 if last >= layout.pages else last + 1


def _wipe(file: int, layout: Layout, first: int, last: int) -> None:
    size = layout.page_bytes
    data = os.pread(file, (last - first + 1) * size, (first - 1) * size)
    for number in range(first, last + 1):
        if not layout.is_map(number):
            start, end = _gap(data, (number - first) * size, number, layout)
            if data[start:end].strip(b"\0"):
                os.pwrite(file, bytes(end - start), (first - 1) * size + start)
    os.fsync(file)


def _gap(data: bytes, at: int, number: int, layout: Layout) -> tuple[int, int]:
    """Give where a page's gap begins and ends in the data; nothing where the page is none of a tree's."""
    head = at + (HEAD_BYTES if number == 1 else 0)
    if len(data) < at + layout.page_bytes or data[head] not in _HEADS:
        return at, at
    cells, content = struct.unpack_from(">HH", data, head + 3)
    start = head + _HEADS[data[head]] + 2 * cells
    end = at + (content or 65536)
    return (start, end) if start <= end <= at + layout.usable_bytes else (at, at)
