"""One line on a terminal that shows how far a command is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

INTERVAL_S = 0.1
CLEAR_LINE = "\r\x1b[K"


class ProgressLine:
    """The line that shows how far a command is.

    Args:
        stream: The standard error; nothing is shown unless it is a terminal.
        clock: Returns seconds since any fixed time.
    """

    def __init__(self, stream: TextIO | None, clock: Callable[[], float]) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._clock = clock
        self._shown_at = float("-inf")
        self._is_shown = False

    def show(self, text: str) -> None:
        """Replace the line by a text, at most ten times a second."""
        if self._stream is None or self._clock() < self._shown_at + INTERVAL_S:
            return
        self._shown_at = self._clock()
        self._write(CLEAR_LINE + text)
        self._is_shown = True

    def clear(self) -> None:
        """Clear the line, if something was shown."""
        if self._is_shown:
            self._write(CLEAR_LINE)
            self._is_shown = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is closed; the work goes on
            self._stream = None
