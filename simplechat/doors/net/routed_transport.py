"""The transport of a protocol that the port has chosen: the socket's, and what is known of the peer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from simplechat.peer import Peer, host_of

RECORD_BYTES = 16384  # of plain text in one TLS record


@dataclass(frozen=True, slots=True)
class ConnectionAddresses:
    """The two addresses of a connection.

    Attributes:
        peer: The client's, as a trusted proxy says where there is one.
        host: This end's.
        is_proxy: True if the peer is a trusted proxy, whose forwarding headers are trusted, too. Behind a
            PROXY header they are not: there they come from the client.
        is_client_known: False if the peer is such a proxy that has not sent a PROXY header.
    """

    peer: IAddress
    host: IAddress
    is_proxy: bool = False
    is_client_known: bool = True

    @property
    def peer_host(self) -> str:
        """The peer's host; peers without one are on this machine."""
        return host_of(self.peer)


@implementer(ITransport, IConsumer, IPushProducer)
class RoutedTransport:
    """The transport of a protocol on a connection without TLS.

    Args:
        transport: The transport of the socket.
        addresses: The connection's.

    Attributes:
        peer: What is known of the peer.
    """

    __slots__ = ("_addresses", "_transport", "peer")

    def __init__(self, transport: ITransport, addresses: ConnectionAddresses) -> None:
        self._transport: Any = transport
        self._addresses = addresses
        self.peer = Peer(addresses.peer_host, getattr(addresses.peer, "port", 0), is_proxy=addresses.is_proxy)

    @property
    def disconnecting(self) -> bool:
        """Whether the connection is being closed."""
        return bool(self._transport.disconnecting)

    def direct_send(self) -> DirectSend | None:
        """Return what sends past this transport; see `find_direct_send`."""
        return find_direct_send(self._transport)

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Write several pieces."""
        self._transport.writeSequence(data)

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Register a producer."""
        self._transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Unregister the producer."""
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Stop reading."""
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        """Stop reading for good."""
        self._transport.stopProducing()

    def loseConnection(self) -> None:
        """Close the connection when everything is written."""
        self._transport.loseConnection()

    def loseWriteConnection(self) -> None:
        """Close the writing half when everything is written."""
        self._transport.loseWriteConnection()

    def abortConnection(self) -> None:
        """Close the connection at once."""
        self._transport.abortConnection()

    def getPeer(self) -> IAddress:
        """Return the client's address."""
        return self._addresses.peer

    def getHost(self) -> IAddress:
        """Return this end's address, as the client used it."""
        return self._addresses.host


class SecureRoutedTransport(RoutedTransport):
    """The transport of a protocol within TLS.

    Args:
        transport: The transport of the socket.
        addresses: The connection's.
        tls: The TLS protocol.
        below: The transport that TLS writes to.
    """

    __slots__ = ("_below", "_tls")

    def __init__(
        self, transport: ITransport, addresses: ConnectionAddresses, tls: Any, below: DirectTransport
    ) -> None:
        super().__init__(transport, addresses)
        self._tls = tls
        self._below = below
        self.peer = replace(self.peer, is_secure=True, fingerprint=tls.fingerprint)

    @property
    def disconnecting(self) -> bool:
        """Whether the connection is being closed."""
        return bool(self._tls.disconnecting)

    def direct_send(self) -> DirectSend | None:
        """Return what encrypts and then sends straight to the socket."""
        return self._encrypt_and_send

    def _encrypt_and_send(self, data: bytes) -> int:
        """Encrypt and send as much as the kernel takes at once; return how many bytes of `data` that was."""
        below = self._below
        taken = 0
        while taken < len(data) and not below.is_blocked:
            self._tls.write(data[taken : taken + RECORD_BYTES])
            taken += RECORD_BYTES
        return min(taken, len(data))

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._tls.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Write several pieces."""
        self._tls.write(b"".join(data))

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Register a producer; a pull producer is asked for more when nothing waits below TLS."""
        (self._tls if streaming else self._below).registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Unregister the producer."""
        self._below.unregisterProducer()
        self._tls.unregisterProducer()

    def loseConnection(self) -> None:
        """Close TLS when everything is written, and then the connection."""
        if not self.disconnecting:
            self._tls.loseConnection()
            self._transport.resumeProducing()  # to read the peer's close_notify

    def loseWriteConnection(self) -> None:
        """Close the connection: TLS has no half-closed state."""
        self.loseConnection()

    def abortConnection(self) -> None:
        """Close the connection at once."""
        self._tls.abortConnection()

    def getPeerCertificate(self) -> Any:
        """Return the certificate that the peer presented, None for none."""
        return self._tls.getPeerCertificate()
