"""Whether clients can verify the server's certificate by the roots of their system alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from simplechat.doors.tls.key_pairs import KeyPair

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def is_verifiable_chain(pair: KeyPair, host: str, now: float) -> bool:
    """Tell whether a chain leads to this system's roots, and its certificate is for a host.

    Nothing is asked over the network, so revocation is not checked.
    """
    return is_certificate_for(pair.chain[0], host) and _leads_to_root(pair, now)


def is_certificate_for(certificate: Certificate, host: str) -> bool:
    """Tell whether a server's certificate is for a name or an address.

    Spec: https://www.rfc-editor.org/rfc/rfc9525#section-6
    """
    from service_identity import CertificateError as UnusableCertificate
    from service_identity import VerificationError
    from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address

    try:
        ip_address(host)
    except ValueError:
        verify: Callable[[Certificate, str], None] = verify_certificate_hostname
    else:
        verify = verify_certificate_ip_address
    try:
        verify(certificate, host)
    except (VerificationError, UnusableCertificate, ValueError):
        return False
    return True


def _leads_to_root(pair: KeyPair, now: float) -> bool:
    from OpenSSL import SSL
    from OpenSSL.crypto import X509, X509StoreContext, X509StoreContextError

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_default_verify_paths()
    store = context.get_cert_store()
    if store is None:
        return False
    store.set_time(datetime.fromtimestamp(now, UTC).replace(tzinfo=None))
    leaf, *others = map(X509.from_cryptography, pair.chain)
    try:
        X509StoreContext(store, leaf, others).verify_certificate()
    except X509StoreContextError:
        return False
    return True
