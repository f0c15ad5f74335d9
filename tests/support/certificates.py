"""Certificates for tests, and handshakes without sockets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from OpenSSL import SSL

NOON = 1_800_000_000.0  # a day in 2027
DAY_S = 86400


class Issued(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey | RSAPrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: bytes = b"") -> bytes:
        """Return the key as PEM."""
        how: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint in upper-case hex with colons."""
        return self.certificate.fingerprint(SHA256()).hex(":").upper()


def issued(
    *hosts: str,
    by: Issued | None = None,
    begins: float = NOON - DAY_S,
    ends: float = NOON + DAY_S,
    is_authority: bool = False,
    path_length: int | None = None,
    extensions: Iterable[x509.ExtensionType] = (),
    key: RSAPrivateKey | None = None,
) -> Issued:
    """Issue a certificate for some hosts; self-signed without an issuer."""
    own_key = key or generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0] if hosts else "nobody")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(own_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins, UTC))
        .not_valid_after(datetime.fromtimestamp(ends, UTC))
        .add_extension(x509.BasicConstraints(is_authority, path_length), True)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(each) for each in hosts]), False
        )
    for extension in extensions:
        builder = builder.add_extension(extension, True)
    return Issued(builder.sign(by.key if by else own_key, SHA256()), own_key)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def forever(*hosts: str, by: Issued | None = None, is_authority: bool = False, **more: Any) -> Issued:
    """Issue a certificate that is valid whatever the clock shows: OpenSSL uses the machine's."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(days=2), now + timedelta(days=2000)
    return issued(
        *hosts, by=by, begins=begins.timestamp(), ends=ends.timestamp(), is_authority=is_authority, **more
    )


def written(folder: Path, **files: bytes) -> Path:
    """Write PEM files into a folder."""
    for name, data in files.items():
        (folder / f"{name}.pem").write_bytes(data)
    return folder


class Handshake:
    """Two ends of a TLS handshake without a network."""

    def __init__(self, server: SSL.Connection, client: SSL.Connection) -> None:
        self.server, self.client = server, client
        server.set_accept_state()
        client.set_connect_state()

    def finish(self) -> None:
        """Exchange bytes until both ends are done.

        Raises:
            SSL.Error: One end does not want the other.
        """
        waiting = [self.client, self.server]
        for _ in range(10):
            for end in list(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except SSL.WantReadError:
                    pass
                finally:
                    self.carry()
            if not waiting:
                return
        raise AssertionError("they do not come to an end")

    def carry(self) -> None:
        """Pass what each end has written to the other."""
        for one, other in ((self.client, self.server), (self.server, self.client)):
            try:
                while True:
                    other.bio_write(one.bio_read(65536))
            except SSL.WantReadError:
                pass


def client_context() -> SSL.Context:
    """Return a context that accepts any certificate."""
    return SSL.Context(SSL.TLS_CLIENT_METHOD)
