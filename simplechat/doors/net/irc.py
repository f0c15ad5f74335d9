"""The line protocol of IRC connections.

Spec: https://modern.ircdocs.horse/#client-to-server-protocol-structure
"""

from __future__ import annotations

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.net.connections import Connections
from simplechat.doors.net.writer import SocketWriter, find_direct_send
from simplechat.peer import peer_of

MAX_LINE_BYTES = 16384


@implementer(IHalfCloseableProtocol, IPushProducer)
class IrcProtocol(LineReceiver):
    """One IRC connection: lines that end with LF or CR LF go to its conversation.

    Args:
        connections: The registry of open connections.
        refusal: The reason to refuse the connection; "" to serve it.
    """

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, connections: Connections, refusal: str = "") -> None:
        self._connections = connections
        self._refusal = refusal
        self._is_all_read = False

    def connectionMade(self) -> None:
        assert self.transport is not None
        connections = self._connections
        direct_send = find_direct_send(self.transport)
        self.writer = SocketWriter(
            self.transport, direct_send, self, connections.clock, connections.sendq_bytes
        )
        self.conversation = connections.open(self.writer, peer_of(self.transport))
        self.conversation.begin()
        if self._refusal:
            self.conversation.refuse(self._refusal)

    def lineReceived(self, line: bytes) -> None:
        self.conversation.hear(line.removesuffix(b"\r"))

    def lineLengthExceeded(self, line: bytes) -> None:
        self.conversation.refuse("Line too long")

    def readConnectionLost(self) -> None:
        """Finish: the peer sends no more, as `printf ... | nc` does, but may still read."""
        self._is_all_read = True
        self._finish_unless_paused()

    def resumeProducing(self) -> None:
        """Read again; if the peer sends no more, handle what was read already."""
        if self._is_all_read:
            self.paused = False
            self.dataReceived(b"")
            self._finish_unless_paused()
        else:
            super().resumeProducing()

    def _finish_unless_paused(self) -> None:
        if not self.paused:
            self.conversation.finish()

    def writeConnectionLost(self) -> None:
        """Drop the connection: the peer reads no more."""
        self.writer.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.writer.connection_lost()
        self._connections.end(self.conversation, disconnect_reason(reason))


def disconnect_reason(reason: Failure) -> str:
    """Return for people why a connection is lost."""
    if reason.check(ConnectionDone):
        return "Connection closed"
    if reason.check(ConnectionAborted):
        return "Connection dropped: it did not read what it was sent"
    return "Connection lost"


class IrcFactory(Factory):
    """Builds the protocol of each IRC connection.

    Args:
        connections: Where its connections are kept.
    """

    noisy = False

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def buildProtocol(self, addr: IAddress | None) -> IrcProtocol:
        return IrcProtocol(self.connections)

    def build_refusing(self, reason: str) -> IrcProtocol:
        """Build a protocol that sends the reason and closes the connection."""
        return IrcProtocol(self.connections, reason)
