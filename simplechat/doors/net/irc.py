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

from simplechat.doors.net.connections import Talks
from simplechat.doors.net.writer import Wire, kernel_of

MAX_LINE_BYTES = 16384


@implementer(IHalfCloseableProtocol, IPushProducer)
class LineDoor(LineReceiver):
    """One connection that speaks lines, ended by LF or CR LF.

    Args:
        talks: Where its talk is kept.
        refusal: Why nothing is heard; "" where all is.
    """

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, talks: Talks, refusal: str = "") -> None:
        self._talks = talks
        self._refusal = refusal
        self._is_all_read = False

    def connectionMade(self) -> None:
        assert self.transport is not None
        talks = self._talks
        peer = self.transport.getPeer()
        host = getattr(peer, "host", "localhost")
        kernel = kernel_of(self.transport)
        self.wire = Wire(self.transport, kernel, self, talks.clock, talks.sendq_bytes)
        is_secure = getattr(self.transport, "is_secure", False)
        fingerprint = getattr(self.transport, "fingerprint", "")
        port = getattr(peer, "port", 0)
        self.talk = talks.make(self.wire, host, port, is_secure=is_secure, fingerprint=fingerprint)
        self.talk.begin()
        if self._refusal:
            self.talk.refuse(self._refusal)

    def lineReceived(self, line: bytes) -> None:
        self.talk.hear(line.removesuffix(b"\r"))

    def lineLengthExceeded(self, line: bytes) -> None:
        self.talk.refuse("Line too long")

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
            self.talk.finish()

    def writeConnectionLost(self) -> None:
        """The peer listens no more."""
        self.wire.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.wire.gone()
        self._talks.end(self.talk, told(reason))


def told(reason: Failure) -> str:
    """Say for people why a connection is gone."""
    if reason.check(ConnectionDone):
        return "Connection closed"
    if reason.check(ConnectionAborted):
        return "Connection dropped: it did not read what it was sent"
    return "Connection lost"


class LineFactory(Factory):
    """Makes a door for each connection.

    Args:
        talks: Where its talks are kept.
    """

    noisy = False

    def __init__(self, talks: Talks) -> None:
        self.talks = talks

    def buildProtocol(self, addr: IAddress | None) -> LineDoor:
        return LineDoor(self.talks)

    def refuse(self, why: str) -> LineDoor:
        """Make a door that says why nothing is heard, and ends."""
        return LineDoor(self.talks, why)
