"""Bytes in, lines out: the protocol of IRC connections."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from simplechat.doors.net.connections import Connections
from simplechat.doors.net.irc import IrcFactory, IrcProtocol
from simplechat.doors.net.writer import SocketWriter
from simplechat.peer import Peer


class RecordedConversation:
    """Records what it hears."""

    def __init__(self, writer: SocketWriter, peer: Peer) -> None:
        self.writer = writer
        self.peer = peer
        self.heard: list[bytes] = []
        self.refusals: list[str] = []
        self.losses: list[str] = []
        self.has_begun = False
        self.is_finished = False
        self.ticks = 0

    def hear(self, line: bytes) -> None:
        self.heard.append(line)
        if line == b"hold":
            self.writer.pause()

    def begin(self) -> None:
        self.has_begun = True

    def tick(self) -> None:
        self.ticks += 1

    def finish(self) -> None:
        self.is_finished = True

    def refuse(self, reason: str) -> None:
        self.refusals.append(reason)

    def lost(self, reason: str) -> None:
        self.losses.append(reason)


class SecureTransport(StringTransport):
    """A transport that encrypts, for a peer with a certificate."""

    peer = Peer("192.0.2.7", 5, is_secure=True, fingerprint="abc")


@implementer(IAddress)
class NoAddress:
    """A peer without an address."""


class IrcProtocolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.conversations: list[RecordedConversation] = []
        self.connections = Connections(self.start_conversation, Clock(), 1 << 20)
        self.factory = IrcFactory(self.connections)

    def start_conversation(self, writer: SocketWriter, peer: Peer) -> RecordedConversation:
        """Start a conversation that records what it hears."""
        self.conversations.append(RecordedConversation(writer, peer))
        return self.conversations[-1]

    def connect(self, peer: object = None) -> IrcProtocol:
        """Connect."""
        protocol = self.factory.buildProtocol(None)
        protocol.makeConnection(StringTransport(peerAddress=peer or IPv4Address("TCP", "127.0.0.1", 5)))
        return protocol

    def test_lines_end_with_lf_or_cr_lf_however_they_are_cut(self) -> None:
        protocol = self.connect()

        for piece in (b"a\r\nb", b"\nc\r", b"\n", b"\r\n", b"d\re\n"):
            protocol.dataReceived(piece)

        self.assertEqual(self.conversations[0].heard, [b"a", b"b", b"c", b"", b"d\re"])

    def test_too_much_without_a_line_end_is_refused(self) -> None:
        protocol = self.connect()

        protocol.dataReceived(b"x" * 16384)
        self.assertEqual(self.conversations[0].refusals, [])
        protocol.dataReceived(b"xx")

        self.assertEqual(self.conversations[0].refusals, ["Line too long"])

    def test_a_pause_holds_the_rest_of_what_was_read(self) -> None:
        protocol = self.connect()

        protocol.dataReceived(b"a\nhold\nb\nc\n")
        self.assertEqual(self.conversations[0].heard, [b"a", b"hold"])
        self.conversations[0].writer.resume()

        self.assertEqual(self.conversations[0].heard, [b"a", b"hold", b"b", b"c"])

    def test_the_peers_address_is_told(self) -> None:
        for peer in (IPv6Address("TCP", "::1", 5), UNIXAddress("x"), NoAddress()):
            self.connect(peer)

        self.assertEqual(
            [conversation.peer.host for conversation in self.conversations], ["::1", "localhost", "localhost"]
        )

    def test_a_lost_connection_is_told(self) -> None:
        protocol = self.connect()

        protocol.connectionLost(Failure(ConnectionResetError()))

        self.assertEqual(self.conversations[0].losses, ["Connection lost"])

    def test_a_half_closed_connection_finishes_once_all_lines_were_handled(self) -> None:
        protocol = self.connect()
        protocol.dataReceived(b"a\nb\n")

        protocol.readConnectionLost()

        self.assertEqual(
            (self.conversations[0].heard, self.conversations[0].is_finished), ([b"a", b"b"], True)
        )

    def test_what_a_pause_holds_is_heard_although_the_peer_says_no_more(self) -> None:
        protocol = self.connect()
        protocol.dataReceived(b"a\nhold\nb\nhold\nc\n")

        protocol.readConnectionLost()
        self.assertEqual(
            (self.conversations[0].heard, self.conversations[0].is_finished), ([b"a", b"hold"], False)
        )
        self.conversations[0].writer.resume()
        self.assertEqual(
            (self.conversations[0].heard[2:], self.conversations[0].is_finished), ([b"b", b"hold"], False)
        )
        self.conversations[0].writer.resume()

        self.assertEqual((self.conversations[0].heard[4:], self.conversations[0].is_finished), ([b"c"], True))

    def test_a_line_without_an_end_is_not_a_line_when_the_peer_says_no_more(self) -> None:
        protocol = self.connect()
        protocol.dataReceived(b"a\nQUI")

        protocol.readConnectionLost()

        self.assertEqual((self.conversations[0].heard, self.conversations[0].is_finished), ([b"a"], True))

    def test_a_tick_checks_every_open_connection(self) -> None:
        self.connect()
        self.connect().connectionLost()

        self.connections.tick()

        self.assertEqual([conversation.ticks for conversation in self.conversations], [1, 0])

    def test_it_is_known_when_no_connection_is_left(self) -> None:
        self.successResultOf(self.connections.when_empty())
        protocol, other = self.connect(), self.connect()
        emptied = self.connections.when_empty()

        protocol.connectionLost()
        self.assertNoResult(emptied)
        other.connectionLost()

        self.successResultOf(emptied)

    def test_a_refused_client_is_told_the_reason(self) -> None:
        protocol = self.factory.build_refusing("not here")

        protocol.makeConnection(StringTransport())

        self.assertEqual(
            (self.conversations[0].has_begun, self.conversations[0].refusals), (True, ["not here"])
        )

    def test_what_the_transport_knows_of_the_peer_is_told(self) -> None:
        protocol = self.factory.buildProtocol(None)

        protocol.makeConnection(SecureTransport())

        self.assertEqual(
            (self.conversations[0].peer.is_secure, self.conversations[0].peer.fingerprint), (True, "abc")
        )
