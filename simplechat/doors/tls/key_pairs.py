"""A certificate and its key, read from files; every way in which they are of no use is a line for people."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

MAX_BYTES = 1 << 20  # of a file
MAX_CERTIFICATES = 16  # of a chain


class CertificateError(Exception):
    """A certificate cannot be used; the text says which, why, and what to do."""


class KeyPair(NamedTuple):
    """What a server shows, and what proves that it may.

    Attributes:
        chain: The server's certificate first, then who vouches for it.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKeyTypes

    @property
    def ends_at(self) -> float:
        """When the certificate ends, in seconds since 1970."""
        return self.chain[0].not_valid_after_utc.timestamp()


class Stamp(NamedTuple):
    """What tells a file from what took its place."""

    changed_ns: int
    inode: int
    size_bytes: int


def stamp_of(path: Path) -> Stamp:
    """Tell what would be different if the file were another.

    Raises:
        CertificateError: It is not there.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    return Stamp(found.st_mtime_ns, found.st_ino, found.st_size)


def read_key_pair(cert: Path, key: Path, now: float) -> KeyPair:
    """Read a chain and a key; both may be in one file.

    Raises:
        CertificateError: They cannot be read, do not fit, or do not hold now.
    """
    pair = KeyPair(read_chain(cert), read_key(key))
    _check_fit(pair, cert, key)
    _check_time(pair.chain[0], cert, now)
    return pair


def read_chain(path: Path) -> tuple[Certificate, ...]:
    """Read the certificates of a file.

    Raises:
        CertificateError: There are none, or too many.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        chain = load_pem_x509_certificates(_read(path))
    except ValueError:
        raise CertificateError(_("{path} holds no whole certificate in PEM form").format(path=path)) from None
    if len(chain) > MAX_CERTIFICATES:
        text = _("{path} holds {count} certificates; a chain has a few")
        raise CertificateError(text.format(path=path, count=len(chain)))
    return tuple(chain)


def read_key(path: Path) -> PrivateKeyTypes:
    """Read the key of a file.

    Raises:
        CertificateError: There is none, or it wants a password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = _read(path)
    try:
        return load_pem_private_key(_key_in(text), None)
    except TypeError:
        why = _("the key in {path} is encrypted; write it without a password: openssl pkey -in OLD -out NEW")
        raise CertificateError(why.format(path=path)) from None
    except (ValueError, UnsupportedAlgorithm):
        why = _("{path} holds no whole key in PEM form")
        raise CertificateError(why.format(path=path)) from None


def _key_in(text: bytes) -> bytes:
    """Cut out the first private key: certificates, or an elliptic curve's parameters, may stand before it."""
    for piece in text.split(b"-----BEGIN ")[1:]:
        if b"PRIVATE KEY-----" in piece.partition(b"\n")[0]:
            return b"-----BEGIN " + piece
    return b""


def _read(path: Path) -> bytes:
    """Read a file of a modest size, without waiting for what is no file."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            is_file = stat.S_ISREG(os.fstat(number).st_mode)
            text = os.read(number, MAX_BYTES + 1) if is_file else b""
        finally:
            os.close(number)
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    if not is_file:
        raise _unreadable(path, _("it is no file"))
    if len(text) > MAX_BYTES:
        raise _unreadable(path, _("it is too large for a certificate or a key"))
    return text


def _unreadable(path: Path, why: str | None) -> CertificateError:
    return CertificateError(_("cannot read {path}: {why}").format(path=path, why=why))


def _check_fit(pair: KeyPair, cert: Path, key: Path) -> None:
    if pair.key.public_key() != pair.chain[0].public_key():
        text = _("the key in {key} is not that of the first certificate in {cert}")
        raise CertificateError(text.format(key=key, cert=cert))


def _check_time(certificate: Certificate, path: Path, now: float) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    at = datetime.fromtimestamp(now, UTC)
    if at > ends:
        text = _("the certificate in {path} ended on {day}; renew it")
        raise CertificateError(text.format(path=path, day=f"{ends:%Y-%m-%d}"))
    if at < begins:
        text = _("the certificate in {path} begins on {day} only; is the clock right?")
        raise CertificateError(text.format(path=path, day=f"{begins:%Y-%m-%d}"))


def fingerprint_of(certificate: Certificate) -> str:
    """Give a certificate's SHA-256, as programs show it: upper-case hex, a colon between two bytes."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex(":").upper()


def pem_of(certificate: Certificate) -> bytes:
    """Give a certificate as a file has it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
