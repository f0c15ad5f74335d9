"""What is waited for: one thing at a time, each for so long, anew with each progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class TimeLimit(NamedTuple):
    """Something that is waited for.

    Attributes:
        seconds: How long.
        give_up: What happens then.
        progress: How far it has come; waiting begins anew when that changes.
    """

    seconds: float
    give_up: Callable[[], None]
    progress: int


class Deadline:
    """Gives something a time."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._awaited: TimeLimit | None = None
        self._call: IDelayedCall | None = None

    def wait_for(self, awaited: TimeLimit | None) -> None:
        """Wait for this from now on, and for nothing else."""
        if awaited == self._awaited:
            return
        cancel_if_active(self._call)
        self._awaited = awaited
        if awaited is not None:
            self._call = self._clock.callLater(awaited.seconds, awaited.give_up)


def cancel_if_active(call: IDelayedCall | None) -> None:
    """Have a call not happen, if it has not yet."""
    if call is not None and call.active():
        call.cancel()
