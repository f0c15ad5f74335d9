"""A connection is served by what its first bytes tell, or dropped at little cost."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from OpenSSL import SSL
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.connections import Connections
from simplechat.doors.net.irc import IrcFactory
from simplechat.doors.net.port import (
    MAX_UNDECIDED,
    SILENCE_S,
    WANTS_HEADER,
    WANTS_TLS,
    AdmissionRules,
    PortFactory,
    PortProtocol,
)
from simplechat.doors.net.proxy_header import Proxies
from simplechat.doors.net.writer import PATIENCE_S, PIECE_BYTES, SocketWriter
from simplechat.doors.tls.tls_protocol import GOODBYE_S, HANDSHAKE_S
from simplechat.ip_addresses import admit_all, admit_none, is_local_address
from simplechat.peer import Peer
from tests.support.port_peers import (
    FAR,
    HERE,
    NEAR,
    Certificates,
    RecordedConversation,
    Socket,
    TlsClient,
    Web,
    certificate,
)

SENDQ = 4 * PIECE_BYTES
MOST_OF_A_HELLO = 1 << 18  # bytes, and rather less: OpenSSL decides
GET = b"GET / HTTP/1.1\r\nHost: chat.example:8067\r\n\r\n"
HELLO = b"PROXY TCP4 198.51.100.9 203.0.113.1 4444 8067\r\n"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
BLOCK = (
    SIGNATURE
    + b"\x21\x11\x00\x0f"
    + bytes([198, 51, 100, 9, 203, 0, 113, 1, 17, 92, 31, 131])
    + b"\x04\x00\x00"
)
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


class RawConnection:
    """One connection to a port."""

    def __init__(self, port: PortFactory, peer: Any) -> None:
        self.socket = Socket(peer)
        self.protocol: PortProtocol = port.buildProtocol(peer)
        self.protocol.makeConnection(self.socket)

    def says(self, *pieces: bytes) -> None:
        """Send some bytes, each piece read by itself."""
        for piece in pieces:
            self.protocol.dataReceived(piece)

    def ends(self) -> None:
        """Lose the connection."""
        self.socket.connected = False
        self.protocol.connectionLost(Failure(ConnectionDone()))


class PortTestCase(SynchronousTestCase):
    """Tests with a port."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.conversations: list[RecordedConversation] = []
        self.web = Web()
        self.web_calls = 0
        self.certificates = Certificates()
        self.connections = Connections(self.start_conversation, self.clock, SENDQ)
        self.port = self.port_for()

    def port_for(self, admits: Any = is_local_address, proxies: tuple[str, ...] = ()) -> PortFactory:
        """Create a port with other rules."""
        port = PortFactory(
            IrcFactory(self.connections), self.make_web, AdmissionRules(admits, Proxies(proxies)), self.clock
        )
        port.certificates = self.certificates
        return port

    def make_web(self) -> Web:
        """Create the factory of HTTP connections."""
        self.web_calls += 1
        return self.web

    def start_conversation(self, writer: SocketWriter, peer: Peer) -> RecordedConversation:
        """Start a conversation that records what it hears."""
        self.conversations.append(RecordedConversation(writer, peer))
        return self.conversations[-1]

    def connect(self, *pieces: bytes, peer: Any = NEAR, port: PortFactory | None = None) -> RawConnection:
        """Connect, and send bytes."""
        raw = RawConnection(port or self.port, peer)
        raw.says(*pieces)
        return raw

    def greet(self, raw: RawConnection, client: TlsClient) -> bytes:
        """Carry bytes to and fro until neither end has more to say; give what the server said inside."""
        text = b""
        while data := client.output():
            raw.says(data)
            text += client.input(raw.socket.output())
        return text

    def enter(self, client: TlsClient, *, peer: Any = NEAR, port: PortFactory | None = None) -> RawConnection:
        """Connect with TLS."""
        raw = self.connect(peer=peer, port=port)
        self.greet(raw, client)
        return raw

    def assert_cost_nothing(self, raw: RawConnection) -> None:
        """Assert that a connection was dropped and left nothing behind."""
        self.assertTrue(raw.socket.aborted)
        self.assertEqual((self.conversations, self.web.protocols, self.clock.getDelayedCalls()), ([], [], []))

    def calls_after_end(self, raw: RawConnection) -> list[Any]:
        """Return the delayed calls that are left when a connection is lost."""
        raw.ends()
        return list(self.clock.getDelayedCalls())


