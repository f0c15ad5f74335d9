"""How many connections one address may have, and how fast they may come."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.limits import (
    CHANNEL_BURST,
    CHANNELS_PER_S,
    CONNECTION_BURST,
    CONNECTIONS_PER_S,
    MAX_CONNECTIONS,
    AddressLimits,
)
from tests.support.stage import Stage

FAR = "192.0.2.7"


class AddressesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.addresses = AddressLimits(True)

    def test_a_crowd_is_let_in_up_to_the_burst(self) -> None:
        told = [self.addresses.enter(FAR, 0) for _ in range(int(CONNECTION_BURST) + 1)]

        self.assertEqual([bool(why) for why in told], [False] * int(CONNECTION_BURST) + [True])

    def test_an_address_has_so_many_at_once(self) -> None:
        for n in range(MAX_CONNECTIONS):
            self.assertEqual(self.addresses.enter(FAR, float(n)), "")

        self.assertIn("already", self.addresses.enter(FAR, 1000))
        self.addresses.leave(FAR)
        self.addresses.leave(FAR)

        self.assertEqual(self.addresses.enter(FAR, 1001), "")

    def test_an_ipv6_network_counts_as_one_address_and_others_as_others(self) -> None:
        for n in range(int(CONNECTION_BURST)):
            self.addresses.enter(f"2001:db8::{n:x}", 0)

        self.assertNotEqual(self.addresses.enter("2001:db8::ffff", 0), "")
        self.assertEqual(self.addresses.enter("2001:db8:0:1::1", 0), "")

    def test_this_machine_is_not_counted_in_any_spelling(self) -> None:
        for host in (
            "127.0.0.1",
            "127.1.2.3",
            "0::1",
            "::1",
            "localhost",
            "::ffff:127.0.0.1",
            "0::ffff:127.0.0.1",
        ):
            told = {self.addresses.enter(host, 0) for _ in range(MAX_CONNECTIONS + 1)}

            self.assertEqual(told, {""}, host)

    def test_an_ipv4_address_is_the_same_one_over_ipv6(self) -> None:
        for _ in range(int(CONNECTION_BURST)):
            self.addresses.enter(FAR, 0)

        self.assertNotEqual(self.addresses.enter(f"0::ffff:{FAR}", 0), "")

    def test_nothing_is_refused_where_limits_are_lifted(self) -> None:
        addresses = AddressLimits(False)

        self.assertEqual({addresses.enter(FAR, 0) for _ in range(1000)}, {""})

    def test_who_knocked_too_often_is_let_in_after_the_minute_that_was_told(self) -> None:
        for _ in range(1000):
            self.addresses.enter(FAR, 0)
            self.addresses.leave(FAR)

        self.assertEqual(self.addresses.enter(FAR, 60), "")

    def test_who_has_not_come_for_a_while_is_forgotten(self) -> None:
        self.addresses.enter(FAR, 0)
        self.addresses.leave(FAR)

        self.addresses.forget(CONNECTION_BURST / CONNECTIONS_PER_S)

        self.assertEqual((self.addresses._buckets, self.addresses._open), ({}, {}))


class FoundingTests(SynchronousTestCase):
    def test_an_address_brings_so_many_new_channels_in_a_row(self) -> None:
        stage = Stage(no_throttling=False)
        far = stage.connect(FAR)
        far.says("NICK far", "USER far 0 * :far")
        far.hears()
        for n in range(int(CHANNEL_BURST)):
            far.says(f"JOIN #c{n}")
        far.hears()

        far.says("JOIN #more", "PART #c1", "JOIN #c2")
        stage.clock.advance(1 / CHANNELS_PER_S)
        far.says("JOIN #more")

        heard = [line.split()[1] for line in far.hears()]
        self.assertEqual(heard, ["437", "PART", "JOIN", "353", "366"])

    def test_this_machine_brings_as_many_as_it_likes(self) -> None:
        addresses = AddressLimits(True)

        self.assertEqual({addresses.may_create_channel("127.0.0.1", 0) for _ in range(1000)}, {True})


class LeavingTests(SynchronousTestCase):
    """However a connection ends, its address has one less."""

    def setUp(self) -> None:
        self.stage = Stage(no_throttling=False, password="pw", oper=("root:pw",))

    def left_over(self, *lines: str) -> dict[str, int]:
        """Say lines on a connection from afar, lose it, and give who is still counted."""
        actor = self.stage.connect(FAR)
        actor.says(*lines)
        actor.drops()
        return self.stage.hub.address_limits._open

    def test_a_lost_connection(self) -> None:
        self.assertEqual(self.left_over("PASS pw", "NICK a", "USER a 0 * :a"), {})

    def test_a_quit(self) -> None:
        self.assertEqual(self.left_over("QUIT"), {})

    def test_a_wrong_password(self) -> None:
        self.assertEqual(self.left_over("PASS no", "NICK a", "USER a 0 * :a"), {})

    def test_a_kill(self) -> None:
        self.assertEqual(
            self.left_over("PASS pw", "NICK a", "USER a 0 * :a", "OPER root pw", "KILL a :bye"), {}
        )
