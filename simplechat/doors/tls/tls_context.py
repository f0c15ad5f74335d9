"""The OpenSSL context: versions, ciphers, ALPN, and which clients are asked for a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simplechat.doors.tls.key_pairs import CertificateError, KeyPair
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from OpenSSL.crypto import X509
    from OpenSSL.SSL import Connection, Context

PROTOCOLS = (b"irc", b"http/1.1")
"""ALPN protocols, the preferred one first.

Spec: https://www.iana.org/assignments/tls-extensiontype-values/#alpn-protocol-ids
"""

WEB = frozenset({b"http/1.1", b"h2"})
SESSION_ID_CONTEXT = b"simplechat"  # of sessions that may be resumed
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
MAX_CHAIN = 1  # of a client's certificates that are checked: the issuer does not matter


def context_for(pair: KeyPair) -> Context:
    """Build a server's context.

    Raises:
        CertificateError: OpenSSL rejects the certificate or the key.
    """
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_cipher_list(CIPHERS)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_id(SESSION_ID_CONTEXT)
    # sessions are resumed by tickets; a cache would keep the clients' certificates in memory
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_select_callback(choose_protocol)
    context.set_verify(SSL.VERIFY_PEER, accept_certificate)
    context.set_verify_depth(MAX_CHAIN)
    try:
        context.use_certificate(pair.chain[0])
        for each in pair.chain[1:]:
            context.add_extra_chain_cert(each)
        context.use_privatekey(pair.key)  # type: ignore[arg-type]
        context.check_privatekey()
    except (SSL.Error, TypeError) as error:
        text = _("OpenSSL rejects the certificate: {why}")
        raise CertificateError(text.format(why=_reason(error))) from None
    return context


def choose_protocol(connection: Connection, offered: list[bytes]) -> Any:
    """Choose an ALPN protocol from those offered, or none.

    A client that offers only web protocols is not asked for a certificate: a browser would first ask its user
    which one to present.
    """
    from OpenSSL import SSL

    if WEB & set(offered) and b"irc" not in offered:
        connection.set_verify(SSL.VERIFY_NONE)
    chosen = (each for each in PROTOCOLS if each in offered)
    return next(chosen, SSL.NO_OVERLAPPING_PROTOCOLS)


def accept_certificate(
    connection: Connection, certificate: X509, error: int, depth: int, is_fine: int
) -> bool:
    """Accept any client certificate: it proves possession of a key, and accounts list the fingerprints."""
    return True


def _reason(error: Exception) -> str:
    """Return the last reason in an OpenSSL error."""
    lines = error.args[0] if error.args else ""
    return str(lines[-1][-1]) if isinstance(lines, list) and lines else str(lines)
