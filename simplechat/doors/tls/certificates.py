"""The certificate that the server presents: kept while its files are unusable, reloaded when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import Logger
from zope.interface import implementer

from simplechat.doors.tls.key_pairs import CertificateError, fingerprint_of, pem_of, read_key_pair, stamp_of
from simplechat.doors.tls.machine_names import addresses_behind, host_name, names_of
from simplechat.doors.tls.own_certificate import OwnCertificate
from simplechat.doors.tls.tls_context import context_for
from simplechat.doors.tls.verification import is_verifiable_chain
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from OpenSSL.SSL import Connection

FOLDER = "tls"

Now = Callable[[], float]


class CertificateSource(Protocol):
    """The files of a certificate.

    Attributes:
        certificate: The file with the chain.
        key: The file with the key; may be the same.
    """

    certificate: Path
    key: Path

    @property
    def authority(self) -> Certificate | None:
        """The authority that issued it, if it is our own."""
        ...

    def renew(self) -> None:
        """Renew the files if that is due.

        Raises:
            CertificateError: That failed.
        """
        ...


class ConfiguredCertificate:
    """A certificate from the owner (`--tls-cert`), who renews it."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate = certificate
        self.key = key
        self.authority: Certificate | None = None

    def renew(self) -> None:
        """Do nothing: the owner renews it."""


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """Presents the newest usable certificate.

    Args:
        source: Its files.
        server_name: The server's name, by which clients verify it.
        now: Returns the time, in seconds since 1970.

    Attributes:
        ca_pem: Our own authority's certificate; None if the owner gave a certificate.
        ca_fingerprint: Its SHA-256, in upper-case hex with colons; "" for none.
        fingerprint: The same of the certificate that is presented.
        ends_at: When that one expires, in seconds since 1970.
        trouble: Why the newest files cannot be used, for people; "" if they can.

    Raises:
        CertificateError: There is no usable certificate.
    """

    log = Logger()

    def __init__(self, source: CertificateSource, server_name: str, now: Now) -> None:
        self._source = source
        self._server_name = server_name
        self._now = now
        self.ca_pem = pem_of(source.authority) if source.authority else None
        self.ca_fingerprint = fingerprint_of(source.authority) if source.authority else ""
        self.trouble = ""
        self._load()

    @property
    def is_verifiable(self) -> bool:
        """Whether clients can verify the certificate by their systems' roots and the server's name."""
        return self._is_verifiable and self._now() < self.ends_at

    def serverConnectionForTLS(self, tlsProtocol: Any) -> Connection:
        """Create the OpenSSL connection of a TLS protocol; it keeps the certificate of now."""
        from OpenSSL.SSL import Connection

        return Connection(self._context, None)

    def refresh(self) -> None:
        """Renew what is due, and load changed files; keep the old certificate while they are unusable."""
        try:
            self._source.renew()
            if self._stamps() != self._loaded_stamps:
                self._load()
                self.log.info("The certificate is {fingerprint} now", fingerprint=self.fingerprint)
        except CertificateError as error:
            if str(error) != self.trouble:
                self.trouble = str(error)
                self.log.error("The old certificate is kept: {trouble}", trouble=self.trouble)
        else:
            self.trouble = ""

    def _stamps(self) -> tuple[object, object]:
        return stamp_of(self._source.certificate), stamp_of(self._source.key)

    def _load(self) -> None:
        stamps = self._stamps()  # before reading, so that a change meanwhile is found next time
        pair = read_key_pair(self._source.certificate, self._source.key, self._now())
        context = context_for(pair)
        is_own = self._source.authority is not None
        self._is_verifiable = not is_own and is_verifiable_chain(pair, self._server_name, self._now())
        self._context, self._loaded_stamps = context, stamps
        self.fingerprint = fingerprint_of(pair.chain[0])
        self.ends_at = pair.ends_at


def open_certificates(
    *, data: Path, certificate: str, key: str, server_name: str, listening: Iterable[str], now: Now
) -> Certificates:
    """Open the owner's certificate, or else our own, which is created at the first start.

    Args:
        data: The data folder.
        certificate: The file with the owner's chain; "" for none.
        key: The file with its key; "" if it is in the same file.
        server_name: The server's name.
        listening: The addresses that the server listens on.
        now: Returns the time, in seconds since 1970.

    Raises:
        CertificateError: It cannot be used.
    """
    if certificate:
        chain = Path(certificate).expanduser()
        return Certificates(
            ConfiguredCertificate(chain, Path(key).expanduser() if key else chain), server_name, now
        )
    if key:
        raise CertificateError(
            _("--tls-key: a key is of no use without its certificate; give --tls-cert, too")
        )
    listening, host = tuple(listening), host_name()

    def names() -> Any:
        return names_of(server_name, host_name(), addresses_behind(listening))

    own = OwnCertificate(data / FOLDER, host, names, now)
    for name in own.names_not_permitted():
        Certificates.log.warn(
            "The authority in {path} cannot issue a certificate for {name}, which is new: our client does "
            "not mind, but browsers do; to create another authority, move that folder away and restart",
            path=str(data / FOLDER),
            name=name,
        )
    return Certificates(own, server_name, now)
