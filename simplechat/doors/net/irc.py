"""The door for IRC as it is: lines over TCP.

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

MAX_LINE_BYTES = 16384


@implementer(IHalfCloseableProtocol, IPushProducer)
class IrcProtocol(LineReceiver):
    """One connection that speaks lines, ended by LF or CR LF.

    Args:
        connections: Where its conversation is kept.
        refusal: Why nothing is heard; "" where all is.
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
        peer = self.transport.getPeer()
        host = getattr(peer, "host", "localhost")
        kernel = find_direct_send(self.transport)
        self.writer = SocketWriter(self.transport, kernel, self, connections.clock, connections.sendq_bytes)
        is_secure = getattr(self.transport, "is_secure", False)
        fingerprint = getattr(self.transport, "fingerprint", "")
        port = getattr(peer, "port", 0)
        self.conversation = connections.make(
            self.writer, host, port, is_secure=is_secure, fingerprint=fingerprint
        )
        self.conversation.begin()
        if self._refusal:
            self.conversation.refuse(self._refusal)

    def lineReceived(self, line: bytes) -> None:
        self.conversation.hear(line.removesuffix(b"\r"))

    def lineLengthExceeded(self, line: bytes) -> None:
        self.conversation.refuse("Line too long")

    def readConnectionLost(self) -> None:
        """The peer says no more, as `printf ... | nc` does, but may still listen."""
        self._is_all_read = True
        self._finish_if_all_heard()

    def resumeProducing(self) -> None:
        """Read on, or hear what was read already where the peer says no more."""
        if self._is_all_read:
            self.paused = False
            self.dataReceived(b"")
            self._finish_if_all_heard()
        else:
            super().resumeProducing()

    def _finish_if_all_heard(self) -> None:
        if not self.paused:
            self.conversation.finish()

    def writeConnectionLost(self) -> None:
        """The peer listens no more."""
        self.writer.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.writer.gone()
        self._connections.end(self.conversation, disconnect_reason(reason))


def disconnect_reason(reason: Failure) -> str:
    """Say for people why a connection is gone."""
    if reason.check(ConnectionDone):
        return "Connection closed"
    if reason.check(ConnectionAborted):
        return "Connection dropped: it did not read what it was sent"
    return "Connection lost"


class IrcFactory(Factory):
    """Makes a door for each connection.

    Args:
        connections: Where its connections are kept.
    """

    noisy = False

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def buildProtocol(self, addr: IAddress | None) -> IrcProtocol:
        return IrcProtocol(self.connections)

    def refuse(self, why: str) -> IrcProtocol:
        """Make a door that says why nothing is heard, and ends."""
        return IrcProtocol(self.connections, why)
