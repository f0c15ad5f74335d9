"""Failures of the server's own code, counted for `/healthz`: each is a bug, however little it cost."""

from __future__ import annotations

from twisted.internet.interfaces import IDelayedCall, IReactorTime

RECENT_S = 3600.0


class FaultCounter:
    """Counts failures that were caught, logged and contained.

    Attributes:
        count: Failures since the start.
        has_recent: True for an hour after one.

    Args:
        clock: Ends that hour.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.count = 0
        self.has_recent = False
        self._clock = clock
        self._forgetting: IDelayedCall | None = None

    def record(self) -> None:
        """Count a failure."""
        self.count += 1
        self.has_recent = True
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = self._clock.callLater(RECENT_S, self._forget)

    def _forget(self) -> None:
        self._forgetting = None
        self.has_recent = False
