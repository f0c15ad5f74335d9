"""The time of day and the date, where we are."""

from __future__ import annotations

import time
from datetime import datetime


class LocalTimeFormatter:
    """Tells times in the time zone of this computer; None is now."""

    def time_of(self, at: float | None) -> str:
        """Give the time of day."""
        return f"{_local(at):%H:%M}"

    def day_of(self, at: float | None) -> str:
        """Give the date."""
        return f"{_local(at):%Y-%m-%d}"


def _local(at: float | None) -> datetime:
    return datetime.fromtimestamp(time.time() if at is None else at)
