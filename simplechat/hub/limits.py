"""Token buckets: how much one connection may ask in how much time."""

from __future__ import annotations


class Bucket:
    """Holds up to `burst` tokens and gains `rate` of them a second; it may be overdrawn once at a time."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, cost: float, now: float) -> float:
        """Take tokens; give the seconds to wait before the next ones are taken, 0 for none."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - cost
        self._at = now
        return max(0.0, -self._tokens / self._rate)
