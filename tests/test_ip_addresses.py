"""Properties of a peer's address."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ip_addresses import (
    ConnectionCounter,
    admit_all,
    admit_none,
    is_local_address,
    most_reachable_first,
    network_of,
)


class AdmissionTests(SynchronousTestCase):
    def test_loopback_is_this_machine_in_all_its_spellings(self) -> None:
        near = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"]
        far = ["192.168.1.2", "10.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", "0.0.0.0", "fe80::1%eth0", "a.org"]

        self.assertEqual({is_local_address(host) for host in near}, {True})
        self.assertEqual({is_local_address(host) for host in far}, {False})

    def test_anyone_and_nobody_mean_it(self) -> None:
        self.assertEqual((admit_all("192.0.2.7"), admit_none("127.0.0.1")), (True, False))

    def test_an_address_or_a_network_of_ipv6_is_one_place(self) -> None:
        places = ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "2001:db8::ffff:2", "::1", "localhost"]

        self.assertEqual(
            [network_of(host) for host in places],
            ["192.0.2.7", "192.0.2.7", "2001:db8::/64", "2001:db8::/64", "", ""],
        )

    def test_of_a_machines_addresses_the_most_useful_comes_first(self) -> None:
        hosts = ["127.0.0.1", "::1", "fe80::1", "2001:db8::1", "169.254.1.1", "192.0.2.1", "name"]

        self.assertEqual(most_reachable_first(hosts), ["192.0.2.1", "2001:db8::1", "169.254.1.1", "fe80::1"])


class CounterTests(SynchronousTestCase):
    def test_a_network_has_a_limit_and_this_machine_has_none(self) -> None:
        counter = ConnectionCounter(1)

        entered = [counter.enter(network) for network in ("192.0.2.7", "192.0.2.7", "192.0.2.8", "", "")]

        self.assertEqual(entered, [True, False, True, True, True])

    def test_what_was_refused_counts_until_it_leaves(self) -> None:
        counter = ConnectionCounter(1)
        counter.enter("192.0.2.7")
        counter.enter("192.0.2.7")

        counter.leave("192.0.2.7")
        self.assertEqual(counter.open, {"192.0.2.7": 1})
        counter.leave("192.0.2.7")

        self.assertEqual(counter.open, {})
