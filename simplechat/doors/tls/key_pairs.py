"""A certificate and its key, read from files; each error is one line for people."""

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
    """A certificate that cannot be used; the text says which, why, and what to do."""


class KeyPair(NamedTuple):
    """A server's certificate chain and private key.

    Attributes:
        chain: The server's certificate first, then those of its issuers.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKeyTypes

    @property
    def ends_at(self) -> float:
        """When the certificate expires, in seconds since 1970."""
        return self.chain[0].not_valid_after_utc.timestamp()


class FileStamp(NamedTuple):
    """What changes when a file is written or replaced."""

    changed_ns: int
    inode: int
    size_bytes: int


def stamp_of(path: Path) -> FileStamp:
    """Return a file's stamp.

    Raises:
        CertificateError: The file cannot be read.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    return FileStamp(found.st_mtime_ns, found.st_ino, found.st_size)


def read_key_pair(cert: Path, key: Path, now: float) -> KeyPair:
    """Read a chain and a key; both may be in one file.

    Raises:
        CertificateError: They cannot be read, do not belong together, or are not valid now.
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
        CertificateError: There is none, or it is encrypted.
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
    """Return the PEM of the first private key; certificates or EC parameters may precede it."""
    for piece in text.split(b"-----BEGIN ")[1:]:
        if b"PRIVATE KEY-----" in piece.partition(b"\n")[0]:
            return b"-----BEGIN " + piece
    return b""


def _read(path: Path) -> bytes:
    """Read a file of at most MAX_BYTES; never block on a pipe or device."""
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
        raise _unreadable(path, _("it is not a file"))
    if len(text) > MAX_BYTES:
        raise _unreadable(path, _("it is too large for a certificate or a key"))
    return text


def _unreadable(path: Path, why: str | None) -> CertificateError:
    return CertificateError(_("cannot read {path}: {why}").format(path=path, why=why))


def _check_fit(pair: KeyPair, cert: Path, key: Path) -> None:
    if pair.key.public_key() != pair.chain[0].public_key():
        text = _("the key in {key} does not belong to the first certificate in {cert}")
        raise CertificateError(text.format(key=key, cert=cert))


def _check_time(certificate: Certificate, path: Path, now: float) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    at = datetime.fromtimestamp(now, UTC)
    if at > ends:
        text = _("the certificate in {path} ended on {day}; renew it")
        raise CertificateError(text.format(path=path, day=f"{ends:%Y-%m-%d}"))
    if at < begins:
        text = _("the certificate in {path} is not valid before {day}; is the clock right?")
        raise CertificateError(text.format(path=path, day=f"{begins:%Y-%m-%d}"))


def fingerprint_of(certificate: Certificate) -> str:
    """Return a certificate's SHA-256 as programs show it: upper-case hex with colons."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex(":").upper()


def pem_of(certificate: Certificate) -> bytes:
    """Return a certificate in PEM form."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
