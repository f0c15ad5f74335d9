"""The lines typed before: a file that only its owner can read, the latest line last."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

MAX_LINES = 1000


class LineHistory:
    """The lines typed in this and in earlier runs; empty where the file cannot be used.

    Args:
        path: The file; None for no history beyond this run.
        is_secret: Tells whether a line must not be kept.
    """

    def __init__(self, path: Path | None, is_secret: Callable[[str], bool] = lambda line: False) -> None:
        self.is_secret = is_secret
        self._path = path
        self._count = 0

    def lines(self) -> list[str]:
        """Return the kept lines, the latest last."""
        lines = self._read()
        self._count = len(lines)
        if self._count > MAX_LINES:
            self._replace(lines[-MAX_LINES:])
        return lines[-MAX_LINES:]

    def add(self, line: str) -> None:
        """Append a line; a line end within makes it several."""
        if self._path is None or self.is_secret(line):
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._append(self._path, os.O_APPEND, line.splitlines())
            self._count += 1
            if self._count > 2 * MAX_LINES:
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

    def _append(self, path: Path, flags: int, lines: list[str]) -> None:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
        try:
            os.fchmod(number, 0o600)  # it may be older than this rule
            os.write(number, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        finally:
            os.close(number)