class ChoosingTests(PortTestCase):
    def test_lines_are_heard_as_lines(self) -> None:
        self.connect(b"NICK ann\r\nUSER", b" a 0 * :a\r\n")

        self.assertEqual(self.conversations[0].lines, [b"NICK ann", b"USER a 0 * :a"])
        self.assertFalse(self.conversations[0].peer.is_secure)

    def test_a_request_goes_to_the_web(self) -> None:
        raw = self.connect(GET, b"more")

        protocol = self.web.protocols[0]
        self.assertEqual((protocol.data, self.conversations), (GET + b"more", []))
        transport = protocol.transport
        self.assertEqual(transport.peer, Peer("127.0.0.1", 50001))
        self.assertEqual((transport.getPeer(), transport.getHost()), (NEAR, HERE))
        raw.ends()
        self.assertEqual(protocol.losses, 1)

    def test_the_web_is_made_with_the_first_request(self) -> None:
        self.connect(b"NICK ann\r\n")
        self.assertEqual(self.web_calls, 0)

        self.connect(GET)
        self.connect(GET)

        self.assertEqual((self.web_calls, len(self.web.protocols)), (1, 2))

    def test_bytes_may_come_one_by_one(self) -> None:
        self.connect(*(bytes([each]) for each in GET))
        self.connect(*(bytes([each]) for each in b"\r\n\r\nPASS x\r\n"))

        self.assertEqual(self.web.protocols[0].data, GET)
        self.assertEqual(self.conversations[0].lines, [b"", b"", b"PASS x"])

    def test_sniffing_starts_again_within_tls(self) -> None:
        for agree in ((), (b"irc",), (b"h2", b"irc"), (b"h2",)):
            client = TlsClient(*agree)
            raw = self.enter(client)
            raw.says(client.encrypt(b"NI"), client.encrypt(b"CK ann\r\n"))

            self.assertEqual(
                (self.conversations[-1].lines, self.conversations[-1].peer.is_secure),
                ([b"NICK ann"], True),
                agree,
            )
        for agree in ((), (b"http/1.1",), (b"h2", b"http/1.1"), (b"h2",)):
            client = TlsClient(*agree)
            raw = self.enter(client)
            raw.says(client.encrypt(GET))

            self.assertEqual((self.web.protocols[-1].data, len(self.conversations)), (GET, 4), agree)
            self.assertTrue(self.web.protocols[-1].transport.peer.is_secure)

    def test_nothing_is_negotiated_if_only_h2_is_offered(self) -> None:
        client = TlsClient(b"h2")

        self.enter(client)

        self.assertEqual(client.connection.get_alpn_proto_negotiated(), b"")

    def test_the_negotiated_protocol_decides(self) -> None:
        client = TlsClient(b"http/1.1")
        raw = self.enter(client)

        raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual((self.web.protocols[0].data, self.conversations), (b"NICK ann\r\n", []))

    def test_tls_works_with_tls_1_2(self) -> None:
        client = TlsClient(name="ann", version=SSL.TLS1_2_VERSION)
        raw = self.enter(client)

        raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(self.conversations[0].lines, [b"NICK ann"])
        self.assertEqual(len(self.conversations[0].peer.fingerprint), 64)

    def test_a_client_certificate_is_known_by_its_fingerprint(self) -> None:
        client = TlsClient(name="ann")
        raw = self.enter(client)

        raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(
            self.conversations[0].peer.fingerprint, certificate("ann")[0].fingerprint(SHA256()).hex()
        )

    def test_a_client_without_a_certificate_has_no_fingerprint(self) -> None:
        client = TlsClient()
        raw = self.enter(client)

        raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(self.conversations[0].peer.fingerprint, "")


