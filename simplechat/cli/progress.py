"""How far it is: one line on a terminal that is written anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

EVERY_S = 0.1
BACK_AND_CLEAR = "\r\x1b[K"


class Progress:
    """Tells how far a verb is, where somebody looks on.

    Args:
        stream: The standard error; nothing is told unless it is a terminal.
        clock: Gives seconds, from any point on.
    """

    def __init__(self, stream: TextIO | None, clock: Callable[[], float]) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._clock = clock
        self._told_at = float("-inf")
        self._is_told = False

    def tell(self, text: str) -> None:
        """Show a text in place of the one before, at most ten times a second."""
        if self._stream is None or self._clock() < self._told_at + EVERY_S:
            return
        self._told_at = self._clock()
        self._write(BACK_AND_CLEAR + text)
        self._is_told = True

    def clear(self) -> None:
        """Leave the line as it was before anything was told."""
        if self._is_told:
            self._write(BACK_AND_CLEAR)
            self._is_told = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone; the work goes on
            self._stream = None
