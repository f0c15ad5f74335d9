"""The port: TLS, IRC, HTTP and the PROXY protocol at one address, told apart by their first bytes.

The way of a connection, from the socket to a line:

1. A listening port of Twisted's calls `PortFactory.buildProtocol`, which returns a `PortProtocol`. That stays
   the socket's protocol until the end.
2. `PortProtocol` reads a PROXY header if the peer is a trusted proxy, and then sniffs (`sniffing.sniff`).
3. TLS: it forwards to a `TlsProtocol`, and that to a `DecryptedProtocol`, which sniffs again.
4. IRC: it forwards to an `IrcProtocol` (a `LineReceiver`, built by `IrcFactory`), which reads lines and has a
   conversation. HTTP: to an `HttpConnection` (built by `WebFactory`), which may become a WebSocket.
5. The chosen protocol's transport is a `RoutedTransport`, within TLS a `SecureRoutedTransport`: it knows the
   `Peer`, and how to send past the reactor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IHandshakeListener,
    IOpenSSLServerConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.http.single_response import SingleResponse, redirect_to_https
from simplechat.doors.net.direct_transport import DirectTransport
from simplechat.doors.net.irc import IrcFactory
from simplechat.doors.net.listening import format_address
from simplechat.doors.net.proxy_header import BadHeader, Proxies, may_be_header, read_header
from simplechat.doors.net.routed_transport import ConnectionAddresses, RoutedTransport, SecureRoutedTransport
from simplechat.doors.net.sniffing import WireProtocol, sniff
from simplechat.ip_addresses import ConnectionCounter, network_of
from simplechat.locale import marked

if TYPE_CHECKING:
    from simplechat.doors.tls.tls_protocol import TlsFactory, TlsProtocol

SILENCE_S = 30.0  # until a connection has sent enough to be sniffed
MAX_UNDECIDED = 100  # connections from one address that have not

WANTS_TLS = marked("This connection is not encrypted: connect to the same address and port with TLS")
WANTS_HEADER = marked("Connections from this proxy must begin with a PROXY protocol header")

IRC = b"irc"
HTTP = b"http/1.1"


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """Which peers may connect, and how.

    Attributes:
        admits: Tells whether a host may connect without TLS.
        proxies: The trusted proxies.
    """

    admits: Callable[[str], bool]
    proxies: Proxies


class PortFactory(Factory):
    """Builds the protocol of each connection to the port.

    Args:
        irc: Builds the protocols of IRC connections.
        make_web: Makes the factory of HTTP connections; called once, at the first request, since its imports
            take a while.
        rules: Which peers may connect.
        clock: For timeouts.

    Attributes:
        certificates: Creates the TLS connections; None until there is a certificate.
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        irc: IrcFactory,
        make_web: Callable[[], IProtocolFactory],
        rules: AdmissionRules,
        clock: IReactorTime,
    ) -> None:
        self.irc = irc
        self.rules = rules
        self.clock = clock
        self.certificates: IOpenSSLServerConnectionCreator | None = None
        self.undecided = ConnectionCounter(MAX_UNDECIDED)
        self._make_web = make_web
        self._web: IProtocolFactory | None = None
        self._tls_factory: TlsFactory | None = None

    def buildProtocol(self, addr: IAddress | None) -> PortProtocol:
        return PortProtocol(self)

    def web(self) -> IProtocolFactory:
        """Return the factory of HTTP connections."""
        if self._web is None:
            self._web = self._make_web()
        return self._web

    def build_http(self, addresses: ConnectionAddresses) -> IProtocol:
        """Build the protocol of an HTTP connection."""
        protocol = self.web().buildProtocol(addresses.peer)
        assert protocol is not None
        return protocol

    def build_tls(self, inner: DecryptedProtocol) -> TlsProtocol:
        """Build the TLS protocol around another one."""
        if self._tls_factory is None:
            from simplechat.doors.tls.tls_protocol import TlsFactory

            assert self.certificates is not None
            self._tls_factory = TlsFactory(self.certificates, self.clock)
        return self._tls_factory.protocol(self._tls_factory, inner)


class SniffingProtocol(Protocol):
    """Buffers the first bytes until they tell what the connection speaks, then forwards everything.

    Args:
        port: The factory.
    """

    def __init__(self, port: PortFactory) -> None:
        self._port = port
        self._first = b""
        self._chosen: IProtocol | None = None
        self._timeout: IDelayedCall | None = None

    @property
    def _socket(self) -> Any:
        return self.transport

    def _start_timeout(self) -> None:
        """Limit the time until the first bytes tell."""
        self._timeout = self._port.clock.callLater(SILENCE_S, self._reject)

    def dataReceived(self, data: bytes) -> None:
        if self._chosen is not None:
            self._chosen.dataReceived(data)
        else:
            self._first += data
            self._sniff()

    def _sniff(self) -> None:
        """Choose the protocol that takes over, if the first bytes tell."""
        spoken = sniff(self._first)
        if spoken is not None:
            self._choose(spoken)

    def _choose(self, spoken: WireProtocol) -> None:
        raise NotImplementedError

    def _reject(self) -> None:
        """Drop the connection without an answer, which the peer could not read."""
        self._first = b""
        self._decided()
        self._socket.abortConnection()

    def _decided(self) -> None:
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()

    def _hand_over(self, chosen: IProtocol, transport: Any) -> None:
        """Forward everything to the chosen protocol, from the first byte on."""
        first, self._first = self._first, b""
        self._decided()
        self._chosen = chosen
        chosen.makeConnection(transport)
        chosen.dataReceived(first)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._decided()
        if self._chosen is not None:
            self._chosen.connectionLost(reason)


