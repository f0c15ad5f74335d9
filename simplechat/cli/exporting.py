"""`simplechat export`: the logs of channels, written page by page to a file or a pipe."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from simplechat.cli.cli_error import CliError
from simplechat.cli.log_formats import ExportedRow, LogFormat
from simplechat.cli.server_link import ServerLink, request_answers, request_rows
from simplechat.hub.ids import EPOCH_S, TIME_SHIFT
from simplechat.locale import gettext as _
from simplechat.owner_answers import Table

ROWS_PER_PAGE = 500  # rows


class IdRange(NamedTuple):
    """The message ids above `after` and below `below`."""

    after: int
    below: int


def id_range(since: float | None, until: float | None) -> IdRange:
    """Return the ids of a period; both ends are in seconds since 1970, or None for no limit."""
    after = 0 if since is None else max(_first_id(since) - 1, 0)
    return IdRange(after, 1 << 63 if until is None else _first_id(until))


def _first_id(at: float) -> int:
    """Return the lowest id of a message sent at this time."""
    return round((at - EPOCH_S) * 1000) << TIME_SHIFT


async def export_log(
    link: ServerLink,
    channel: str | None,
    log_format: LogFormat,
    ids: IdRange,
    write: Callable[[str], object],
    tell: Callable[[str], object],
) -> int:
    """Write a channel's log, or all logs, one page in memory at a time; return the number of rows.

    Args:
        channel: The channel's name; None for all channels.
        ids: Only rows with these ids are written.
        tell: Is told how far it is.
    """
    names = [channel] if channel else await channel_names(link)
    count = 0
    write(log_format.begin(names))
    for name in names:
        write(log_format.begin_channel(name))
        async for page in log_pages(link, name, ids):
            write("".join([log_format.row(name, row) for row in page]))
            count += len(page)
            tell(_("{count} rows, now {room}").format(count=count, room=name))
        write(log_format.end_channel())
    write(log_format.end())
    return count


async def channel_names(link: ServerLink) -> list[str]:
    """Request the names of all channels."""
    tables = [answer for answer in await request_answers(link, "rooms") if isinstance(answer, Table)]
    return [str(row[0]) for table in tables for row in table.rows]


async def log_pages(link: ServerLink, channel: str, ids: IdRange) -> AsyncIterator[Sequence[ExportedRow]]:
    """Request a channel's log, page by page, oldest first."""
    after = ids.after
    while True:
        rows = await request_rows(link, f"log {channel} {after} {ROWS_PER_PAGE}")
        page = [ExportedRow.from_table(row) for row in rows]
        inside = [row for row in page if after < row.id < ids.below]
        if inside:
            yield inside
            after = inside[-1].id
        if not page or len(inside) < len(page):
            return


@contextlib.contextmanager
def atomic_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file that appears at its path once it is complete, and not at all if writing fails.

    Raises:
        CliError: There is one already, and no `force`; or it cannot be written.
    """
    if path.is_dir():
        raise CliError(_("{path} is a folder; give the name of a file in it").format(path=path))
    if path.exists() and not force:
        raise CliError(_("{path} is there already; give another name, or --force").format(path=path))
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _write_error(path, error) from None
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _write_error(path, error) from None
    finally:
        part.unlink(missing_ok=True)


def _write_error(path: Path, error: OSError) -> CliError:
    return CliError(_("cannot write {path}: {why}").format(path=path, why=error.strerror or str(error)))
