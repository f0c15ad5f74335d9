"""A server is verified before it gets any data: by public authorities, or by the stored fingerprint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.test.iosim import FakeTransport, IOPump, connect
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from simplechat.client.net.endpoints import HANDSHAKE_TIMEOUT_S, PlainEndpoint, TlsEndpoint
from simplechat.client.net.known_servers import VERIFIED, KnownServers, ServerNotTrusted
from simplechat.client.net.tls import SingleProtocolFactory, TlsUnavailable
from simplechat.doors.tls.key_pairs import KeyPair
from simplechat.doors.tls.tls_context import context_for
from tests.client.net.test_known_servers import own_authority, server_by
from tests.support.certificates import NOON, Issued, forever

HOST, PORT = "chat.example.org", 8067
OTHER = ":".join(["AA"] * 32)


@implementer(IOpenSSLServerConnectionCreator)
class ServerTlsCreator:
    """Creates the server's side of TLS, with a certificate chain."""

    def __init__(self, *chain: Issued) -> None:
        self._context = context_for(KeyPair(tuple(each.certificate for each in chain), chain[0].key))

    def serverConnectionForTLS(self, tlsProtocol: object) -> SSL.Connection:
        return SSL.Connection(self._context, None)


class RecordingProtocol(Protocol):
    """A protocol inside of TLS that records what it receives."""

    def __init__(self) -> None:
        self.received = b""
        self.is_connected = False
        self.is_lost = False

    def connectionMade(self) -> None:
        self.is_connected = True

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: object = None) -> None:
        self.is_lost = True


@implementer(IStreamClientEndpoint)
class InMemoryEndpoint:
    """An endpoint that connects in memory to the server that the test chooses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.server: Protocol | ServerTlsCreator = Protocol()
        self.servers: list[RecordingProtocol] = []
        self.pumps: list[IOPump] = []

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        server = self._server()
        client = protocolFactory.buildProtocol(None)
        ends = FakeTransport(server, isServer=True), FakeTransport(client, isServer=False)
        self.pumps.append(connect(server, ends[0], client, ends[1]))
        return succeed(client)

    def _server(self) -> Any:
        if isinstance(self.server, Protocol):
            return self.server
        self.servers.append(RecordingProtocol())
        factory = TLSMemoryBIOFactory(
            self.server, False, SingleProtocolFactory(self.servers[-1]), self._clock
        )
        return factory.buildProtocol(None)

    def flush(self) -> None:
        """Deliver all pending bytes, on new connections too."""
        for number in range(99):
            if number >= len(self.pumps):
                return
            self.pumps[number].flush()
            self._clock.advance(0)  # what small pieces of TLS wait for
            self.pumps[number].flush()


class GreetingServer(Protocol):
    """A server without TLS that sends a text first."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self._text)


class LeavingServer(Protocol):
    """A server that disconnects when it receives something."""

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.loseConnection()


class EndpointTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.pins = KnownServers(self.folder / "known_servers")
        self.clock = Clock()
        self.network = InMemoryEndpoint(self.clock)
        self.asked: list[str] = []
        self.answer = True
        self.authority = own_authority()
        self.trust_public(forever("root", is_authority=True))
        self.network.server = ServerTlsCreator(server_by(self.authority), self.authority)

    def trust_public(self, root: Issued) -> None:
        """Replace this machine's public authorities by one of the test."""
        self.root = root
        (self.folder / "roots.pem").write_bytes(root.pem)
        before = dict(os.environ)
        os.environ["SSL_CERT_FILE"] = str(self.folder / "roots.pem")
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")

    def endpoint(self, fingerprint: str = "", host: str = HOST) -> TlsEndpoint:
        return TlsEndpoint(host, PORT, self.network, self.clock, self.pins, fingerprint, lambda: NOON)

    def ask(self, introduction: str) -> bool:
        self.asked.append(introduction)
        return self.answer

    def establishes_trust(self, endpoint: TlsEndpoint | None = None, *, may_ask: bool = True) -> str:
        """Establish trust in the server, to the end."""
        trouble: str = self.finished(
            (endpoint or self.endpoint()).establish_trust(self.ask if may_ask else None)
        )
        return trouble

    def connects(self, endpoint: TlsEndpoint | None = None) -> RecordingProtocol:
        """Connect to the server, to the end."""
        protocol = RecordingProtocol()
        self.finished((endpoint or self.endpoint()).connect(protocol))
        return protocol

    def finished(self, doing: Any) -> Any:
        done = Deferred.fromCoroutine(doing)
        self.network.flush()
        return self.successResultOf(done)

    def refused(self, doing: Any, kind: type[Exception]) -> str:
        done = Deferred.fromCoroutine(doing)
        self.network.flush()
        return str(self.failureResultOf(done, kind).value)

    # -- a server with an authority of its own ---------------------------------------------------------

    def test_the_first_contact_asks_and_the_next_does_not(self) -> None:
        self.establishes_trust()
        self.establishes_trust()

        (introduction,) = self.asked
        self.assertIn(self.authority.fingerprint[:47], introduction)
        self.assertIn(self.authority.fingerprint[48:], introduction)
        self.assertEqual(self.pins.get(HOST, PORT), self.authority.fingerprint)

    def test_before_the_user_trusts_a_server_it_gets_no_data(self) -> None:
        self.establishes_trust()

        self.assertEqual(
            [server.received for server in self.network.servers], [b""] * len(self.network.servers)
        )
        self.assertEqual([server.is_lost for server in self.network.servers[1:]], [True])

    def test_an_untrusted_server_is_not_stored(self) -> None:
        self.answer = False

        self.assertEqual(
            self.refused(self.endpoint().establish_trust(self.ask), ServerNotTrusted), "It is not trusted"
        )

        self.assertEqual(self.pins.get(HOST, PORT), "")

    def test_without_a_terminal_the_error_says_what_to_do(self) -> None:
        error = self.refused(self.endpoint().establish_trust(None), ServerNotTrusted)

        self.assertTrue(error.endswith(f"use: --fingerprint {self.authority.fingerprint}"), error)
        self.assertEqual(self.pins.get(HOST, PORT), "")

    def test_a_known_server_is_connected(self) -> None:
        self.establishes_trust()

        protocol = self.connects()
        assert protocol.transport is not None
        protocol.transport.write(b"hello")
        self.network.servers[-1].transport.write(b"hi")  # type: ignore[union-attr]
        self.network.flush()

        self.assertEqual((self.network.servers[-1].received, protocol.received), (b"hello", b"hi"))

    def test_the_protocol_learns_of_a_lost_connection(self) -> None:
        self.establishes_trust()
        protocol = self.connects()

        self.network.servers[-1].transport.loseConnection()  # type: ignore[union-attr]
        self.network.flush()

        self.assertTrue(protocol.is_lost)

    def test_a_renewed_certificate_is_not_noticed(self) -> None:
        self.establishes_trust()
        self.network.server = ServerTlsCreator(server_by(self.authority), self.authority)

        self.assertTrue(self.connects().is_connected)

    def test_another_server_is_refused_and_gets_no_data(self) -> None:
        self.establishes_trust()
        imposter = own_authority()
        self.network.server = ServerTlsCreator(server_by(imposter), imposter)
        protocol = RecordingProtocol()

        error = self.refused(self.endpoint().connect(protocol), ServerNotTrusted)

        self.assertIn(self.authority.fingerprint[48:], error)
        self.assertIn(imposter.fingerprint, error)
        self.assertFalse(protocol.is_connected)
        self.assertTrue(all(server.is_lost for server in self.network.servers))
        self.assertEqual(self.pins.get(HOST, PORT), self.authority.fingerprint)

    def test_a_server_without_the_private_key_is_refused(self) -> None:
        self.establishes_trust()
        thief = server_by(Issued(self.authority.certificate, own_authority().key))
        self.network.server = ServerTlsCreator(thief, self.authority)

        error = self.refused(self.endpoint().connect(RecordingProtocol()), ServerNotTrusted)

        self.assertIn("not the server that is trusted", error)

    # -- a fingerprint that the user gives -------------------------------------------------------------

    def test_a_given_fingerprint_of_either_certificate_asks_nothing(self) -> None:
        server = server_by(self.authority)
        self.network.server = ServerTlsCreator(server, self.authority)
        for fingerprint in (self.authority.fingerprint, server.fingerprint):
            self.pins.put(HOST, PORT, OTHER)
            endpoint = self.endpoint(fingerprint)
            self.establishes_trust(endpoint, may_ask=False)

            self.assertTrue(self.connects(endpoint).is_connected)
            self.assertEqual(self.pins.get(HOST, PORT), self.authority.fingerprint)

    def test_after_a_match_the_certificate_may_be_renewed(self) -> None:
        server = server_by(self.authority)
        self.network.server = ServerTlsCreator(server, self.authority)
        endpoint = self.endpoint(server.fingerprint)
        self.connects(endpoint)

        self.network.server = ServerTlsCreator(server_by(self.authority), self.authority)

        self.assertTrue(self.connects(endpoint).is_connected)

    def test_a_wrong_fingerprint_is_refused_even_with_a_verified_certificate(self) -> None:
        self.network.server = ServerTlsCreator(forever(HOST, by=self.root))

        error = self.refused(self.endpoint(OTHER).connect(RecordingProtocol()), ServerNotTrusted)

        self.assertIn(OTHER[:47], error)
        self.assertEqual(self.pins.get(HOST, PORT), "")

    # -- other servers ---------------------------------------------------------------------------------

    def test_without_an_authority_the_certificate_is_pinned(self) -> None:
        alone = forever("something.else")
        self.network.server = ServerTlsCreator(alone)
        self.establishes_trust()

        self.assertTrue(self.connects().is_connected)
        self.assertEqual(self.pins.get(HOST, PORT), alone.fingerprint)

    def test_a_verified_server_asks_nothing_and_must_stay_verified(self) -> None:
        self.network.server = ServerTlsCreator(forever(HOST, by=self.root))
        self.establishes_trust()
        self.assertTrue(self.connects().is_connected)
        self.assertEqual((self.asked, self.pins.get(HOST, PORT)), ([], VERIFIED))

        self.network.server = ServerTlsCreator(server_by(self.authority), self.authority)
        error = self.refused(self.endpoint().connect(RecordingProtocol()), ServerNotTrusted)

        self.assertIn("vouched for this server before", error)
        self.assertEqual(self.pins.get(HOST, PORT), VERIFIED)

    def test_a_pinned_server_may_become_verified(self) -> None:
        self.establishes_trust()
        self.network.server = ServerTlsCreator(forever(HOST, by=self.root))

        self.assertTrue(self.connects().is_connected)
        self.assertEqual(self.pins.get(HOST, PORT), VERIFIED)

    def test_a_certificate_for_another_name_or_for_none_is_refused(self) -> None:
        for server in (forever("other.example.org", by=self.root), forever(by=self.root)):
            self.pins.put(HOST, PORT, VERIFIED)
            self.network.server = ServerTlsCreator(server)
            protocol = RecordingProtocol()

            self.assertIn(
                "vouched for this server before",
                self.refused(self.endpoint().connect(protocol), ServerNotTrusted),
            )
            self.assertFalse(protocol.is_connected)
        self.flushLoggedErrors()  # of Twisted's, over a certificate without a name

    def test_an_ip_address_is_verified_too(self) -> None:
        self.network.server = ServerTlsCreator(forever("192.0.2.7", by=self.root))
        self.establishes_trust(self.endpoint(host="192.0.2.7"))

        self.assertEqual((self.asked, self.pins.get("192.0.2.7", PORT)), ([], VERIFIED))

    # -- no TLS ----------------------------------------------------------------------------------------

    def test_a_server_without_tls_is_named_as_such(self) -> None:
        for server, why in (
            (
                GreetingServer(b":irc.example.org NOTICE * :*** Looking up your hostname\r\n"),
                "does not speak TLS",
            ),
            (GreetingServer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak TLS"),
            (LeavingServer(), "ended the connection during the TLS handshake"),
        ):
            self.network.server = server
            self.network.pumps.clear()

            error = self.refused(self.endpoint().establish_trust(self.ask), TlsUnavailable)

            self.assertIn(why, error)
            self.assertIn("--plaintext", error)

    def test_a_silent_server_times_out(self) -> None:
        self.network.server = Protocol()
        trusting = Deferred.fromCoroutine(self.endpoint().establish_trust(self.ask))
        self.network.flush()

        self.clock.advance(HANDSHAKE_TIMEOUT_S)

        self.assertIn("--plaintext", str(self.failureResultOf(trusting, TlsUnavailable).value))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_first_contact_can_be_cancelled(self) -> None:
        self.network.server = Protocol()
        trusting = Deferred.fromCoroutine(self.endpoint().establish_trust(self.ask))

        trusting.cancel()

        self.failureResultOf(trusting, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_plain_endpoint_asks_nothing(self) -> None:
        self.network.server = GreetingServer(b"hi")
        endpoint, protocol = PlainEndpoint(self.network, self.clock), RecordingProtocol()

        self.assertEqual(self.finished(endpoint.establish_trust(self.ask)), "")
        self.finished(endpoint.connect(protocol))

        self.assertEqual((protocol.received, self.asked), (b"hi", []))
