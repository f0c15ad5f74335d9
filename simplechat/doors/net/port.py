"""The port: one door for whoever knocks, with or without TLS, for IRC, a page or a proxy.

What a connection speaks is told from its first bytes. The door stays the transport's protocol and forwards
to what it chose: a door for lines, one for HTTP, or the TLS within which it looks again.
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
from simplechat.ip_addresses import network_of
from simplechat.locale import marked

if TYPE_CHECKING:
    from simplechat.doors.tls.tls_protocol import TlsFactory, TlsProtocol

SILENCE_S = 30.0  # until it is told what a connection speaks
MAX_UNDECIDED = 100  # connections from one address of which that is not told yet

WANTS_TLS = marked("This connection is not encrypted: please come to the same address and port with TLS")
WANTS_HEADER = marked("This address is a proxy's, which has to say whom it connects (the PROXY protocol)")

IRC = b"irc"
HTTP = b"http/1.1"


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """Who is let in, and how.

    Attributes:
        admits: Tells whether a peer at an address may speak without encryption.
        proxies: Who is believed about whom they connect.
    """

    admits: Callable[[str], bool]
    proxies: Proxies


class PortFactory(Factory):
    """Makes a door for each connection.

    Args:
        lines: Makes the doors for IRC.
        web: Makes what makes those for HTTP; called once, with the first request, since that takes a while.
        rules: Who is let in.
        clock: For limits.

    Attributes:
        certificates: What is shown to whoever comes with TLS; None as long as nobody can.
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        lines: IrcFactory,
        web: Callable[[], IProtocolFactory],
        rules: AdmissionRules,
        clock: IReactorTime,
    ) -> None:
        self.lines = lines
        self.rules = rules
        self.clock = clock
        self.certificates: IOpenSSLServerConnectionCreator | None = None
        self._make_web = web
        self._web: IProtocolFactory | None = None
        self._tls_factory: TlsFactory | None = None
        self._undecided: dict[str, int] = {}

    def buildProtocol(self, addr: IAddress | None) -> PortProtocol:
        return PortProtocol(self)

    def web(self) -> IProtocolFactory:
        """Give what makes the doors for HTTP."""
        if self._web is None:
            self._web = self._make_web()
        return self._web

    def for_http(self, origin: ConnectionAddresses) -> IProtocol:
        """Make a door for HTTP."""
        door = self.web().buildProtocol(origin.peer)
        assert door is not None
        return door

    def unwrap(self, inner: DecryptedProtocol) -> TlsProtocol:
        """Make the TLS around what is within it."""
        if self._tls_factory is None:
            from simplechat.doors.tls.tls_protocol import TlsFactory

            assert self.certificates is not None
            self._tls_factory = TlsFactory(self.certificates, self.clock)
        return self._tls_factory.protocol(self._tls_factory, inner)

    def enter(self, place: str) -> bool:
        """Note a connection that is undecided; False where there are too many from one place."""
        count = self._undecided.get(place, 0) + 1
        self._undecided[place] = count
        return not place or count <= MAX_UNDECIDED

    def leave(self, place: str) -> None:
        """Note that a connection is undecided no more."""
        self._undecided[place] -= 1
        if not self._undecided[place]:
            del self._undecided[place]


