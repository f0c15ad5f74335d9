"""What was typed before: a file of lines, the latest last, that nobody else can read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

MOST_LINES = 1000


class History:
    """The lines typed in this and in earlier runs; where they cannot be kept, there are just none.

    Args:
        path: Of the file; None for no memory beyond this run.
        is_secret: Tells whether a line is not to be remembered at all.
    """

    def __init__(self, path: Path | None, is_secret: Callable[[str], bool] = lambda line: False) -> None:
        self.is_secret = is_secret
        self._path = path
        self._count = 0

    def lines(self) -> list[str]:
        """Give what was kept, the latest last."""
        lines = self._read()
        self._count = len(lines)
        if self._count > MOST_LINES:
            self._replace(lines[-MOST_LINES:])
        return lines[-MOST_LINES:]

    def add(self, line: str) -> None:
        """Keep what was typed; a line end in it makes it several lines."""
        if self._path is None or self.is_secret(line):
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._append(self._path, os.O_APPEND, line.splitlines())
            self._count += 1
            if self._count > 2 * MOST_LINES:
                self.lines()

    def _read(self) -> list[str]:
        if self._path is None:
            return []
        try:
            return self._path.read_text("utf-8", "replace").splitlines()
        except OSError:
            return []

    def _replace(self, lines: list[str]) -> None:
        assert self._path is not None
        new = self._path.with_name(f"{self._path.name}.new")
        with contextlib.suppress(OSError):
            self._append(new, os.O_TRUNC, lines)
            new.replace(self._path)
            self._count = len(lines)

    def _append(self, path: Path, way: int, lines: list[str]) -> None:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | way, 0o600)
        try:
            os.fchmod(number, 0o600)  # it may be older than this rule
            os.write(number, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        finally:
            os.close(number)
