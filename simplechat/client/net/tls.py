"""TLS to a server: the handshake, and why it failed, before anything is said inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHandshakeListener,
    IOpenSSLClientConnectionCreator,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.net.known_servers import ServerNotTrusted
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from OpenSSL.SSL import Connection

ALPN_PROTOCOL = b"irc"  # as ALPN names what is inside
NOT_TLS_REASONS = frozenset({"wrong version number", "packet length too long", "record layer failure"})
"""What OpenSSL says of an answer that is no TLS."""

CheckChain = Callable[[Sequence["Certificate"]], None]


class TlsUnavailable(Exception):
    """There is no TLS to be had; the text says why, and what to do."""


@implementer(IHandshakeListener)
class TlsHandshake(Protocol):
    """Stands between TLS and a link until the server is trusted, and hands on all that comes then.

    Args:
        judge: Looks at what the server shows, its own certificate first; raises ServerNotTrusted.
        link: What speaks inside; None where nothing is to be said, and the connection ends.

    Attributes:
        shaken: Fires when the server is trusted, or with TlsUnavailable or ServerNotTrusted.
    """

    transport: Any  # of TLS; Twisted has no one interface that tells all that it can

    def __init__(self, judge: CheckChain, link: Protocol | None) -> None:
        self.shaken: Deferred[None] = Deferred(lambda _: self.transport.abortConnection())
        self._judge = judge
        self._link = link
        self._inside: Protocol | None = None  # the link, as soon as the server is trusted

    def handshakeCompleted(self) -> None:
        if self.shaken.called or self.transport.disconnecting:
            return
        chain = self.transport.getHandle().get_peer_cert_chain() or ()
        try:
            self._judge([each.to_cryptography() for each in chain])
        except (ServerNotTrusted, ValueError) as error:
            self.shaken.errback(
                error if isinstance(error, ServerNotTrusted) else ServerNotTrusted(_unreadable(error))
            )
            self.transport.abortConnection()
            return
        if self._link is None:
            self.transport.abortConnection()
        else:
            self._inside = self._link
            self._link.makeConnection(self.transport)
        self.shaken.callback(None)

    def dataReceived(self, data: bytes) -> None:
        if self._inside is not None:
            self._inside.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._inside is not None:
            self._inside.connectionLost(reason)
        elif not self.shaken.called:
            self.shaken.errback(describe_tls_error(reason))


class SingleProtocolFactory(Factory):
    """Gives one protocol to the one connection that there will be."""

    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        return self._protocol


@implementer(IOpenSSLClientConnectionCreator)
class UnverifiedTlsCreator:
    """Takes any certificate: it is judged once the handshake is over, before anything is said.

    Args:
        host: The server's name or address, told to it so that it can choose what to show.
    """

    def __init__(self, host: str) -> None:
        self._host = host

    def clientConnectionForTLS(self, tlsProtocol: Any) -> Connection:
        from OpenSSL import SSL

        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        context.set_alpn_protos([ALPN_PROTOCOL])
        connection = SSL.Connection(context, None)
        if not is_ip_address(self._host):
            connection.set_tlsext_host_name(self._host.encode("idna"))
        return connection


def is_ip_address(host: str) -> bool:
    """Tell whether a host is given by its address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def describe_tls_error(reason: Failure) -> Exception:
    """Tell why a connection ended before the handshake did."""
    from OpenSSL.SSL import Error
    from service_identity.exceptions import VerificationError

    if reason.check(VerificationError):
        return ServerNotTrusted(_("The server's certificate is for another name"))
    reasons = _openssl_reasons(reason.value) if reason.check(Error) else []
    if "certificate verify failed" in reasons:
        return ServerNotTrusted(_("The server's certificate cannot be verified"))
    if reasons and not NOT_TLS_REASONS & set(reasons):
        return TlsUnavailable(_("TLS failed: {reason}").format(reason=reasons[-1]))
    if reasons:
        told = _("It does not speak TLS there; --plaintext does without, and is readable on its way")
    else:
        told = _("It ended the connection before there was TLS; without, it would be --plaintext")
    return TlsUnavailable(told)


def _openssl_reasons(error: BaseException | None) -> list[str]:
    lines = error.args[0] if error and error.args and isinstance(error.args[0], list) else []
    return [str(line[-1]) for line in lines] or [str(error) or type(error).__name__]


def _unreadable(error: Exception) -> str:
    return _("The server's certificate makes no sense: {reason}").format(reason=error)
