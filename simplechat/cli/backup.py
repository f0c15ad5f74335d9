"""`simplechat backup`: everything that is kept, as one file, while the server runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simplechat.cli.cli_error import Trouble
from simplechat.cli.server_link import Link, replies
from simplechat.locale import gettext as _

STEPS = ("{n:.0f} bytes", "{n:.1f} KiB", "{n:.1f} MiB", "{n:.1f} GiB")


async def back_up(link: Link, path: Path, database: Path, tell: Callable[[str], None]) -> list[str]:
    """Have a server write a copy of its database, and tell how to put it in its place.

    Args:
        path: The copy, absolute.
        database: What it is a copy of.
    """
    if path.is_dir():
        raise Trouble(_("{path} is a folder; give the name of a file in it").format(path=path))
    if path.exists() or path.is_symlink():
        raise Trouble(_("{path} is there already; give another name").format(path=path))

    def progress(done: int, all_: int) -> None:
        tell(_("{percent} % written").format(percent=100 * done // max(all_, 1)))

    await replies(link, f"backup {path}", progress)
    return [
        _("Everything is in {path}{size}").format(path=path, size=_size_of(path)),
        _("To go back to it: stop the server, and put it in the place of {database}").format(
            database=database
        ),
    ]


def _size_of(path: Path) -> str:
    try:
        n = float(path.stat().st_size)
    except OSError:  # it is the server's, and not ours to look at
        return ""
    step = 0
    while n >= 1024 and step < len(STEPS) - 1:
        n, step = n / 1024, step + 1
    return f" ({STEPS[step].format(n=n)})"
