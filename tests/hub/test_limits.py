"""Token buckets, and the limits per address."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.limits import (
    CHANNEL_BURST,
    CHANNELS_PER_S,
    CONNECTION_BURST,
    CONNECTIONS_PER_S,
    MAX_CONNECTIONS,
    AddressLimits,
    TokenBucket,
)
from tests.support.stage import Stage

REMOTE = "192.0.2.7"


class TokenBucketTests(SynchronousTestCase):
    def test_a_burst_does_not_wait(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)

        self.assertEqual([bucket.take(1, 0) for _ in range(5)], [0] * 5)

    def test_debt_must_be_waited_for(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)
        bucket.take(5, 0)

        self.assertEqual(bucket.take(3, 0), 1.5)

    def test_tokens_come_back_up_to_the_burst(self) -> None:
        bucket = TokenBucket(rate=2, burst=5, now=0)
        bucket.take(5, 0)

        self.assertEqual(bucket.take(2, 1), 0)
        self.assertEqual(bucket.take(6, 100), 0.5)


class AddressLimitTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.limits = AddressLimits(True)

    def test_connections_are_accepted_up_to_the_burst(self) -> None:
        reasons = [self.limits.enter(REMOTE, 0) for _ in range(int(CONNECTION_BURST) + 1)]

        self.assertEqual([bool(why) for why in reasons], [False] * int(CONNECTION_BURST) + [True])

    def test_an_address_has_a_maximum_of_open_connections(self) -> None:
        for n in range(MAX_CONNECTIONS):
            self.assertEqual(self.limits.enter(REMOTE, float(n)), "")

        self.assertIn("already", self.limits.enter(REMOTE, 1000))
        self.limits.leave(REMOTE)
        self.limits.leave(REMOTE)

        self.assertEqual(self.limits.enter(REMOTE, 1001), "")

    def test_an_ipv6_network_counts_as_one_address(self) -> None:
        for n in range(int(CONNECTION_BURST)):
            self.limits.enter(f"2001:db8::{n:x}", 0)

        self.assertNotEqual(self.limits.enter("2001:db8::ffff", 0), "")
        self.assertEqual(self.limits.enter("2001:db8:0:1::1", 0), "")

    def test_this_machine_is_exempt_in_any_spelling(self) -> None:
        for host in (
            "127.0.0.1",
            "127.1.2.3",
            "0::1",
            "::1",
            "localhost",
            "::ffff:127.0.0.1",
            "0::ffff:127.0.0.1",
        ):
            reasons = {self.limits.enter(host, 0) for _ in range(MAX_CONNECTIONS + 1)}

            self.assertEqual(reasons, {""}, host)

    def test_an_ipv4_address_is_the_same_one_over_ipv6(self) -> None:
        for _ in range(int(CONNECTION_BURST)):
            self.limits.enter(REMOTE, 0)

        self.assertNotEqual(self.limits.enter(f"0::ffff:{REMOTE}", 0), "")

    def test_nothing_is_refused_without_throttling(self) -> None:
        limits = AddressLimits(False)

        self.assertEqual({limits.enter(REMOTE, 0) for _ in range(1000)}, {""})

    def test_an_address_that_connected_too_often_is_accepted_after_a_minute(self) -> None:
        for _ in range(1000):
            self.limits.enter(REMOTE, 0)
            self.limits.leave(REMOTE)

        self.assertEqual(self.limits.enter(REMOTE, 60), "")

    def test_an_address_is_forgotten_when_its_bucket_is_full(self) -> None:
        self.limits.enter(REMOTE, 0)
        self.limits.leave(REMOTE)

        self.limits.forget(CONNECTION_BURST / CONNECTIONS_PER_S)

        self.assertEqual((self.limits._buckets, self.limits._open.open), ({}, {}))


class NewChannelTests(SynchronousTestCase):
    def test_an_address_creates_channels_up_to_the_burst(self) -> None:
        stage = Stage(no_throttling=False)
        eve = stage.connect(REMOTE)
        eve.says("NICK eve", "USER eve 0 * :eve")
        eve.hears()
        for n in range(int(CHANNEL_BURST)):
            eve.says(f"JOIN #c{n}")
        eve.hears()

        eve.says("JOIN #more", "PART #c1", "JOIN #c2")
        stage.clock.advance(1 / CHANNELS_PER_S)
        eve.says("JOIN #more")

        replies = [line.split()[1] for line in eve.hears()]
        self.assertEqual(replies, ["437", "PART", "JOIN", "353", "366"])

    def test_this_machine_creates_as_many_as_it_likes(self) -> None:
        limits = AddressLimits(True)

        self.assertEqual({limits.may_create_channel("127.0.0.1", 0) for _ in range(1000)}, {True})


class ClosedConnectionTests(SynchronousTestCase):
    """However a connection ends, it no longer counts for its address."""

    def setUp(self) -> None:
        self.stage = Stage(no_throttling=False, password="pw", oper=("root:pw",))

    def still_counted(self, *lines: str) -> dict[str, int]:
        """Send lines on a remote connection, lose it, and return the connections still counted."""
        actor = self.stage.connect(REMOTE)
        actor.says(*lines)
        actor.drops()
        return self.stage.hub.address_limits._open.open

    def test_a_lost_connection(self) -> None:
        self.assertEqual(self.still_counted("PASS pw", "NICK a", "USER a 0 * :a"), {})

    def test_a_quit(self) -> None:
        self.assertEqual(self.still_counted("QUIT"), {})

    def test_a_wrong_password(self) -> None:
        self.assertEqual(self.still_counted("PASS no", "NICK a", "USER a 0 * :a"), {})

    def test_a_kill(self) -> None:
        self.assertEqual(
            self.still_counted("PASS pw", "NICK a", "USER a 0 * :a", "OPER root pw", "KILL a :bye"), {}
        )
