"""Bytes to lines, with a limit on what an endless line may cost."""

from __future__ import annotations


class LineBuffer:
    """Takes bytes and returns the lines in them, without LF or CR LF.

    Args:
        max_bytes: Of one line; a longer one is neither returned nor kept.

    Attributes:
        overlong: How many lines were longer.
    """

    def __init__(self, max_bytes: int) -> None:
        self.overlong = 0
        self._max_bytes = max_bytes
        self._rest = b""
        self._is_skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; return the lines that they complete."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        complete = [line.removesuffix(b"\r") for line in lines if self._is_accepted(line)]
        self._keep(rest)
        return complete

    def _is_accepted(self, line: bytes) -> bool:
        if self._is_skipping:  # the end of a line that was counted already
            self._is_skipping = False
            return False
        self.overlong += len(line) > self._max_bytes
        return len(line) <= self._max_bytes

    def _keep(self, rest: bytes) -> None:
        if self._is_skipping:
            return
        if len(rest) > self._max_bytes:
            self._is_skipping = True
            self.overlong += 1
        else:
            self._rest = rest

    def end(self) -> list[bytes]:
        """Return the line after the last line end, if there is one."""
        rest, self._rest = self._rest, b""
        return [rest.removesuffix(b"\r")] if rest else []
