"""The Twisted protocol that connects the application to a server."""

from __future__ import annotations

from typing import Any

from twisted.internet import protocol
from twisted.internet.interfaces import IPushProducer, ISSLTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.app import ChatApp
from simplechat.client.interfaces import UserInterface
from simplechat.ip_addresses import is_local_address
from simplechat.locale import gettext as _

TLS_ALERT = b"\x15\x03"  # how a server answers that speaks nothing but TLS


class ServerProtocol(protocol.Protocol):
    """One connection to a server.

    Args:
        chat: The application.
        interface: The user interface; while it cannot write its output, we stop reading.
    """

    transport: Any  # of TCP; no interface of Twisted has all of its methods

    def __init__(self, chat: ChatApp, interface: UserInterface) -> None:
        self._chat: ChatApp | None = chat
        self._interface = interface
        self._first_bytes = b""  # from the server

    @property
    def is_private(self) -> bool:
        """True if nobody can read along: it is encrypted, or does not leave the machine."""
        return ISSLTransport.providedBy(self.transport) or is_local_address(
            getattr(self.transport.getPeer(), "host", "")
        )

    def connectionMade(self) -> None:
        self.transport.setTcpKeepAlive(True)
        self.transport.registerProducer(self.transport, True)  # stop reading while our answers are not read
        self._interface.register_producer(_Throttle(self.transport))
        if self._chat is not None:
            self._chat.connected(self)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)

    def abort(self) -> None:
        """Close the connection now; the application hears nothing more of it."""
        self._chat = None
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        self._first_bytes = self._first_bytes or data[: len(TLS_ALERT)]
        if self._chat is not None:
            self._chat.data_received(data)

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:
        if self._chat is not None:
            if self._first_bytes == TLS_ALERT:
                self._chat.server_rejected(_("The server wants TLS: use --tls"))
            else:
                self._chat.connection_lost(_("The server ended the connection"))


@implementer(IPushProducer)
class _Throttle:
    """Pauses reading from a transport with the consumer of its data; goes on reading when that is gone."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def pauseProducing(self) -> None:
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        self._transport.resumeProducing()
