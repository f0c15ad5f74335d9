"""Counts of values by size."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.histogram import Histogram


class TallyTests(SynchronousTestCase):
    def test_a_value_is_counted_at_the_first_size_that_is_not_below_it(self) -> None:
        tally = Histogram((1, 10))

        for value in (0, 1, 1.5, 10, 11, 1000):
            tally.observe(value)

        self.assertEqual((tally.counts, tally.total), ([2, 2, 2], 1023.5))