class CutTests(PortTestCase):
    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
    @given(
        st.sampled_from([b"NICK ann\r\n", GET, b"\r\nPASS x\r\n", b"POST / HTTP/1.1\r\n\r\nabc"]),
        st.sampled_from([b"", HELLO, BLOCK, LOCAL]),
        st.booleans(),
        st.lists(st.integers(1, 90), max_size=30),
    )
    def test_however_the_bytes_are_cut_each_arrives_once(
        self, text: bytes, header: bytes, is_encrypted: bool, lengths: list[int]
    ) -> None:
        self.setUp()
        port = self.port_for(admit_all, ("127.0.0.1",) if header else ())
        raw = self.connect(*_pieces(header, lengths), port=port)
        if is_encrypted:
            client = TlsClient()
            while data := client.output():
                raw.says(*_pieces(data, lengths))
                client.input(raw.socket.output())
            raw.says(*_pieces(client.encrypt(text[:5]) + client.encrypt(text[5:]), lengths))
        else:
            raw.says(*_pieces(text, lengths))

        heard = [protocol.data for protocol in self.web.protocols] or [
            b"".join(b"%s\r\n" % x for x in self.conversations[0].lines)
        ]
        self.assertEqual(heard, [text])
        self.assertEqual(bool(self.conversations), b"HTTP" not in text)

    def test_a_header_and_what_follows_may_be_one_piece(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        for header in (HELLO, BLOCK):
            self.connect(header + b"NICK ann\r\n", port=port)
            self.connect(header[:30], header[30:] + GET, port=port)

        self.assertEqual([conversation.lines for conversation in self.conversations], [[b"NICK ann"]] * 2)
        self.assertEqual([protocol.data for protocol in self.web.protocols], [GET, GET])


def _pieces(data: bytes, lengths: list[int]) -> Iterator[bytes]:
    for length in lengths:
        if not data:
            return
        yield data[:length]
        data = data[length:]
    if data:
        yield data


class HostileTests(PortTestCase):
    def test_silence_ends_after_a_while(self) -> None:
        for first in ((), (b"G",), (b"\r\n", b"\r\n")):
            raw = self.connect(*first)

            self.clock.advance(SILENCE_S - 0.1)
            raw.says(b"")
            self.assertFalse(raw.socket.aborted)
            self.clock.advance(0.1)

            self.assert_cost_nothing(raw)

    def test_a_connection_that_was_sniffed_has_no_timeout(self) -> None:
        client = TlsClient()
        plain, secure = self.connect(b"NICK ann\r\n"), self.enter(client)
        secure.says(client.encrypt(b"NICK ben\r\n"))

        self.clock.advance(2 * SILENCE_S)

        self.assertEqual((plain.socket.aborted, secure.socket.aborted), (False, False))

    def test_silence_within_tls_ends_after_a_while(self) -> None:
        raw = self.enter(TlsClient())

        self.clock.advance(SILENCE_S)

        self.assertTrue(raw.socket.aborted)
        self.assertEqual((self.conversations, self.calls_after_end(raw)), ([], []))

    def test_a_handshake_has_to_end_in_time(self) -> None:
        hello = TlsClient().output()
        for pieces in ((hello[:1],), (hello[:100],), (hello,)):
            raw = self.connect(*pieces)

            self.clock.advance(HANDSHAKE_S - 0.1)
            self.assertFalse(raw.socket.aborted)
            self.clock.advance(0.1)

            self.assert_cost_nothing(raw)

    def test_dripping_bytes_do_not_buy_time(self) -> None:
        hello = TlsClient().output()
        raw = self.connect(hello[:5])

        for place in range(5, 16):
            raw.says(hello[place : place + 1])
            self.clock.advance(1)

        self.assert_cost_nothing(raw)

    def test_a_hello_that_does_not_end_is_not_kept(self) -> None:
        begun = b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + b"\x00" * (0x4000 - 4)
        more = b"\x16\x03\x01\x40\x00" + b"\x00" * 0x4000

        for first, rest in ((begun, more), (TlsClient().output(), b"\x14\x03\x03\x00\x01\x01" * 1000)):
            raw = self.connect(first)
            sent = 0
            while not raw.socket.disconnecting and sent < 10 * MOST_OF_A_HELLO:
                raw.says(rest)
                sent += len(rest)

            self.assertLess(sent, MOST_OF_A_HELLO)
            self.assertEqual((self.conversations, self.calls_after_end(raw)), ([], []))

    def test_a_malformed_hello_ends_the_connection(self) -> None:
        for rest in (b"\x03\x01\x00\x05hello", b"\x03\x00\xff\xff" + b"\xff" * 200, b"NICK ann\r\n" * 20):
            raw = self.connect(b"\x16" + rest)

            self.assertTrue(raw.socket.disconnecting, rest)
            self.assertEqual(self.calls_after_end(raw), [])

    def test_banners_of_other_services_end_the_connection(self) -> None:
        for banner in (b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"220 mail ESMTP\r\n", b"\x00\x01\x02", b"\xff\xfb"):
            self.assert_cost_nothing(self.connect(banner))

    def test_tls_within_tls_ends_the_connection(self) -> None:
        client = TlsClient()
        raw = self.enter(client)

        raw.says(client.encrypt(TlsClient().output()))

        self.assertTrue(raw.socket.aborted)
        self.assertEqual((self.conversations, self.web.protocols, self.certificates.shown), ([], [], 1))

    def test_http_where_irc_was_negotiated_ends_the_connection(self) -> None:
        client = TlsClient(b"irc")
        raw = self.enter(client)

        raw.says(client.encrypt(b"PO"), client.encrypt(b"ST / HTTP/1.1\r\n\r\nNICK eve\r\nQUIT\r\n"))

        self.assertTrue(raw.socket.aborted)
        self.assertEqual((self.conversations, self.web.protocols), ([], []))

    def test_what_is_within_a_request_is_never_heard_as_lines(self) -> None:
        self.connect(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nNICK eve\r\nUSER eve 0 * :eve\r\n")

        self.assertEqual((self.conversations, len(self.web.protocols)), ([], 1))

    def test_little_is_buffered_until_the_protocol_is_known(self) -> None:
        raw = self.connect()

        for _ in range(1000):
            raw.says(b"\r\n")

        self.assertEqual(len(self.conversations), 1)
        self.assertEqual(raw.protocol._first, b"")

    def test_undecided_connections_per_address_are_limited(self) -> None:
        raw_connections = [self.connect(peer=FAR) for _ in range(MAX_UNDECIDED)]

        one_more = self.connect(peer=FAR)
        self.assertTrue(one_more.socket.aborted)
        self.assertFalse(self.connect(peer=IPv4Address("TCP", "192.0.2.8", 5)).socket.aborted)
        one_more.ends()
        raw_connections[0].says(GET)

        self.assertFalse(self.connect(peer=FAR).socket.aborted)

    def test_a_network_of_ipv6_is_one_address_and_this_machine_is_none(self) -> None:
        for number in range(MAX_UNDECIDED):
            self.connect(peer=IPv6Address("TCP", f"2001:db8::{number:x}", 5))
            self.connect()

        self.assertTrue(self.connect(peer=IPv6Address("TCP", "2001:db8::ffff:1", 5)).socket.aborted)
        self.assertFalse(self.connect(peer=IPv6Address("TCP", "2001:db8:0:1::1", 5)).socket.aborted)
        self.assertFalse(self.connect().socket.aborted)

    def test_tls_is_undecided_no_more(self) -> None:
        for _ in range(MAX_UNDECIDED):
            self.connect(TlsClient().output(), peer=FAR)

        self.assertFalse(self.connect(peer=FAR).socket.aborted)

    def test_what_openssl_held_is_free_as_soon_as_the_connection_is_lost(self) -> None:
        gc.disable()  # what waits for it waits for long, in a server
        self.addCleanup(gc.enable)
        for then in (b"", b"no record of TLS", b"NICK ann\r\n"):
            client = TlsClient()
            raw = self.enter(client)
            raw.says(client.encrypt(then) if b"\r\n" in then else then or b"\x17")
            tls: Any = raw.protocol._chosen
            held = weakref.ref(tls._tlsConnection)

            raw.ends()

            del raw, tls
            self.conversations.clear()
            self.assertIsNone(held(), then)

    def test_without_a_certificate_tls_ends_the_connection(self) -> None:
        self.port.certificates = None

        self.assert_cost_nothing(self.connect(TlsClient().output()))

    def test_a_lost_connection_leaves_nothing(self) -> None:
        client = TlsClient()
        secure = self.enter(client)
        secure.says(client.encrypt(b"NICK ann\r\n"))
        for raw in (
            self.connect(),
            self.connect(b"G"),
            self.connect(b"\x16"),
            secure,
            self.enter(TlsClient()),
        ):
            raw.ends()

        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.conversations[0].losses, ["Connection lost"])  # no goodbye was said
        self.assertEqual(self.port.undecided.open, {})


class PlaintextTests(PortTestCase):
    def test_plain_irc_from_elsewhere_is_refused_with_one_line(self) -> None:
        raw = self.connect(b"NICK ann\r\nUSER a 0 * :a\r\n", peer=FAR)

        self.assertEqual(self.conversations[0].refusals, [WANTS_TLS])
        self.assertEqual(raw.socket.output(), b"ERROR\r\n")
        self.assertTrue(raw.socket.disconnecting)

    def test_with_tls_they_are_heard(self) -> None:
        client = TlsClient()
        raw = self.enter(client, peer=FAR)

        raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual((self.conversations[0].lines, self.conversations[0].refusals), ([b"NICK ann"], []))

    def test_plain_http_from_elsewhere_is_redirected_to_https(self) -> None:
        raw = self.connect(GET, peer=FAR)

        answer = raw.socket.output()
        self.assertTrue(answer.startswith(b"HTTP/1.1 308 "), answer)
        self.assertIn(b"\r\nLocation: https://chat.example:8067/\r\n", answer)
        self.assertEqual((self.web.protocols, raw.socket.half_closed), ([], True))

    def test_plaintext_any_serves_both(self) -> None:
        port = self.port_for(admit_all)

        self.connect(b"NICK ann\r\n", peer=FAR, port=port)
        self.connect(GET, peer=FAR, port=port)

        self.assertEqual((self.conversations[0].refusals, len(self.web.protocols)), ([], 1))

    def test_plaintext_none_refuses_this_machine_too(self) -> None:
        port = self.port_for(admit_none)

        self.connect(b"NICK ann\r\n", port=port)
        self.connect(b"NICK ann\r\n", peer=UNIXAddress(None), port=port)
        request = self.connect(GET, port=port)

        self.assertEqual([conversation.refusals for conversation in self.conversations], [[WANTS_TLS]] * 2)
        self.assertIn(b" 308 ", request.socket.output())

    def test_a_socket_file_is_this_machine(self) -> None:
        self.connect(b"NICK ann\r\n", peer=UNIXAddress(None))

        self.assertEqual((self.conversations[0].refusals, self.conversations[0].peer.host), ([], "localhost"))


class ProxyTests(PortTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.port = self.port_for(is_local_address, ("127.0.0.1", "10.0.0.0/8"))

    def test_a_proxy_tells_who_connects(self) -> None:
        for header in (HELLO, BLOCK):
            client = TlsClient()
            raw = self.connect(header)
            self.greet(raw, client)
            raw.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(
            [conversation.peer.host for conversation in self.conversations], ["198.51.100.9"] * 2
        )

    def test_a_client_behind_a_proxy_is_judged_by_its_own_address(self) -> None:
        self.connect(HELLO + b"NICK ann\r\n")
        request = self.connect(BLOCK + b"GET /x HTTP/1.0\r\n\r\n")

        self.assertEqual(self.conversations[0].refusals, [WANTS_TLS])
        self.assertIn(b"Location: https://203.0.113.1:8067/x\r\n", request.socket.output())

    def test_behind_a_header_forwarding_headers_are_not_trusted(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        self.connect(HELLO + GET, port=port)

        transport = self.web.protocols[0].transport
        self.assertEqual((transport.peer.is_proxy, transport.getPeer().host), (False, "198.51.100.9"))

    def test_without_a_header_a_proxy_has_requests_only(self) -> None:
        self.connect(GET)
        self.connect(b"NICK ann\r\n")

        self.assertTrue(self.web.protocols[0].transport.peer.is_proxy)
        self.assertEqual(self.conversations[0].refusals, [WANTS_HEADER])

    def test_within_tls_that_is_the_same(self) -> None:
        for text in (GET, b"NICK ann\r\n"):
            client = TlsClient()
            raw = self.enter(client)
            raw.says(client.encrypt(text))

        self.assertTrue(self.web.protocols[0].transport.peer.is_proxy)
        self.assertEqual(self.conversations[0].refusals, [WANTS_HEADER])

    def test_a_proxy_may_speak_for_itself(self) -> None:
        for header in (LOCAL, b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ff::1 ff::2 1 2\r\n"):
            self.connect(header + b"NICK ann\r\n")

        self.assertEqual(
            [(conversation.peer.host, conversation.refusals) for conversation in self.conversations],
            [("127.0.0.1", [])] * 3,
        )

    def test_a_wrong_header_ends_the_connection(self) -> None:
        for header in (b"PROXY x\r\n", b"PROXY " + b"x" * 200, SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12):
            self.assert_cost_nothing(self.connect(header))

    def test_a_header_has_to_come_in_time(self) -> None:
        raw = self.connect(HELLO[:20])

        self.clock.advance(SILENCE_S)

        self.assert_cost_nothing(raw)

    def test_two_headers_are_one_too_many(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        self.connect(HELLO + HELLO + b"NICK ann\r\n", port=port)

        self.assertEqual(self.conversations[0].lines, [HELLO.strip(), b"NICK ann"])
        self.assertEqual(self.conversations[0].peer.host, "198.51.100.9")

    def test_from_anybody_else_a_header_is_a_bad_line_or_nothing_known(self) -> None:
        port = self.port_for(is_local_address, ("10.0.0.1",))

        self.connect(HELLO + b"NICK ann\r\n", port=port)
        binary = self.connect(BLOCK + b"NICK ann\r\n", port=port)

        self.assertEqual(
            (self.conversations[0].peer.host, self.conversations[0].lines[0]), ("127.0.0.1", HELLO.strip())
        )
        self.assertTrue(binary.socket.aborted)
        self.assertEqual(len(self.conversations), 1)

    def test_proxies_are_known_by_their_networks(self) -> None:
        proxies = Proxies(("10.0.0.0/8", "2001:db8::1", "127.0.0.1"))

        believed = ["10.9.9.9", "2001:db8::1", "127.0.0.1", "::ffff:10.1.1.1"]
        others = ["11.0.0.1", "2001:db8::2", "127.0.0.2", "localhost", ""]

        self.assertEqual([host for host in believed + others if proxies.trusts(host)], believed)


class HalfCloseTests(PortTestCase):
    def test_an_irc_client_that_sends_no_more_still_reads(self) -> None:
        raw = self.connect(b"NICK ann\r\n")

        raw.protocol.readConnectionLost()

        self.assertTrue(self.conversations[0].is_finished)
        self.assertFalse(raw.socket.disconnecting)

    def test_other_half_closed_connections_are_closed(self) -> None:
        for raw in (self.connect(), self.connect(b"G"), self.connect(GET), self.enter(TlsClient())):
            raw.protocol.readConnectionLost()

            self.assertTrue(raw.socket.disconnecting)

    def test_a_client_that_reads_no_more_is_dropped(self) -> None:
        raw = self.connect(b"NICK ann\r\n")

        raw.protocol.writeConnectionLost()

        self.assertTrue(raw.socket.aborted)

    def test_an_undecided_client_that_reads_no_more_is_kept(self) -> None:
        raw = self.connect()

        raw.protocol.writeConnectionLost()

        self.assertFalse(raw.socket.aborted)


class SecureWriterTests(PortTestCase):
    """Output over TLS: straight to the kernel, in order, bounded."""

    def setUp(self) -> None:
        super().setUp()
        self.client = TlsClient()
        self.inside = self.enter(self.client)
        self.inside.says(self.client.encrypt(b"NICK ann\r\n"))
        self.conversation = self.conversations[0]
        self.socket = self.inside.socket
        self.kernel = self.socket.straight
        self.socket.output()

    def test_a_line_is_one_record_that_goes_straight_to_the_kernel(self) -> None:
        calls = self.kernel.calls

        self.conversation.writer.send([b"a\r\n", b"b\r\n"])

        self.assertEqual((self.kernel.calls - calls, self.socket.kept_bytes), (1, 0))
        self.assertEqual(self.client.input(self.socket.output()), b"a\r\nb\r\n")

    def test_what_the_kernel_does_not_take_follows_in_order(self) -> None:
        lines = [b"%06d\r\n" % n for n in range(20_000)]
        self.kernel.room = 1000

        self.conversation.writer.send(lines[:10_000])
        self.kernel.room = None
        self.conversation.writer.send(lines[10_000:])
        self.socket.drain()

        self.assertEqual(self.client.input(self.socket.output()), b"".join(lines))
        self.assertIsNone(self.socket.producer)

    def test_once_nothing_waits_lines_go_straight_again(self) -> None:
        self.kernel.room = 10
        self.conversation.writer.send([b"a\r\n"])
        self.assertGreater(self.socket.kept_bytes, 0)
        self.socket.drain()

        self.conversation.writer.send([b"b\r\n"])

        self.assertEqual(self.socket.kept_bytes, 0)
        self.assertEqual(self.client.input(self.socket.output()), b"a\r\nb\r\n")

    def test_a_reader_that_is_too_slow_is_dropped_and_little_is_kept(self) -> None:
        self.kernel.room = 0
        self.conversation.writer.send([b"x" * SENDQ])
        self.assertFalse(self.socket.aborted)
        self.assertLess(self.socket.kept_bytes, 2 * PIECE_BYTES)

        self.conversation.writer.send([b"x" * (2 * PIECE_BYTES)])

        self.assertTrue(self.socket.aborted)
        self.assertIsNone(self.socket.producer)

    def test_a_broken_socket_is_dropped(self) -> None:
        self.kernel.is_broken = True

        self.conversation.writer.send([b"a\r\n" * 20_000])
        self.conversation.writer.send([b"b\r\n"])

        self.assertTrue(self.socket.aborted)

    def test_closing_sends_what_waits_and_says_goodbye(self) -> None:
        self.kernel.room = 10
        self.conversation.writer.send([b"x" * (2 * PIECE_BYTES)])

        self.conversation.writer.close()
        self.assertFalse(self.client.said_goodbye)
        self.socket.drain()

        self.assertEqual(len(self.client.input(self.socket.output())), 2 * PIECE_BYTES)
        self.assertTrue(self.client.said_goodbye)
        self.assertFalse(self.socket.disconnecting)

    def test_when_the_goodbye_is_answered_the_connection_ends(self) -> None:
        self.conversation.writer.pause()
        self.conversation.writer.close()
        self.client.input(self.socket.output())
        self.assertEqual(self.socket.producerState, "producing")

        self.client.connection.shutdown()
        self.inside.says(self.client.output())

        self.assertTrue(self.socket.disconnecting)

    def test_a_goodbye_that_is_not_answered_holds_nothing_for_long(self) -> None:
        self.conversation.writer.close()
        self.assertFalse(self.socket.aborted)
        before = len(self.conversation.lines)
        self.inside.says(self.client.encrypt(b"hello\r\n" * 1000))

        self.clock.advance(PATIENCE_S)

        self.assertTrue(self.socket.aborted)
        self.assertEqual(len(self.conversation.lines), before)
        self.assertEqual(self.calls_after_end(self.inside), [])

    def test_the_web_has_a_limit_for_goodbyes_too(self) -> None:
        client = TlsClient()
        raw = self.enter(client)
        raw.says(client.encrypt(GET))

        self.web.protocols[0].transport.loseConnection()
        self.clock.advance(GOODBYE_S)

        self.assertTrue(raw.socket.aborted)

    def test_a_goodbye_of_the_peers_is_answered(self) -> None:
        self.client.connection.shutdown()

        self.inside.says(self.client.output())

        self.assertTrue(self.socket.disconnecting)
        self.client.input(self.socket.output())
        self.assertTrue(self.client.said_goodbye)

    def test_a_pause_holds_the_rest_of_what_was_read_and_stops_the_reading(self) -> None:
        self.inside.says(self.client.encrypt(b"hold\r\nb\r\n") + self.client.encrypt(b"c\r\nd"))
        self.assertEqual(self.conversation.lines, [b"NICK ann", b"hold"])
        self.assertEqual(self.socket.producerState, "paused")

        self.conversation.writer.resume()

        self.assertEqual(self.conversation.lines, [b"NICK ann", b"hold", b"b", b"c"])
        self.assertEqual(self.socket.producerState, "producing")
        self.inside.says(self.client.encrypt(b"\r\n"))
        self.assertEqual(self.conversation.lines[-1], b"d")

    def test_after_the_end_nothing_is_written(self) -> None:
        client = TlsClient()
        raw = self.enter(client)
        raw.says(client.encrypt(GET))
        transport = self.web.protocols[0].transport
        raw.socket.output()
        transport.abortConnection()
        calls = raw.socket.straight.calls

        transport.write(b"x")
        transport.loseConnection()
        transport.abortConnection()

        self.assertEqual(raw.socket.straight.calls, calls)

    def test_a_socket_that_breaks_below_the_web_is_written_to_no_more(self) -> None:
        client = TlsClient()
        raw = self.enter(client)
        raw.says(client.encrypt(GET))
        raw.socket.straight.is_broken = True
        calls = raw.socket.straight.calls

        for _ in range(10):
            self.web.protocols[0].transport.write(b"x" * 20_000)

        self.assertEqual((raw.socket.aborted, raw.socket.straight.calls - calls), (True, 1))

    def test_a_producer_of_the_webs_is_paused_and_asked_again(self) -> None:
        client = TlsClient()
        raw = self.enter(client)
        raw.says(client.encrypt(GET))
        transport, producer = self.web.protocols[0].transport, Producer()
        transport.registerProducer(producer, True)
        raw.socket.straight.room = 100

        transport.write(b"x" * 1000)
        self.assertEqual(producer.calls, ["pause"])
        raw.socket.drain()
        self.assertEqual(producer.calls, ["pause", "resume"])
        transport.unregisterProducer()
        transport.loseConnection()

        self.assertEqual(client.input(raw.socket.output()), b"x" * 1000)
        self.assertTrue(client.said_goodbye)


class Producer:
    """Records what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        self.calls.append("resume")

    def stopProducing(self) -> None:
        self.calls.append("stop")
