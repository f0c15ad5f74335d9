"""A histogram: counts of values by upper bound, as Prometheus has them, for the cost of one addition."""

from __future__ import annotations

from bisect import bisect_left


class Histogram:
    """Counts values by size.

    Attributes:
        bounds: Upper bounds in ascending order, each inclusive.
        counts: How many values fell under each bound and no lower one; the last is for those beyond all.
        total: The sum of the values.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
