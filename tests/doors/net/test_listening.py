"""Addresses and endpoints are listened on, or an error says why not."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.listening import CannotListen, ListeningPorts


class FullReactor(MemoryReactorClock):
    """A reactor with no port free."""

    def listenTCP(self, port: int, factory: Factory, backlog: int = 50, interface: str = "") -> Any:
        raise CannotListenError(interface, port, OSError(98, "Address already in use"))


class ListeningTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.factory = Factory()
        self.listening = ListeningPorts(self.reactor, self.factory)

    def test_every_port_and_endpoint_has_the_same_door(self) -> None:
        self.listening.listen_tcp("127.0.0.1", 8067)
        self.listening.listen_endpoint("tcp:6697:interface=192.0.2.1")
        self.listening.listen_endpoint("unix:/run/chat.sock")

        self.assertEqual([server[1] for server in self.reactor.tcpServers], [self.factory] * 2)
        self.assertEqual([server[1] for server in self.reactor.unixServers], [self.factory])
        asked_for = [(server[0], server[3]) for server in self.reactor.tcpServers]
        self.assertEqual(asked_for, [(8067, "127.0.0.1"), (6697, "192.0.2.1")])
        self.assertEqual(self.listening.addresses()[:2], ["0.0.0.0:8067", "0.0.0.0:6697"])
        self.assertEqual(self.listening.hosts_and_ports(), [("0.0.0.0", 8067), ("0.0.0.0", 6697)])

    def test_what_unwraps_by_itself_is_not_needed_and_says_what_is(self) -> None:
        for text in ("ssl:6697", "tls:/x:6697", "haproxy:tcp:6697"):
            error = self.assertRaises(CannotListen, self.listening.listen_endpoint, text)

            self.assertIn(text, str(error))
            self.assertIn("tcp:", str(error))
        self.assertEqual(self.reactor.tcpServers, [])

    def test_what_is_no_endpoint_is_told(self) -> None:
        for text in ("bogus:1", "tcp:x", "", "tcp"):
            self.assertIn(text, str(self.assertRaises(CannotListen, self.listening.listen_endpoint, text)))

    def test_a_port_in_use_is_told(self) -> None:
        listening = ListeningPorts(FullReactor(), self.factory)

        error = self.assertRaises(CannotListen, listening.listen_tcp, "127.0.0.1", 8067)

        self.assertIn("another program", str(error))
