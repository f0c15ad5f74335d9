"""The log file: one line for each event, in files of bounded size."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, formatTime
from twisted.python.logfile import LogFile
from zope.interface import implementer

FILE_BYTES = 1 << 20
FILES = 10  # older ones are deleted

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\\\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def open_log_file(folder: Path) -> LogFile:
    """Open the newest file in a folder; create the folder where there is none."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return LogFile(
        "simplechat.log", str(folder), rotateLength=FILE_BYTES, maxRotatedFiles=FILES, defaultMode=0o600
    )


@implementer(ILogObserver)
class LogFileObserver:
    """Writes events to a file; a full disk loses events, and nothing else happens.

    Args:
        open_: Opens the file, and opens it again after the disk failed.
        now: Returns the time in seconds since 1970.
    """

    def __init__(self, open_: Callable[[], LogFile], now: Callable[[], float]) -> None:
        self._open = open_
        self._file: LogFile | None = open_()
        self._now = now
        self._pending: list[str] = []

    def note(self, text: str) -> None:
        """Write an ordinary event with the next `flush`, at little cost."""
        self._pending.append(f"{_format_second(int(self._now()))} info {escape_controls(text)}\n")

    def __call__(self, event: LogEvent) -> None:
        line = format_line(event)
        if line is not None:
            self._pending.append(line)
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        try:
            self._file = self._file or self._open()
            self._file.write("".join(pending))
        except (OSError, ValueError):  # ValueError: the file is closed, and the next one could not be opened
            self._file = None


@lru_cache(4)
def _format_second(at: int) -> str:
    return formatTime(at)


def format_line(event: LogEvent) -> str | None:
    """Format an event as one line, whatever it holds; return None for an event without a text."""
    text = formatEvent(event)
    if event.get("log_failure") is not None:
        text += f"\n{event['log_failure'].getTraceback()}"
    if not text:
        return None
    level = getattr(event.get("log_level"), "name", "-")
    return f"{formatTime(event.get('log_time'))} {level} {escape_controls(text)}\n"


def escape_controls(text: str) -> str:
    """Return a text as one line, its control characters as Python's escapes."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@implementer(ILogObserver)
class WarningObserver:
    """Shows warnings and errors, each on one line.

    Args:
        tell: Shows a line.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def __call__(self, event: LogEvent) -> None:
        if event.get("log_level", LogLevel.info) >= LogLevel.warn:
            self._tell(f"! {escape_controls(formatEvent(event))}")
