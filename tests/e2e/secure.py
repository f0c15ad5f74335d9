"""Clients with TLS that verify the server, or accept any certificate."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate, optionsForClientTLS
from zope.interface import implementer

from tests.e2e.actor import PATIENCE_S, Actor
from tests.e2e.reactor import the_reactor
from tests.e2e.server import Server
from tests.support.certificates import Issued, forever


@implementer(IOpenSSLClientConnectionCreator)
class Trusting:
    """Accepts any certificate.

    Args:
        agree: The protocols to offer.
        own: What to show oneself.
    """

    def __init__(self, agree: tuple[bytes, ...] = (), own: Issued | None = None) -> None:
        self._context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if agree:
            self._context.set_alpn_protos(list(agree))
        if own is not None:
            self._context.use_certificate(own.certificate)
            self._context.use_privatekey(own.key)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Start a connection."""
        return SSL.Connection(self._context, None)


def verifying(server: Server) -> IOpenSSLClientConnectionCreator:
    """Return a verifier that trusts a server's own authority."""
    authority = Certificate.loadPEM((server.data / "tls" / "ca.pem").read_bytes())
    creator: IOpenSSLClientConnectionCreator = optionsForClientTLS("localhost", authority)
    return creator


async def connect_secure(
    server: Server, nick: str, creator: IOpenSSLClientConnectionCreator, host: str = "127.0.0.1"
) -> Actor:
    """Connect with TLS without registering."""
    endpoint = TCP4ClientEndpoint(the_reactor(), host, server.port, timeout=PATIENCE_S)
    actor: Actor = await connectProtocol(wrapClientTLS(creator, endpoint), Actor(nick))
    return actor


def certificate_of(nick: str) -> tuple[Issued, str]:
    """Make a client certificate; return its fingerprint as accounts keep it."""
    own = forever(nick)
    return own, own.certificate.fingerprint(SHA256()).hex()
