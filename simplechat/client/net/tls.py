"""The TLS handshake with a server, and why it failed, before any data is sent."""

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

ALPN_PROTOCOL = b"irc"  # of ALPN
NOT_TLS_REASONS = frozenset({"wrong version number", "packet length too long", "record layer failure"})
"""OpenSSL's reasons for an answer that is not TLS."""

CheckChain = Callable[[Sequence["Certificate"]], None]


class TlsUnavailable(Exception):
    """The server does not speak TLS; the text says why, and what to do."""


@implementer(IHandshakeListener)
class TlsHandshake(Protocol):
    """Holds back a protocol until the server's certificate is verified, then passes everything on to it.

    Args:
        check: Verifies the server's chain, its own certificate first; raises ServerNotTrusted.
        protocol: The protocol inside; None to close the connection after the handshake.

    Attributes:
        done: Fires when the server is verified, or with TlsUnavailable or ServerNotTrusted.
    """

    transport: Any  # of TLS; no interface of Twisted has all of its methods

    def __init__(self, check: CheckChain, protocol: Protocol | None) -> None:
        self.done: Deferred[None] = Deferred(lambda _: self.transport.abortConnection())
        self._check = check
        self._protocol = protocol
        self._connected: Protocol | None = None  # once the server is verified

    def handshakeCompleted(self) -> None:
        if self.done.called or self.transport.disconnecting:
            return
        chain = self.transport.getHandle().get_peer_cert_chain() or ()
        try:
            self._check([each.to_cryptography() for each in chain])
        except (ServerNotTrusted, ValueError) as error:
            self.done.errback(
                error
                if isinstance(error, ServerNotTrusted)
                else ServerNotTrusted(_describe_bad_certificate(error))
            )
            self.transport.abortConnection()
            return
        if self._protocol is None:
            self.transport.abortConnection()
        else:
            self._connected = self._protocol
            self._protocol.makeConnection(self.transport)
        self.done.callback(None)

    def dataReceived(self, data: bytes) -> None:
        if self._connected is not None:
            self._connected.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._connected is not None:
            self._connected.connectionLost(reason)
        elif not self.done.called:
            self.done.errback(describe_tls_error(reason))


class SingleProtocolFactory(Factory):
    """A factory for one connection, with the protocol that it is given."""

    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        return self._protocol


@implementer(IOpenSSLClientConnectionCreator)
class UnverifiedTlsCreator:
    """Accepts any certificate: it is checked after the handshake, before any data is sent.

    Args:
        host: The server's name or address; the server chooses its certificate by it (SNI).
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
    """Tell whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def describe_tls_error(reason: Failure) -> Exception:
    """Return why a connection ended before the handshake did."""
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
        text = _(
            "The server does not speak TLS; --plaintext connects without encryption, "
            "and others could read along"
        )
    else:
        text = _(
            "The server ended the connection during the TLS handshake; "
            "--plaintext connects without encryption"
        )
    return TlsUnavailable(text)


def _openssl_reasons(error: BaseException | None) -> list[str]:
    lines = error.args[0] if error and error.args and isinstance(error.args[0], list) else []
    return [str(line[-1]) for line in lines] or [str(error) or type(error).__name__]


def _describe_bad_certificate(error: Exception) -> str:
    return _("The server's certificate cannot be read: {reason}").format(reason=error)
