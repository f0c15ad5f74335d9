"""`simplechat backup`: a copy of the database, made while the server runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import ServerLink, request_answers
from simplechat.locale import gettext as _

SIZE_FORMATS = ("{n:.0f} bytes", "{n:.1f} KiB", "{n:.1f} MiB", "{n:.1f} GiB")


async def write_backup(
    link: ServerLink, path: Path, database: Path, tell: Callable[[str], None]
) -> list[str]:
    """Let the server copy its database; return lines that tell how to restore the copy.

    Args:
        path: The copy, absolute.
        database: The database.
        tell: Is told how far it is.

    Raises:
        CliError: There is such a file already, or the server cannot write it.
    """
    if path.is_dir():
        raise CliError(_("{path} is a folder; give the name of a file in it").format(path=path))
    if path.exists() or path.is_symlink():
        raise CliError(_("{path} is there already; give another name").format(path=path))

    def tell_progress(done: int, total: int) -> None:
        tell(_("{percent} % written").format(percent=100 * done // max(total, 1)))

    await request_answers(link, f"backup {path}", tell_progress)
    return [
        _("Everything is in {path}{size}").format(path=path, size=_size_text(path)),
        _("To go back to it: stop the server, and put it in the place of {database}").format(
            database=database
        ),
    ]


def _size_text(path: Path) -> str:
    try:
        n = float(path.stat().st_size)
    except OSError:  # the server's user may have written it where we cannot look
        return ""
    step = 0
    while n >= 1024 and step < len(SIZE_FORMATS) - 1:
        n, step = n / 1024, step + 1
    return f" ({SIZE_FORMATS[step].format(n=n)})"
