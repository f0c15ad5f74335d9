"""A transport for TLS that sends its records straight to the socket while the kernel takes them.

The rest goes through the socket's own transport, as with a `SocketWriter`; producers are paused meanwhile.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IConsumer, IProducer, IPullProducer, ITransport
from zope.interface import implementer

from simplechat.doors.net.writer import find_direct_send, send_now


@implementer(ITransport, IConsumer, IPullProducer)
class DirectTransport:
    """The transport that the TLS of one connection writes to.

    Args:
        transport: The transport of the socket.

    Attributes:
        is_blocked: True while bytes wait that the kernel has not taken.
        is_gone: True once nothing can be written.
    """

    __slots__ = (
        "_direct_send",
        "_is_pulling",
        "_is_registering",
        "_producer",
        "_transport",
        "is_blocked",
        "is_gone",
    )

    def __init__(self, transport: ITransport) -> None:
        self._transport: Any = transport
        self._direct_send = find_direct_send(transport)
        self._producer: Any = None
        self._is_pulling = False
        self._is_registering = False
        self.is_blocked = False
        self.is_gone = False

    def write(self, data: bytes) -> None:
        """Write bytes, behind everything written before."""
        if self.is_gone:
            return
        if self.is_blocked or self._direct_send is None:
            self._transport.write(data)
            return
        sent = send_now(self._direct_send, data)
        if sent is None:
            self.abortConnection()
        elif sent < len(data):
            self._transport.write(data[sent:])
            self._block()

    def writeSequence(self, data: Any) -> None:
        """Write several pieces."""
        self.write(b"".join(data))

    def _block(self) -> None:
        """Write through the transport until nothing waits."""
        self.is_blocked = True
        self._is_registering = True
        self._transport.registerProducer(self, False)
        self._is_registering = False
        if self._producer is not None and not self._is_pulling:
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """Resume the producer or direct sending: the transport has written all that it had."""
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
        """Stop the producer: the transport has lost its connection."""
        self.is_gone = True
        if self._producer is not None:
            self._producer.stopProducing()

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Register a producer.

        A push producer is paused while bytes wait. A pull producer may register while bytes wait; it is
        asked for more whenever they were written.
        """
        if self._producer is not None:
            raise RuntimeError("there is a producer already")
        self._producer = producer
        self._is_pulling = not streaming
        if self.is_blocked and streaming:
            self._producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """Unregister the producer."""
        self._producer = None

    def loseConnection(self) -> None:
        """Close the connection when everything is written."""
        self._transport.loseConnection()

    def abortConnection(self) -> None:
        """Close the connection at once."""
        self.is_gone = True
        if self.is_blocked:
            self.is_blocked = False
            self._transport.unregisterProducer()
        self._transport.abortConnection()

    def getPeer(self) -> IAddress:
        """Return the peer's address."""
        peer: IAddress = self._transport.getPeer()
        return peer

    def getHost(self) -> IAddress:
        """Return this end's address."""
        host: IAddress = self._transport.getHost()
        return host
