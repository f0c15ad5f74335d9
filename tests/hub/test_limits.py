"""Token buckets."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.limits import TokenBucket


class BucketTests(SynchronousTestCase):
    def test_a_burst_is_free(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)

        self.assertEqual([bucket.take(1, 0) for _ in range(5)], [0] * 5)

    def test_beyond_the_burst_one_waits_for_the_debt(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)
        bucket.take(5, 0)

        self.assertEqual(bucket.take(3, 0), 1.5)

    def test_tokens_come_back_up_to_the_burst(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)
        bucket.take(5, 0)

        self.assertEqual(bucket.take(2, 1), 0)
        self.assertEqual(bucket.take(6, 100), 0.5)
