"""Bytes to lines, with a bound on what an endless line may cost."""

from __future__ import annotations


class LineBuffer:
    """Gathers bytes and gives the lines in them, without LF or CR LF.

    Args:
        most_bytes: Of one line; nothing longer is ever given or kept.

    Attributes:
        overlong: How many lines were longer; they are left out.
    """

    def __init__(self, most_bytes: int) -> None:
        self.overlong = 0
        self._most_bytes = most_bytes
        self._rest = b""
        self._is_skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, and give the lines that they complete."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        lines = [line.removesuffix(b"\r") for line in whole if self._is_kept(line)]
        self._keep(rest)
        return lines

    def _is_kept(self, line: bytes) -> bool:
        if self._is_skipping:  # the end of a line that was counted already
            self._is_skipping = False
            return False
        self.overlong += len(line) > self._most_bytes
        return len(line) <= self._most_bytes

    def _keep(self, rest: bytes) -> None:
        if self._is_skipping:
            return
        if len(rest) > self._most_bytes:
            self._is_skipping = True
            self.overlong += 1
        else:
            self._rest = rest

    def end(self) -> list[bytes]:
        """Give what stands after the last line end, if there is anything."""
        rest, self._rest = self._rest, b""
        return [rest.removesuffix(b"\r")] if rest else []
