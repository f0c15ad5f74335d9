"""The passage between a connection and what was chosen for it: its transport, and what the door found out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProducer,
    IPushProducer,
    ITransport,
)
from zope.interface import implementer

from simplechat.doors.net.direct_transport import DirectTransport
from simplechat.doors.net.writer import DirectSend, find_direct_send

RECORD_BYTES = 16384  # of text that one record of TLS holds


@dataclass(frozen=True, slots=True)
class ConnectionAddresses:
    """Between whom a connection is.

    Attributes:
        peer: Who connects, as a believed proxy says where there is one.
        host: To which address.
        is_proxied: True where the peer is a believed proxy, and so are the forwarding headers that it sends.
            Behind a PROXY header they are not: there they are the client's own.
        is_named: False where the peer is such a proxy, and has not said whom it connects.
    """

    peer: IAddress
    host: IAddress
    is_proxied: bool = False
    is_named: bool = True

    @property
    def address(self) -> str:
        """The peer's address; peers without one are on this machine."""
        address: str = getattr(self.peer, "host", "localhost")
        return address


@implementer(ITransport, IConsumer, IPushProducer)
class RoutedTransport:
    """The transport of a protocol that speaks on a connection as it is.

    Args:
        transport: The socket's own.
        origin: Between whom it is.

    Attributes:
        is_secure: Whether what is said is encrypted on its way.
        fingerprint: SHA-256 of the certificate that the peer showed, in hexadecimal; "" for none.
    """

    __slots__ = ("_transport", "origin")

    is_secure = False
    fingerprint = ""

    def __init__(self, transport: ITransport, origin: ConnectionAddresses) -> None:
        self._transport: Any = transport
        self.origin = origin

    @property
    def is_proxied(self) -> bool:
        """Whether the peer is a proxy whose forwarding headers are believed."""
        return self.origin.is_proxied

    @property
    def disconnecting(self) -> bool:
        """Whether the connection is about to end."""
        return bool(self._transport.disconnecting)

    def kernel(self) -> DirectSend | None:
        """Give the way past this transport; see `writer.find_direct_send`."""
        return find_direct_send(self._transport)

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        self._transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Write some pieces."""
        self._transport.writeSequence(data)

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Have a producer told when to go on."""
        self._transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Tell a producer nothing more."""
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Stop reading."""
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        """Read nothing more."""
        self._transport.stopProducing()

    def loseConnection(self) -> None:
        """End the connection once everything has been written."""
        self._transport.loseConnection()

    def loseWriteConnection(self) -> None:
        """Write nothing more, once everything has been written."""
        self._transport.loseWriteConnection()

    def abortConnection(self) -> None:
        """End the connection now."""
        self._transport.abortConnection()

    def getPeer(self) -> IAddress:
        """Give the address of who connects."""
        return self.origin.peer

    def getHost(self) -> IAddress:
        """Give the address that they connect to."""
        return self.origin.host


class SecureRoutedTransport(RoutedTransport):
    """The transport of a protocol that speaks within TLS.

    Args:
        transport: The socket's own.
        origin: Between whom it is.
        tls: What encrypts.
        below: What that writes to.
        fingerprint: See `RoutedTransport`.
    """

    __slots__ = ("_below", "_tls", "fingerprint")

    is_secure = True

    def __init__(
        self,
        transport: ITransport,
        origin: ConnectionAddresses,
        tls: Any,
        below: DirectTransport,
        fingerprint: str,
    ) -> None:
        super().__init__(transport, origin)
        self._tls = tls
        self._below = below
        self.fingerprint = fingerprint

    @property
    def disconnecting(self) -> bool:
        """Whether the connection is about to end."""
        return bool(self._tls.disconnecting)

    def kernel(self) -> DirectSend | None:
        """Give the way that encrypts and then goes straight to the socket."""
        return self._take

    def _take(self, data: bytes) -> int:
        """Encrypt and send as much as can be sent at once; tell how much that was."""
        below = self._below
        taken = 0
        while taken < len(data) and not below.is_blocked:
            self._tls.write(data[taken : taken + RECORD_BYTES])
            taken += RECORD_BYTES
        return min(taken, len(data))

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        self._tls.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Write some pieces."""
        self._tls.write(b"".join(data))

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Have a producer told when to go on; one that is pulled, when nothing waits below TLS."""
        (self._tls if streaming else self._below).registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Tell a producer nothing more."""
        self._below.unregisterProducer()
        self._tls.unregisterProducer()

    def loseConnection(self) -> None:
        """Say goodbye in TLS once everything has been written, and end."""
        if not self.disconnecting:
            self._tls.loseConnection()
            self._transport.resumeProducing()  # the peer's goodbye is to be read

    def loseWriteConnection(self) -> None:
        """End: TLS knows no half of a connection."""
        self.loseConnection()

    def abortConnection(self) -> None:
        """End the connection now."""
        self._tls.abortConnection()

    def getPeerCertificate(self) -> Any:
        """Give the certificate that the peer showed, if any."""
        return self._tls.getPeerCertificate()
