"""The time of day and the date in the time zone of this computer."""

from __future__ import annotations

import time
from datetime import datetime


class LocalTimeFormatter:
    """Formats times, in seconds since 1970, in the local time zone; None is now."""

    def time_of_day(self, at: float | None) -> str:
        return f"{_local(at):%H:%M}"

    def date(self, at: float | None) -> str:
        return f"{_local(at):%Y-%m-%d}"


def _local(at: float | None) -> datetime:
    return datetime.fromtimestamp(time.time() if at is None else at)
