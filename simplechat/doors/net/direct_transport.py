"""What lies below TLS: its bytes go straight to the socket while that takes what it is given.

As with a `SocketWriter`, what the kernel does not take goes the ordinary way, and writers are told to wait.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IConsumer, IProducer, IPullProducer, ITransport
from zope.interface import implementer

from simplechat.doors.net.writer import find_direct_send


@implementer(ITransport, IConsumer, IPullProducer)
class DirectTransport:
    """The transport that the TLS of one connection writes to.

    Args:
        transport: The socket's own.

    Attributes:
        is_blocked: True while bytes wait that the kernel did not take.
        is_gone: True once nothing can be written any more.
    """

    __slots__ = (
        "_is_pulling",
        "_is_registering",
        "_kernel",
        "_producer",
        "_transport",
        "is_blocked",
        "is_gone",
    )

    def __init__(self, transport: ITransport) -> None:
        self._transport: Any = transport
        self._kernel = find_direct_send(transport)
        self._producer: Any = None
        self._is_pulling = False
        self._is_registering = False
        self.is_blocked = False
        self.is_gone = False

    def write(self, data: bytes) -> None:
        """Write some bytes, behind everything written before."""
        if self.is_gone:
            return
        if self.is_blocked or self._kernel is None:
            self._transport.write(data)
            return
        try:
            sent = self._kernel(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abortConnection()  # while reading is paused nobody else would notice
            return
        if sent < len(data):
            self._transport.write(data[sent:])
            self._block()

    def writeSequence(self, data: Any) -> None:
        """Write some pieces."""
        self.write(b"".join(data))

    def _block(self) -> None:
        """Go the ordinary way until nothing waits."""
        self.is_blocked = True
        self._is_registering = True
        self._transport.registerProducer(self, False)
        self._is_registering = False
        if self._producer is not None and not self._is_pulling:
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """The transport has written all that it had: let more come, or go straight again."""
        if self._is_registering:  # registering calls this at once, while there are bytes
            return
        if self._producer is not None and self._is_pulling:
            self._producer.resumeProducing()
        if self._producer is None or not self._is_pulling:
            self._unblock()

    def _unblock(self) -> None:
        if not self.is_blocked:
            return
        self.is_blocked = False
        self._transport.unregisterProducer()
        if self._producer is not None:
            self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """The transport has lost its connection."""
        self.is_gone = True
        if self._producer is not None:
            self._producer.stopProducing()

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Have a producer told when to wait.

        One that is pulled comes while bytes wait, and is asked for more whenever they were written.
        """
        if self._producer is not None:
            raise RuntimeError("there is a producer already")
        self._producer = producer
        self._is_pulling = not streaming
        if self.is_blocked and streaming:
            self._producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """Tell a producer nothing more."""
        self._producer = None

    def loseConnection(self) -> None:
        """End the connection once everything has been written."""
        self._transport.loseConnection()

    def abortConnection(self) -> None:
        """End the connection now."""
        self.is_gone = True
        if self.is_blocked:
            self.is_blocked = False
            self._transport.unregisterProducer()
        self._transport.abortConnection()

    def getPeer(self) -> IAddress:
        """Give the peer's address."""
        peer: IAddress = self._transport.getPeer()
        return peer

    def getHost(self) -> IAddress:
        """Give this end's address."""
        host: IAddress = self._transport.getHost()
        return host
