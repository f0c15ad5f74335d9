"""The door for IRC as it is: lines over TCP.

Spec: https://modern.ircdocs.horse/#client-to-server-protocol-structure
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.wire import Wire, kernel_of
from simplechat.locale import marked

MAX_LINE_BYTES = 16384


class Talk(Protocol):
    """What a door wants of a conversation."""

    def begin(self) -> None:
        """Take note that the connection is there."""
        ...

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed."""
        ...

    def tick(self) -> None:
        """See whether the peer is still there."""
        ...

    def finish(self) -> None:
        """Take note that the peer says no more; it still hears the answers to what it said."""
        ...

    def refuse(self, reason: str) -> None:
        """Answer that nothing more is heard, and end."""
        ...

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        ...


Converse = Callable[[Wire, str, int], Talk]


@implementer(IHalfCloseableProtocol, IPushProducer)
class LineDoor(LineReceiver):
    """One connection that speaks lines, ended by LF or CR LF."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, factory: LineFactory) -> None:
        self._factory = factory
        self._is_all_read = False

    def connectionMade(self) -> None:
        assert self.transport is not None
        factory = self._factory
        factory.doors.add(self)
        peer = self.transport.getPeer()
        host = getattr(peer, "host", "localhost")
        kernel = kernel_of(self.transport)
        self.wire = Wire(self.transport, kernel, self, factory.clock, factory.sendq_bytes)
        self.talk = factory.converse(self.wire, host, getattr(peer, "port", 0))
        self.talk.begin()
        if not factory.admits(host):
            self.talk.refuse(marked("This server takes connections from its own machine only"))

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
        self.talk.lost(_told(reason))
        self._factory.left(self)


def _told(reason: Failure) -> str:
    """Say for people why a connection is gone."""
    if reason.check(ConnectionDone):
        return "Connection closed"
    if reason.check(ConnectionAborted):
        return "Connection dropped: it did not read what it was sent"
    return "Connection lost"


class LineFactory(Factory):
    """Makes a door for each connection.

    Args:
        converse: Begins a conversation over a wire, with the peer's address and port.
        clock: For waiting.
        sendq_bytes: See `Wire`.
        admits: Tells whether a peer at an address may speak without encryption.
    """

    noisy = False

    def __init__(
        self, converse: Converse, clock: IReactorTime, sendq_bytes: int, admits: Callable[[str], bool]
    ) -> None:
        self.converse = converse
        self.clock = clock
        self.sendq_bytes = sendq_bytes
        self.admits = admits
        self.doors: set[LineDoor] = set()
        self._emptied: list[Deferred[None]] = []

    def buildProtocol(self, addr: IAddress | None) -> LineDoor:
        return LineDoor(self)

    def tick(self) -> None:
        """Have every conversation see whether its peer is still there."""
        for door in tuple(self.doors):
            door.talk.tick()

    def left(self, door: LineDoor) -> None:
        """Take note that a door's connection is gone."""
        self.doors.discard(door)
        if not self.doors:
            emptied, self._emptied = self._emptied, []
            for each in emptied:
                each.callback(None)

    def emptied(self) -> Deferred[None]:
        """Give a Deferred that fires when no connection is left."""
        if not self.doors:
            return succeed(None)
        self._emptied.append(Deferred())
        return self._emptied[-1]


def anyone(host: str) -> bool:
    """Admit every peer."""
    return True


def nobody(host: str) -> bool:
    """Admit no peer."""
    return False


def loopback_only(host: str) -> bool:
    """Admit peers on this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
