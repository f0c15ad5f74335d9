"""`simplechat export`: what was said, page by page, into a file or a pipe."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from simplechat.cli.cli_error import Trouble
from simplechat.cli.log_formats import Form, Row
from simplechat.cli.server_link import Link, replies, rows
from simplechat.hub.ids import EPOCH_S, TIME_SHIFT
from simplechat.locale import gettext as _

PAGE = 500  # rows


class Span(NamedTuple):
    """A span of ids: those above `after` and below `below`."""

    after: int
    below: int


def span(since: float | None, until: float | None) -> Span:
    """Give the ids of a span of time; both ends in seconds since 1970, None where it is open."""
    after = 0 if since is None else max(_first(since) - 1, 0)
    return Span(after, 1 << 63 if until is None else _first(until))


def _first(at: float) -> int:
    """Give the lowest id that an instant can have."""
    return round((at - EPOCH_S) * 1000) << TIME_SHIFT


async def export(
    link: Link,
    room: str | None,
    form: Form,
    wanted: Span,
    write: Callable[[str], object],
    tell: Callable[[str], object],
) -> int:
    """Write a channel's log, or all there are, holding one page at a time; give the number of rows."""
    found = [room] if room else await rooms(link)
    count = 0
    write(form.begin(found))
    for each in found:
        write(form.room(each))
        async for page in pages(link, each, wanted):
            write("".join([form.row(each, row) for row in page]))
            count += len(page)
            tell(_("{count} rows, now {room}").format(count=count, room=each))
        write(form.end_of_room())
    write(form.end())
    return count


async def rooms(link: Link) -> list[str]:
    """Ask for the names of all channels."""
    tables = [each for each in await replies(link, "rooms") if each["kind"] == "table"]
    return [str(row[0]) for table in tables for row in table["rows"]]


async def pages(link: Link, room: str, wanted: Span) -> AsyncIterator[Sequence[Row]]:
    """Ask for a channel's log, page by page, oldest first."""
    after = wanted.after
    while True:
        page = [Row.from_table(row) for row in await rows(link, f"log {room} {after} {PAGE}")]
        inside = [row for row in page if after < row.id < wanted.below]
        if inside:
            yield inside
            after = inside[-1].id
        if not page or len(inside) < len(page):
            return


@contextlib.contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Give a file to write to that stands in its place once it is whole, and is nowhere if it fails.

    Raises:
        Trouble: There is one already, and no `force`; or it cannot be written.
    """
    if path.is_dir():
        raise Trouble(_("{path} is a folder; give the name of a file in it").format(path=path))
    if path.exists() and not force:
        raise Trouble(_("{path} is there already; give another name, or --force").format(path=path))
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> Trouble:
    return Trouble(_("cannot write {path}: {why}").format(path=path, why=error.strerror or str(error)))