@implementer(IHalfCloseableProtocol)
class PortProtocol(SniffingProtocol):
    """One connection to the port, from its first byte to its last."""

    def __init__(self, port: PortFactory) -> None:
        super().__init__(port)
        self._is_undecided = True

    def connectionMade(self) -> None:
        peer, host = self._socket.getPeer(), self._socket.getHost()
        self._addresses = ConnectionAddresses(peer, host)
        is_proxy = self._port.rules.proxies.trusts(self._addresses.peer_host)
        if is_proxy:
            self._addresses = ConnectionAddresses(peer, host, is_proxy=True, is_client_known=False)
        self._network = "" if is_proxy else network_of(self._addresses.peer_host)
        self._start_timeout()
        if not self._port.undecided.enter(self._network):
            self._reject()

    def _decided(self) -> None:
        super()._decided()
        if self._is_undecided:
            self._is_undecided = False
            self._port.undecided.leave(self._network)

    def _sniff(self) -> None:
        if not self._addresses.is_client_known and may_be_header(self._first) and not self._read_header():
            return
        super()._sniff()

    def _read_header(self) -> bool:
        """Read a proxy's PROXY header; return False while bytes are missing, or if it is malformed."""
        try:
            header = read_header(self._first)
        except BadHeader:
            self._port.log.warn(
                "A proxy, {peer}, sent a malformed PROXY header", peer=self._addresses.peer_host
            )
            self._reject()
            return False
        if header is None:
            return False
        self._first = self._first[header.size :]
        known = self._addresses
        self._addresses = ConnectionAddresses(header.peer or known.peer, header.host or known.host)
        return bool(self._first)

    def _choose(self, spoken: WireProtocol) -> None:
        if spoken is WireProtocol.TLS and self._port.certificates is not None:
            self._start_tls()
        elif spoken is WireProtocol.IRC:
            self._hand_over(self._build_irc(), RoutedTransport(self._socket, self._addresses))
        elif spoken is WireProtocol.HTTP:
            self._hand_over(self._build_http(), RoutedTransport(self._socket, self._addresses))
        else:
            self._reject()

    def _start_tls(self) -> None:
        below = DirectTransport(self._socket)
        inner = DecryptedProtocol(self._port, self._socket, self._addresses, below)
        self._hand_over(self._port.build_tls(inner), below)

    def _build_irc(self) -> IProtocol:
        irc = self._port.irc
        if not self._addresses.is_client_known:
            return irc.build_refusing(WANTS_HEADER)
        if not self._port.rules.admits(self._addresses.peer_host):
            return irc.build_refusing(WANTS_TLS)
        return irc.buildProtocol(self._addresses.peer)

    def _build_http(self) -> IProtocol:
        if not self._port.rules.admits(self._addresses.peer_host):
            own = format_address(self._addresses.host)
            return SingleResponse(redirect_to_https(own), self._port.clock)
        if ITCPTransport.providedBy(self._socket):
            self._socket.setTcpNoDelay(True)
        return self._port.build_http(self._addresses)

    def readConnectionLost(self) -> None:
        """Pass on that the peer sends no more; close what cannot answer on a half-closed connection."""
        half = IHalfCloseableProtocol(self._chosen, None)
        if half is not None:
            half.readConnectionLost()
        else:
            self._socket.loseConnection()

    def writeConnectionLost(self) -> None:
        """Pass on that the peer reads no more."""
        half = IHalfCloseableProtocol(self._chosen, None)
        if half is not None:
            half.writeConnectionLost()


@implementer(IHandshakeListener)
class DecryptedProtocol(SniffingProtocol):
    """The inside of a TLS connection, which is IRC or HTTP.

    Args:
        port: The factory.
        outside: The transport of the socket.
        addresses: The connection's.
        below: The transport that TLS writes to.
    """

    def __init__(
        self, port: PortFactory, outside: Any, addresses: ConnectionAddresses, below: DirectTransport
    ) -> None:
        super().__init__(port)
        self._outside = outside
        self._addresses = addresses
        self._below = below
        self._negotiated: bytes | None = None

    def handshakeCompleted(self) -> None:
        """Store the protocol that ALPN negotiated, and wait for the first bytes inside."""
        tls: TlsProtocol = self._socket
        tls.end_handshake()
        self._negotiated = tls.negotiatedProtocol
        self._start_timeout()

    def dataReceived(self, data: bytes) -> None:
        if not self._socket.disconnecting:
            super().dataReceived(data)

    def _sniff(self) -> None:
        if self._negotiated == HTTP:
            self._choose(WireProtocol.HTTP)
        else:
            super()._sniff()

    def _choose(self, spoken: WireProtocol) -> None:
        if spoken is WireProtocol.HTTP and self._negotiated != IRC:
            chosen = self._port.build_http(self._addresses)
        elif spoken is WireProtocol.IRC:
            chosen = self._build_irc()
        else:
            self._reject()
            return
        transport = SecureRoutedTransport(self._outside, self._addresses, self._socket, self._below)
        self._hand_over(chosen, transport)

    def _build_irc(self) -> IProtocol:
        irc, addresses = self._port.irc, self._addresses
        return (
            irc.buildProtocol(addresses.peer)
            if addresses.is_client_known
            else irc.build_refusing(WANTS_HEADER)
        )
