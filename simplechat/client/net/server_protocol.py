"""The connection to the server."""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.interfaces import IPushProducer, ISSLTransport
from twisted.internet.protocol import Protocol as Connection
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.app import ChatApp
from simplechat.ip_addresses import is_of_this_machine
from simplechat.locale import gettext as _

TLS_ALERT = b"\x15\x03"  # how a server that speaks TLS only answers who does not


class SlowConsumer(Protocol):
    """What may not keep up with the server."""

    def register_producer(self, producer: IPushProducer) -> None:
        """Have a producer wait while what is printed is not read."""
        ...


class ServerProtocol(Connection):
    """One connection.

    Args:
        chat: Who talks.
        slow: Slows the server down.
    """

    transport: Any  # of TCP; Twisted has no one interface that tells all that it can

    def __init__(self, chat: ChatApp, slow: SlowConsumer) -> None:
        self._chat: ChatApp | None = chat
        self._slow = slow
        self._first = b""  # of what the server says

    @property
    def is_private(self) -> bool:
        """True where nobody can listen: it is encrypted, or does not leave the machine."""
        return ISSLTransport.providedBy(self.transport) or is_of_this_machine(
            getattr(self.transport.getPeer(), "host", "")
        )

    def connectionMade(self) -> None:
        self.transport.setTcpKeepAlive(True)
        self.transport.registerProducer(self.transport, True)  # do not read what we could not answer
        self._slow.register_producer(_Slowed(self.transport))
        if self._chat is not None:
            self._chat.connected(self)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)

    def abort(self) -> None:
        """End the connection now; nothing more is told of it."""
        self._chat = None
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        self._first = self._first or data[: len(TLS_ALERT)]
        if self._chat is not None:
            self._chat.data_received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._chat is not None:
            if self._first == TLS_ALERT:
                self._chat.server_rejected(_("It wants TLS: --tls"))
            else:
                self._chat.connection_lost(_("The server ended the connection"))


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