class SniffingProtocol(Protocol):
    """A connection of which it is to be told what it speaks, and then what it says is forwarded.

    Args:
        port: What it belongs to.
    """

    def __init__(self, port: PortFactory) -> None:
        self._port = port
        self._first = b""
        self._chosen: IProtocol | None = None
        self._limit: IDelayedCall | None = None

    @property
    def _socket(self) -> Any:
        return self.transport

    def _wait(self) -> None:
        """Give the peer some time to say anything that tells."""
        self._limit = self._port.clock.callLater(SILENCE_S, self._turn_away)

    def dataReceived(self, data: bytes) -> None:
        if self._chosen is not None:
            self._chosen.dataReceived(data)
        else:
            self._first += data
            self._look()

    def _look(self) -> None:
        """Choose what goes on with the connection, if its first bytes tell."""
        tongue = sniff(self._first)
        if tongue is not None:
            self._choose(tongue)

    def _choose(self, tongue: WireProtocol) -> None:
        raise NotImplementedError

    def _turn_away(self) -> None:
        """End the connection at little cost, of a peer that could not do anything with an answer."""
        self._first = b""
        self._decided()
        self._socket.abortConnection()

    def _decided(self) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()

    def _hand_over(self, chosen: IProtocol, transport: Any) -> None:
        """Forward everything, from the first byte on."""
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
    """One connection, from its first byte to its last."""

    def __init__(self, port: PortFactory) -> None:
        super().__init__(port)
        self._is_undecided = True

    def connectionMade(self) -> None:
        peer = self._socket.getPeer()
        self._origin = ConnectionAddresses(peer, self._socket.getHost())
        is_proxied = self._port.rules.proxies.trusts(self._origin.address)
        if is_proxied:
            self._origin = ConnectionAddresses(peer, self._socket.getHost(), is_proxied=True, is_named=False)
        self._place = "" if is_proxied else network_of(self._origin.address)
        self._wait()
        if not self._port.enter(self._place):
            self._turn_away()

    def _decided(self) -> None:
        super()._decided()
        if self._is_undecided:
            self._is_undecided = False
            self._port.leave(self._place)

    def _look(self) -> None:
        if not self._origin.is_named and may_be_header(self._first) and not self._read_header():
            return
        super()._look()

    def _read_header(self) -> bool:
        """Take note of what a proxy says; False where it has not said all of it, or nothing that counts."""
        try:
            header = read_header(self._first)
        except BadHeader:
            self._port.log.warn(
                "A proxy, {peer}, sent a PROXY header that is wrong", peer=self._origin.address
            )
            self._turn_away()
            return False
        if header is None:
            return False
        self._first = self._first[header.size :]
        peer, host = header.peer or self._origin.peer, header.host or self._origin.host
        self._origin = ConnectionAddresses(peer, host)
        return bool(self._first)

    def _choose(self, tongue: WireProtocol) -> None:
        if tongue is WireProtocol.TLS and self._port.certificates is not None:
            self._unwrap()
        elif tongue is WireProtocol.IRC:
            self._hand_over(self._for_lines(), RoutedTransport(self._socket, self._origin))
        elif tongue is WireProtocol.HTTP:
            self._hand_over(self._for_http(), RoutedTransport(self._socket, self._origin))
        else:
            self._turn_away()

    def _unwrap(self) -> None:
        below = DirectTransport(self._socket)
        self._hand_over(
            self._port.unwrap(DecryptedProtocol(self._port, self._socket, self._origin, below)), below
        )

    def _for_lines(self) -> IProtocol:
        lines = self._port.lines
        if not self._origin.is_named:
            return lines.refuse(WANTS_HEADER)
        if not self._port.rules.admits(self._origin.address):
            return lines.refuse(WANTS_TLS)
        return lines.buildProtocol(self._origin.peer)

    def _for_http(self) -> IProtocol:
        if not self._port.rules.admits(self._origin.address):
            return SingleResponse(redirect_to_https(format_address(self._origin.host)), self._port.clock)
        if ITCPTransport.providedBy(self._socket):
            self._socket.setTcpNoDelay(True)
        return self._port.for_http(self._origin)

    def readConnectionLost(self) -> None:
        """The peer says no more; who speaks lines may still listen."""
        half = IHalfCloseableProtocol(self._chosen, None)
        if half is not None:
            half.readConnectionLost()
        else:
            self._socket.loseConnection()

    def writeConnectionLost(self) -> None:
        """The peer listens no more."""
        half = IHalfCloseableProtocol(self._chosen, None)
        if half is not None:
            half.writeConnectionLost()


@implementer(IHandshakeListener)
class DecryptedProtocol(SniffingProtocol):
    """What is within the TLS of one connection.

    Args:
        port: What it belongs to.
        outside: The socket's transport.
        origin: Between whom it is.
        below: What TLS writes to.
    """

    def __init__(
        self, port: PortFactory, outside: Any, origin: ConnectionAddresses, below: DirectTransport
    ) -> None:
        super().__init__(port)
        self._outside = outside
        self._origin = origin
        self._below = below
        self._agreed: bytes | None = None

    def handshakeCompleted(self) -> None:
        """Take note of what was agreed on."""
        tls: TlsProtocol = self._socket
        tls.settle()
        self._agreed = tls.negotiatedProtocol
        self._wait()

    def dataReceived(self, data: bytes) -> None:
        if not self._socket.disconnecting:
            super().dataReceived(data)

    def _look(self) -> None:
        if self._agreed == HTTP:
            self._choose(WireProtocol.HTTP)
        else:
            super()._look()

    def _choose(self, tongue: WireProtocol) -> None:
        if tongue is WireProtocol.HTTP and self._agreed != IRC:
            chosen = self._port.for_http(self._origin)
        elif tongue is WireProtocol.IRC:
            chosen = self._for_lines()
        else:
            self._turn_away()
            return
        tls: TlsProtocol = self._socket
        self._hand_over(
            chosen, SecureRoutedTransport(self._outside, self._origin, tls, self._below, tls.fingerprint)
        )

    def _for_lines(self) -> IProtocol:
        lines = self._port.lines
        return lines.buildProtocol(self._origin.peer) if self._origin.is_named else lines.refuse(WANTS_HEADER)
