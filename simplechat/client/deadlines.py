"""A deadline, which each progress starts anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class TimeLimit(NamedTuple):
    """How long to wait for something.

    Attributes:
        seconds: How long.
        expired: Called then.
        progress: How far it has come; the time starts anew when this changes.
    """

    seconds: float
    expired: Callable[[], None]
    progress: int


class Deadline:
    """A timer for one thing at a time."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._limit: TimeLimit | None = None
        self._call: IDelayedCall | None = None

    def set(self, limit: TimeLimit | None) -> None:
        """Wait for this from now on; continue if it is the same as before."""
        if limit == self._limit:
            return
        cancel_if_active(self._call)
        self._limit = limit
        if limit is not None:
            self._call = self._clock.callLater(limit.seconds, limit.expired)


def cancel_if_active(call: IDelayedCall | None) -> None:
    """Cancel a call that has not happened yet."""
    if call is not None and call.active():
        call.cancel()
