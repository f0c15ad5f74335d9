"""The two ends of the plain client: the connection to the server, and the terminal or the pipes."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.plain import Plain


class ServerLink(Protocol):
    """The connection to the server.

    Args:
        plain: Who talks.
        console: Slows the server down while nobody reads what is printed.
    """

    transport: Any  # of TCP; Twisted has no one interface that tells all that it can

    def __init__(self, plain: Plain, console: Console) -> None:
        self._plain = plain
        self._console = console

    def connectionMade(self) -> None:
        self.transport.setTcpKeepAlive(True)
        self.transport.registerProducer(self.transport, True)  # do not read what we could not answer
        self._console.slow_down(_Slowed(self.transport))
        self._plain.connected(self)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)

    def abort(self) -> None:
        """End the connection now."""
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        self._plain.heard(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._plain.lost("The server ended the connection")


@implementer(IPushProducer)
class _Slowed:
    """Reads from a transport at another's pace; when the other ends, the transport goes on."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def pauseProducing(self) -> None:
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        self._transport.resumeProducing()


class ServerLinks(Factory):
    """Makes the one link."""

    noisy = False

    def __init__(self, plain: Plain, console: Console) -> None:
        self._plain = plain
        self._console = console

    def buildProtocol(self, addr: IAddress | None) -> ServerLink:
        return ServerLink(self._plain, self._console)


@implementer(IHalfCloseableProtocol)
class Console(Protocol):
    """Standard input and output.

    Args:
        encoding: Of both.
        is_piped: True where nobody types.

    Attributes:
        closed: Fires when everything printed has gone out, or nobody reads it.
    """

    transport: Any  # StandardIO, of which no interface tells all that it can

    def __init__(self, encoding: str, *, is_piped: bool) -> None:
        self.encoding = encoding
        self.is_piped = is_piped
        self.closed: Deferred[None] = Deferred()
        self._plain: Plain | None = None
        self._is_slowing = False
        self._is_writable = True

    def begin(self, plain: Plain) -> None:
        """Hand what is typed to this talk from now on."""
        self._plain = plain

    def show(self, line: str) -> None:
        """Print a line."""
        if self._is_writable:
            self.transport.write(f"{line}\n".encode(self.encoding, "replace"))

    def pause(self) -> None:
        """Read no more."""
        self.transport.pauseProducing()

    def resume(self) -> None:
        """Read again."""
        self.transport.resumeProducing()

    def slow_down(self, producer: IPushProducer) -> None:
        """Have a producer wait while what is printed is not read."""
        self._is_slowing = self._is_writable
        self.transport.registerProducer(producer, True)

    def close(self) -> None:
        """Print what is left, then read and write no more; `closed` tells when."""
        self._plain = None
        if self._is_slowing:
            self._is_slowing = False
            self.transport.unregisterProducer()
        if self._is_writable:
            self.transport.loseConnection()
        else:
            self._close()

    def dataReceived(self, data: bytes) -> None:
        if self._plain is not None:
            self._plain.typed(data)

    def readConnectionLost(self) -> None:
        if self._plain is not None:
            self._plain.input_ended()

    def writeConnectionLost(self) -> None:
        self._is_writable = False
        if self._plain is not None:
            self._plain.screen_lost()
        else:
            self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._close()

    def _close(self) -> None:
        if not self.closed.called:
            self.closed.callback(None)
