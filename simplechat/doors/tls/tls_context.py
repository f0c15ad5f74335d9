"""What OpenSSL is told: versions, ciphers, which protocol inside, and whom to ask for a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simplechat.doors.tls.key_pairs import CertificateError, KeyPair
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from OpenSSL.crypto import X509
    from OpenSSL.SSL import Connection, Context

PROTOCOLS = (b"irc", b"http/1.1")
"""MachineNames of what may be inside, the first preferred.

Spec: https://www.iana.org/assignments/tls-extensiontype-values/#alpn-protocol-ids
"""

WEB = frozenset({b"http/1.1", b"h2"})
SESSION = b"simplechat"  # what a resumed session must have been made for
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
MAX_LINKS = 1  # of a client's chain that are looked at: nobody asks who vouches for it


def context_for(pair: KeyPair) -> Context:
    """Make a server's context.

    Raises:
        CertificateError: OpenSSL does not take the certificate or the key.
    """
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_cipher_list(CIPHERS)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_id(SESSION)
    # those who come back have tickets; a cache would keep the certificates that others showed
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_select_callback(choose)
    context.set_verify(SSL.VERIFY_PEER, admit)
    context.set_verify_depth(MAX_LINKS)
    try:
        context.use_certificate(pair.chain[0])
        for each in pair.chain[1:]:
            context.add_extra_chain_cert(each)
        context.use_privatekey(pair.key)  # type: ignore[arg-type]
        context.check_privatekey()
    except (SSL.Error, TypeError) as error:
        text = _("OpenSSL does not take the certificate: {why}")
        raise CertificateError(text.format(why=_reason(error))) from None
    return context


def choose(connection: Connection, offered: list[bytes]) -> Any:
    """Choose what is inside; an offer of nothing that we know is as good as none.

    Who offers the web's protocols alone is not asked for a certificate: a browser would ask its user which
    one to show, before anything else.
    """
    from OpenSSL import SSL

    if WEB & set(offered) and b"irc" not in offered:
        connection.set_verify(SSL.VERIFY_NONE)
    chosen = (each for each in PROTOCOLS if each in offered)
    return next(chosen, SSL.NO_OVERLAPPING_PROTOCOLS)


def admit(connection: Connection, certificate: X509, error: int, depth: int, is_fine: int) -> bool:
    """Take any certificate of a client's: it proves a key, and who has which key is for accounts to know."""
    return True


def _reason(error: Exception) -> str:
    """Give the last thing that OpenSSL says of an error."""
    lines = error.args[0] if error.args else ""
    return str(lines[-1][-1]) if isinstance(lines, list) and lines else str(lines)
