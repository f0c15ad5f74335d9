"""What a transport tells of the peer."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.routed_transport import ConnectionAddresses, RoutedTransport
from simplechat.peer import Peer, peer_of


class PeerTests(SynchronousTestCase):
    def test_a_plain_transport_tells_the_address_only(self) -> None:
        transport = StringTransport(peerAddress=IPv6Address("TCP", "2001:db8::1", 5))

        self.assertEqual(peer_of(transport), Peer("2001:db8::1", 5))

    def test_a_peer_without_an_address_is_on_this_machine(self) -> None:
        self.assertEqual(peer_of(StringTransport(peerAddress=UNIXAddress("x"))), Peer("localhost", 0))

    def test_what_the_port_found_out_counts_more_than_the_address(self) -> None:
        addresses = ConnectionAddresses(IPv4Address("TCP", "192.0.2.7", 5), UNIXAddress("x"), is_proxy=True)

        transport = RoutedTransport(StringTransport(), addresses)

        self.assertEqual(peer_of(transport), Peer("192.0.2.7", 5, is_proxy=True))
