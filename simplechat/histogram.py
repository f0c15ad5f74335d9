"""A tally: how often which sizes came, at the cost of counting up."""

from __future__ import annotations

from bisect import bisect_left


class Tally:
    """Counts values by their size.

    Attributes:
        bounds: The sizes, in ascending order; a value is counted at the first that is not below it.
        counts: How many values there were at each of them, and at last those beyond.
        total: What they sum up to.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
