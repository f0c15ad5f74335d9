"""Wiping of what deleted rows leave behind in pages that are still in use.

`secure_delete` overwrites a row where it is. But when SQLite balances a tree, rows that move to a neighbour
leave a copy in the unallocated space of the old page (between its cell pointers and its cells), which no
later deletion touches. SQLite never reads that space, so zeros can be written there while others read the
file, and a crash in the middle does no harm.

Spec: https://www.sqlite.org/fileformat2.html#b_tree_pages
Spec: https://www.sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages
"""

from __future__ import annotations

import os
import struct
from typing import Any, NamedTuple

from simplechat.store.sqlite.statements import empty_wal_without_waiting

FILE_HEADER_BYTES = 100  # before the first page's own header
_PAGE_HEADER_BYTES = {2: 12, 5: 12, 10: 8, 13: 8}  # by type of page; only b-tree pages have these types
_MAP_ENTRY_BYTES = 5
_PENDING_BYTE = 1 << 30  # the page that holds it is never used
_MAX_PAGES = 2 << 24  # beyond, other pages may begin with a byte that looks like a type of b-tree page


class PageLayout(NamedTuple):
    """The layout of a database file.

    Attributes:
        page_bytes: The size of a page.
        usable_bytes: The part of a page that SQLite uses.
        pages: The number of pages.
        has_maps: True if some are pointer-map pages.
    """

    page_bytes: int
    usable_bytes: int
    pages: int
    has_maps: bool

    def is_map(self, number: int) -> bool:
        """Tell whether a page is a pointer-map page; its numbers may look like a b-tree page."""
        if not self.has_maps or number < 2:
            return False
        pending = _PENDING_BYTE // self.page_bytes + 1
        every = self.usable_bytes // _MAP_ENTRY_BYTES + 1
        return (number - 2) % every == 0 or (number == pending + 1 and (pending - 2) % every == 0)


def read_page_layout(file: int) -> PageLayout:
    """Read the layout of a database from its header."""
    header = os.pread(file, FILE_HEADER_BYTES, 0)
    (size,) = struct.unpack_from(">H", header, 16)
    page_bytes = 65536 if size == 1 else size
    (largest_root,) = struct.unpack_from(">I", header, 52)
    pages = os.fstat(file).st_size // page_bytes
    return PageLayout(page_bytes, page_bytes - header[20], pages, largest_root > 0)


def wipe_unallocated(connection: Any, file: int, first: int, count: int) -> int:
    """Write zeros into the unallocated space of some pages, counted from 1.

    Args:
        connection: The `ManualConnection` that writes, the only one.
        file: A descriptor of the database file. It must stay open as long as SQLite has the database open in
            this process: closing it would release SQLite's own locks (POSIX advisory locks).

    Returns:
        The page to continue with, 0 if all are done.

    Raises:
        BusyReader: A reader was in the way.
    """
    empty_wal_without_waiting(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        layout = read_page_layout(file)
        last = min(first + count - 1, layout.pages)
        if layout.pages < _MAX_PAGES:
            _wipe(file, layout, first, last)
    finally:
        connection.execute("ROLLBACK")
        connection.reconnect()  # its cache holds the pages as they were, and would write them back
    return 0 if last >= layout.pages else last + 1


def _wipe(file: int, layout: PageLayout, first: int, last: int) -> None:
    size = layout.page_bytes
    data = os.pread(file, (last - first + 1) * size, (first - 1) * size)
    for number in range(first, last + 1):
        if not layout.is_map(number):
            start, end = _unallocated(data, (number - first) * size, number, layout)
            if data[start:end].strip(b"\0"):
                os.pwrite(file, bytes(end - start), (first - 1) * size + start)
    os.fsync(file)


def _unallocated(data: bytes, at: int, number: int, layout: PageLayout) -> tuple[int, int]:
    """Return start and end of a page's unallocated space in the data, equal if it is no b-tree page."""
    header = at + (FILE_HEADER_BYTES if number == 1 else 0)
    if len(data) < at + layout.page_bytes or data[header] not in _PAGE_HEADER_BYTES:
        return at, at
    cells, content = struct.unpack_from(">HH", data, header + 3)
    start = header + _PAGE_HEADER_BYTES[data[header]] + 2 * cells
    end = at + (content or 65536)
    return (start, end) if start <= end <= at + layout.usable_bytes else (at, at)
