"""Delays grow with each failed attempt, and differ between clients."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.backoff import retry_delay_s


class DelayTests(SynchronousTestCase):
    def test_delays_double_up_to_about_a_minute(self) -> None:
        delays = [retry_delay_s(tries, 0.5) for tries in (0, 1, 2, 5, 6, 10**9)]

        self.assertEqual(delays, [1, 2, 4, 32, 60, 60])

    def test_delays_differ_between_clients(self) -> None:
        self.assertEqual([retry_delay_s(6, chance) for chance in (0, 1)], [45, 75])
