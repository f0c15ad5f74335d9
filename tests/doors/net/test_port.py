"""Whatever knocks is told from its first bytes, and gets what it came for or is gone at little cost."""

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
from tests.doors.knockers import (
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


class Knock:
    """One connection to a port."""

    def __init__(self, port: PortFactory, peer: Any) -> None:
        self.socket = Socket(peer)
        self.door: PortProtocol = port.buildProtocol(peer)
        self.door.makeConnection(self.socket)

    def says(self, *pieces: bytes) -> None:
        """Send some bytes, each piece read by itself."""
        for piece in pieces:
            self.door.dataReceived(piece)

    def ends(self) -> None:
        """Lose the connection."""
        self.socket.connected = False
        self.door.connectionLost(Failure(ConnectionDone()))


class PortTestCase(SynchronousTestCase):
    """Has a port."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.conversations: list[RecordedConversation] = []
        self.web = Web()
        self.web_calls = 0
        self.certificates = Certificates()
        self.connections = Connections(self.start_conversation, self.clock, SENDQ)
        self.port = self.port_for()

    def port_for(self, admits: Any = is_local_address, proxies: tuple[str, ...] = ()) -> PortFactory:
        """Make a port with other rules."""
        port = PortFactory(
            IrcFactory(self.connections), self.make_web, AdmissionRules(admits, Proxies(proxies)), self.clock
        )
        port.certificates = self.certificates
        return port

    def make_web(self) -> Web:
        """Make what speaks HTTP."""
        self.web_calls += 1
        return self.web

    def start_conversation(self, writer: SocketWriter, peer: Peer) -> RecordedConversation:
        """Begin a conversation that can be looked at."""
        self.conversations.append(RecordedConversation(writer, peer))
        return self.conversations[-1]

    def knock(self, *pieces: bytes, peer: Any = NEAR, port: PortFactory | None = None) -> Knock:
        """Connect, and say something."""
        knock = Knock(port or self.port, peer)
        knock.says(*pieces)
        return knock

    def greet(self, knock: Knock, client: TlsClient) -> bytes:
        """Carry bytes to and fro until neither end has more to say; give what the server said inside."""
        text = b""
        while data := client.output():
            knock.says(data)
            text += client.input(knock.socket.output())
        return text

    def enter(self, client: TlsClient, *, peer: Any = NEAR, port: PortFactory | None = None) -> Knock:
        """Come with TLS."""
        knock = self.knock(peer=peer, port=port)
        self.greet(knock, client)
        return knock

    def assert_cost_nothing(self, knock: Knock) -> None:
        """Make sure that a connection is gone, and that it cost nothing."""
        self.assertTrue(knock.socket.aborted)
        self.assertEqual((self.conversations, self.web.doors, self.clock.getDelayedCalls()), ([], [], []))

    def calls_after_end(self, knock: Knock) -> list[Any]:
        """Give the calls that are still due when a connection is gone."""
        knock.ends()
        return list(self.clock.getDelayedCalls())


class ChoosingTests(PortTestCase):
    def test_lines_are_heard_as_lines(self) -> None:
        self.knock(b"NICK ann\r\nUSER", b" a 0 * :a\r\n")

        self.assertEqual(self.conversations[0].lines, [b"NICK ann", b"USER a 0 * :a"])
        self.assertFalse(self.conversations[0].peer.is_secure)

    def test_a_request_goes_to_the_web(self) -> None:
        knock = self.knock(GET, b"more")

        door = self.web.doors[0]
        self.assertEqual((door.data, self.conversations), (GET + b"more", []))
        transport = door.transport
        self.assertEqual(transport.peer, Peer("127.0.0.1", 50001))
        self.assertEqual((transport.getPeer(), transport.getHost()), (NEAR, HERE))
        knock.ends()
        self.assertEqual(door.losses, 1)

    def test_the_web_is_made_with_the_first_request(self) -> None:
        self.knock(b"NICK ann\r\n")
        self.assertEqual(self.web_calls, 0)

        self.knock(GET)
        self.knock(GET)

        self.assertEqual((self.web_calls, len(self.web.doors)), (1, 2))

    def test_bytes_may_come_one_by_one(self) -> None:
        self.knock(*(bytes([each]) for each in GET))
        self.knock(*(bytes([each]) for each in b"\r\n\r\nPASS x\r\n"))

        self.assertEqual(self.web.doors[0].data, GET)
        self.assertEqual(self.conversations[0].lines, [b"", b"", b"PASS x"])

    def test_within_tls_it_is_told_again(self) -> None:
        for agree in ((), (b"irc",), (b"h2", b"irc"), (b"h2",)):
            client = TlsClient(*agree)
            knock = self.enter(client)
            knock.says(client.encrypt(b"NI"), client.encrypt(b"CK ann\r\n"))

            self.assertEqual(
                (self.conversations[-1].lines, self.conversations[-1].peer.is_secure),
                ([b"NICK ann"], True),
                agree,
            )
        for agree in ((), (b"http/1.1",), (b"h2", b"http/1.1"), (b"h2",)):
            client = TlsClient(*agree)
            knock = self.enter(client)
            knock.says(client.encrypt(GET))

            self.assertEqual((self.web.doors[-1].data, len(self.conversations)), (GET, 4), agree)
            self.assertTrue(self.web.doors[-1].transport.peer.is_secure)

    def test_nothing_is_agreed_on_where_only_h2_is_offered(self) -> None:
        client = TlsClient(b"h2")

        self.enter(client)

        self.assertEqual(client.connection.get_alpn_proto_negotiated(), b"")

    def test_what_was_agreed_on_decides(self) -> None:
        client = TlsClient(b"http/1.1")
        knock = self.enter(client)

        knock.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual((self.web.doors[0].data, self.conversations), (b"NICK ann\r\n", []))

    def test_tls_works_with_tls_1_2(self) -> None:
        client = TlsClient(name="ann", version=SSL.TLS1_2_VERSION)
        knock = self.enter(client)

        knock.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(self.conversations[0].lines, [b"NICK ann"])
        self.assertEqual(len(self.conversations[0].peer.fingerprint), 64)

    def test_a_certificate_is_told_by_its_fingerprint(self) -> None:
        client = TlsClient(name="ann")
        knock = self.enter(client)

        knock.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(
            self.conversations[0].peer.fingerprint, certificate("ann")[0].fingerprint(SHA256()).hex()
        )

    def test_who_shows_none_has_none(self) -> None:
        client = TlsClient()
        knock = self.enter(client)

        knock.says(client.encrypt(b"NICK ann\r\n"))

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
        knock = self.knock(*_pieces(header, lengths), port=port)
        if is_encrypted:
            client = TlsClient()
            while data := client.output():
                knock.says(*_pieces(data, lengths))
                client.input(knock.socket.output())
            knock.says(*_pieces(client.encrypt(text[:5]) + client.encrypt(text[5:]), lengths))
        else:
            knock.says(*_pieces(text, lengths))

        heard = [door.data for door in self.web.doors] or [
            b"".join(b"%s\r\n" % x for x in self.conversations[0].lines)
        ]
        self.assertEqual(heard, [text])
        self.assertEqual(bool(self.conversations), b"HTTP" not in text)

    def test_a_header_and_what_follows_may_be_one_piece(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        for header in (HELLO, BLOCK):
            self.knock(header + b"NICK ann\r\n", port=port)
            self.knock(header[:30], header[30:] + GET, port=port)

        self.assertEqual([conversation.lines for conversation in self.conversations], [[b"NICK ann"]] * 2)
        self.assertEqual([door.data for door in self.web.doors], [GET, GET])


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
            knock = self.knock(*first)

            self.clock.advance(SILENCE_S - 0.1)
            knock.says(b"")
            self.assertFalse(knock.socket.aborted)
            self.clock.advance(0.1)

            self.assert_cost_nothing(knock)

    def test_who_has_spoken_is_not_ended_for_silence(self) -> None:
        client = TlsClient()
        plain, secure = self.knock(b"NICK ann\r\n"), self.enter(client)
        secure.says(client.encrypt(b"NICK ben\r\n"))

        self.clock.advance(2 * SILENCE_S)

        self.assertEqual((plain.socket.aborted, secure.socket.aborted), (False, False))

    def test_silence_within_tls_ends_after_a_while(self) -> None:
        knock = self.enter(TlsClient())

        self.clock.advance(SILENCE_S)

        self.assertTrue(knock.socket.aborted)
        self.assertEqual((self.conversations, self.calls_after_end(knock)), ([], []))

    def test_a_handshake_has_to_end_in_time(self) -> None:
        hello = TlsClient().output()
        for pieces in ((hello[:1],), (hello[:100],), (hello,)):
            knock = self.knock(*pieces)

            self.clock.advance(HANDSHAKE_S - 0.1)
            self.assertFalse(knock.socket.aborted)
            self.clock.advance(0.1)

            self.assert_cost_nothing(knock)

    def test_dripping_bytes_do_not_buy_time(self) -> None:
        hello = TlsClient().output()
        knock = self.knock(hello[:5])

        for place in range(5, 16):
            knock.says(hello[place : place + 1])
            self.clock.advance(1)

        self.assert_cost_nothing(knock)

    def test_a_hello_that_does_not_end_is_not_kept(self) -> None:
        begun = b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + b"\x00" * (0x4000 - 4)
        more = b"\x16\x03\x01\x40\x00" + b"\x00" * 0x4000

        for first, rest in ((begun, more), (TlsClient().output(), b"\x14\x03\x03\x00\x01\x01" * 1000)):
            knock = self.knock(first)
            sent = 0
            while not knock.socket.disconnecting and sent < 10 * MOST_OF_A_HELLO:
                knock.says(rest)
                sent += len(rest)

            self.assertLess(sent, MOST_OF_A_HELLO)
            self.assertEqual((self.conversations, self.calls_after_end(knock)), ([], []))

    def test_what_is_no_hello_ends_the_connection(self) -> None:
        for rest in (b"\x03\x01\x00\x05hello", b"\x03\x00\xff\xff" + b"\xff" * 200, b"NICK ann\r\n" * 20):
            knock = self.knock(b"\x16" + rest)

            self.assertTrue(knock.socket.disconnecting, rest)
            self.assertEqual(self.calls_after_end(knock), [])

    def test_banners_of_other_services_end_the_connection(self) -> None:
        for banner in (b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"220 mail ESMTP\r\n", b"\x00\x01\x02", b"\xff\xfb"):
            self.assert_cost_nothing(self.knock(banner))

    def test_tls_within_tls_ends_the_connection(self) -> None:
        client = TlsClient()
        knock = self.enter(client)

        knock.says(client.encrypt(TlsClient().output()))

        self.assertTrue(knock.socket.aborted)
        self.assertEqual((self.conversations, self.web.doors, self.certificates.shown), ([], [], 1))

    def test_http_where_irc_was_agreed_on_ends_the_connection(self) -> None:
        client = TlsClient(b"irc")
        knock = self.enter(client)

        knock.says(client.encrypt(b"PO"), client.encrypt(b"ST / HTTP/1.1\r\n\r\nNICK eve\r\nQUIT\r\n"))

        self.assertTrue(knock.socket.aborted)
        self.assertEqual((self.conversations, self.web.doors), ([], []))

    def test_what_is_within_a_request_is_never_heard_as_lines(self) -> None:
        self.knock(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nNICK eve\r\nUSER eve 0 * :eve\r\n")

        self.assertEqual((self.conversations, len(self.web.doors)), ([], 1))

    def test_what_is_kept_of_who_does_not_tell_is_little(self) -> None:
        knock = self.knock()

        for _ in range(1000):
            knock.says(b"\r\n")

        self.assertEqual(len(self.conversations), 1)
        self.assertEqual(knock.door._first, b"")

    def test_one_address_holds_so_many_that_do_not_tell(self) -> None:
        knocks = [self.knock(peer=FAR) for _ in range(MAX_UNDECIDED)]

        one_more = self.knock(peer=FAR)
        self.assertTrue(one_more.socket.aborted)
        self.assertFalse(self.knock(peer=IPv4Address("TCP", "192.0.2.8", 5)).socket.aborted)
        one_more.ends()
        knocks[0].says(GET)

        self.assertFalse(self.knock(peer=FAR).socket.aborted)

    def test_a_network_of_ipv6_is_one_address_and_this_machine_is_none(self) -> None:
        for number in range(MAX_UNDECIDED):
            self.knock(peer=IPv6Address("TCP", f"2001:db8::{number:x}", 5))
            self.knock()

        self.assertTrue(self.knock(peer=IPv6Address("TCP", "2001:db8::ffff:1", 5)).socket.aborted)
        self.assertFalse(self.knock(peer=IPv6Address("TCP", "2001:db8:0:1::1", 5)).socket.aborted)
        self.assertFalse(self.knock().socket.aborted)

    def test_tls_is_undecided_no_more(self) -> None:
        for _ in range(MAX_UNDECIDED):
            self.knock(TlsClient().output(), peer=FAR)

        self.assertFalse(self.knock(peer=FAR).socket.aborted)

    def test_what_openssl_held_is_free_as_soon_as_the_connection_is_lost(self) -> None:
        gc.disable()  # what waits for it waits for long, in a server
        self.addCleanup(gc.enable)
        for then in (b"", b"no record of TLS", b"NICK ann\r\n"):
            client = TlsClient()
            knock = self.enter(client)
            knock.says(client.encrypt(then) if b"\r\n" in then else then or b"\x17")
            tls: Any = knock.door._chosen
            held = weakref.ref(tls._tlsConnection)

            knock.ends()

            del knock, tls
            self.conversations.clear()
            self.assertIsNone(held(), then)

    def test_without_a_certificate_tls_ends_the_connection(self) -> None:
        self.port.certificates = None

        self.assert_cost_nothing(self.knock(TlsClient().output()))

    def test_a_lost_connection_leaves_nothing(self) -> None:
        client = TlsClient()
        secure = self.enter(client)
        secure.says(client.encrypt(b"NICK ann\r\n"))
        for knock in (self.knock(), self.knock(b"G"), self.knock(b"\x16"), secure, self.enter(TlsClient())):
            knock.ends()

        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.conversations[0].losses, ["Connection lost"])  # no goodbye was said
        self.assertEqual(self.port.undecided.open, {})


class PlaintextTests(PortTestCase):
    def test_lines_from_afar_are_refused_with_one_line(self) -> None:
        knock = self.knock(b"NICK ann\r\nUSER a 0 * :a\r\n", peer=FAR)

        self.assertEqual(self.conversations[0].refusals, [WANTS_TLS])
        self.assertEqual(knock.socket.output(), b"ERROR\r\n")
        self.assertTrue(knock.socket.disconnecting)

    def test_with_tls_they_are_heard(self) -> None:
        client = TlsClient()
        knock = self.enter(client, peer=FAR)

        knock.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual((self.conversations[0].lines, self.conversations[0].refusals), ([b"NICK ann"], []))

    def test_a_request_from_afar_is_sent_to_https(self) -> None:
        knock = self.knock(GET, peer=FAR)

        answer = knock.socket.output()
        self.assertTrue(answer.startswith(b"HTTP/1.1 308 "), answer)
        self.assertIn(b"\r\nLocation: https://chat.example:8067/\r\n", answer)
        self.assertEqual((self.web.doors, knock.socket.half_closed), ([], True))

    def test_where_anyone_may_both_are_served(self) -> None:
        port = self.port_for(admit_all)

        self.knock(b"NICK ann\r\n", peer=FAR, port=port)
        self.knock(GET, peer=FAR, port=port)

        self.assertEqual((self.conversations[0].refusals, len(self.web.doors)), ([], 1))

    def test_where_nobody_may_this_machine_may_not_either(self) -> None:
        port = self.port_for(admit_none)

        self.knock(b"NICK ann\r\n", port=port)
        self.knock(b"NICK ann\r\n", peer=UNIXAddress(None), port=port)
        request = self.knock(GET, port=port)

        self.assertEqual([conversation.refusals for conversation in self.conversations], [[WANTS_TLS]] * 2)
        self.assertIn(b" 308 ", request.socket.output())

    def test_a_socket_file_is_this_machine(self) -> None:
        self.knock(b"NICK ann\r\n", peer=UNIXAddress(None))

        self.assertEqual((self.conversations[0].refusals, self.conversations[0].peer.host), ([], "localhost"))


class ProxyTests(PortTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.port = self.port_for(is_local_address, ("127.0.0.1", "10.0.0.0/8"))

    def test_a_proxy_tells_who_connects(self) -> None:
        for header in (HELLO, BLOCK):
            client = TlsClient()
            knock = self.knock(header)
            self.greet(knock, client)
            knock.says(client.encrypt(b"NICK ann\r\n"))

        self.assertEqual(
            [conversation.peer.host for conversation in self.conversations], ["198.51.100.9"] * 2
        )

    def test_who_is_behind_a_proxy_is_as_far_as_they_are(self) -> None:
        self.knock(HELLO + b"NICK ann\r\n")
        request = self.knock(BLOCK + b"GET /x HTTP/1.0\r\n\r\n")

        self.assertEqual(self.conversations[0].refusals, [WANTS_TLS])
        self.assertIn(b"Location: https://203.0.113.1:8067/x\r\n", request.socket.output())

    def test_behind_a_header_requests_say_nothing_of_who_connects(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        self.knock(HELLO + GET, port=port)

        transport = self.web.doors[0].transport
        self.assertEqual((transport.peer.is_proxy, transport.getPeer().host), (False, "198.51.100.9"))

    def test_without_a_header_a_proxy_has_requests_only(self) -> None:
        self.knock(GET)
        self.knock(b"NICK ann\r\n")

        self.assertTrue(self.web.doors[0].transport.peer.is_proxy)
        self.assertEqual(self.conversations[0].refusals, [WANTS_HEADER])

    def test_within_tls_that_is_the_same(self) -> None:
        for text in (GET, b"NICK ann\r\n"):
            client = TlsClient()
            knock = self.enter(client)
            knock.says(client.encrypt(text))

        self.assertTrue(self.web.doors[0].transport.peer.is_proxy)
        self.assertEqual(self.conversations[0].refusals, [WANTS_HEADER])

    def test_a_proxy_may_speak_for_itself(self) -> None:
        for header in (LOCAL, b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ff::1 ff::2 1 2\r\n"):
            self.knock(header + b"NICK ann\r\n")

        self.assertEqual(
            [(conversation.peer.host, conversation.refusals) for conversation in self.conversations],
            [("127.0.0.1", [])] * 3,
        )

    def test_a_wrong_header_ends_the_connection(self) -> None:
        for header in (b"PROXY x\r\n", b"PROXY " + b"x" * 200, SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12):
            self.assert_cost_nothing(self.knock(header))

    def test_a_header_has_to_come_in_time(self) -> None:
        knock = self.knock(HELLO[:20])

        self.clock.advance(SILENCE_S)

        self.assert_cost_nothing(knock)

    def test_two_headers_are_one_too_many(self) -> None:
        port = self.port_for(admit_all, ("127.0.0.1",))

        self.knock(HELLO + HELLO + b"NICK ann\r\n", port=port)

        self.assertEqual(self.conversations[0].lines, [HELLO.strip(), b"NICK ann"])
        self.assertEqual(self.conversations[0].peer.host, "198.51.100.9")

    def test_from_anybody_else_a_header_is_a_bad_line_or_nothing_known(self) -> None:
        port = self.port_for(is_local_address, ("10.0.0.1",))

        self.knock(HELLO + b"NICK ann\r\n", port=port)
        binary = self.knock(BLOCK + b"NICK ann\r\n", port=port)

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
    def test_who_says_no_more_in_lines_still_listens(self) -> None:
        knock = self.knock(b"NICK ann\r\n")

        knock.door.readConnectionLost()

        self.assertTrue(self.conversations[0].is_finished)
        self.assertFalse(knock.socket.disconnecting)

    def test_for_all_others_that_is_the_end(self) -> None:
        for knock in (self.knock(), self.knock(b"G"), self.knock(GET), self.enter(TlsClient())):
            knock.door.readConnectionLost()

            self.assertTrue(knock.socket.disconnecting)

    def test_who_listens_no_more_is_dropped(self) -> None:
        knock = self.knock(b"NICK ann\r\n")

        knock.door.writeConnectionLost()

        self.assertTrue(knock.socket.aborted)

    def test_while_nothing_is_chosen_that_concerns_nobody(self) -> None:
        knock = self.knock()

        knock.door.writeConnectionLost()

        self.assertFalse(knock.socket.aborted)


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
        knock = self.enter(client)
        knock.says(client.encrypt(GET))

        self.web.doors[0].transport.loseConnection()
        self.clock.advance(GOODBYE_S)

        self.assertTrue(knock.socket.aborted)

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
        knock = self.enter(client)
        knock.says(client.encrypt(GET))
        transport = self.web.doors[0].transport
        knock.socket.output()
        transport.abortConnection()
        calls = knock.socket.straight.calls

        transport.write(b"x")
        transport.loseConnection()
        transport.abortConnection()

        self.assertEqual(knock.socket.straight.calls, calls)

    def test_a_socket_that_breaks_below_the_web_is_written_to_no_more(self) -> None:
        client = TlsClient()
        knock = self.enter(client)
        knock.says(client.encrypt(GET))
        knock.socket.straight.is_broken = True
        calls = knock.socket.straight.calls

        for _ in range(10):
            self.web.doors[0].transport.write(b"x" * 20_000)

        self.assertEqual((knock.socket.aborted, knock.socket.straight.calls - calls), (True, 1))

    def test_a_producer_of_the_webs_is_paused_and_asked_again(self) -> None:
        client = TlsClient()
        knock = self.enter(client)
        knock.says(client.encrypt(GET))
        transport, producer = self.web.doors[0].transport, Producer()
        transport.registerProducer(producer, True)
        knock.socket.straight.room = 100

        transport.write(b"x" * 1000)
        self.assertEqual(producer.calls, ["pause"])
        knock.socket.drain()
        self.assertEqual(producer.calls, ["pause", "resume"])
        transport.unregisterProducer()
        transport.loseConnection()

        self.assertEqual(client.input(knock.socket.output()), b"x" * 1000)
        self.assertTrue(client.said_goodbye)


class Producer:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        self.calls.append("resume")

    def stopProducing(self) -> None:
        self.calls.append("stop")
