"""What the server shows to whoever knocks with TLS, whatever becomes of the files it is read from."""

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
from simplechat.doors.tls.verification import can_verify
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from OpenSSL.SSL import Connection

FOLDER = "tls"

Now = Callable[[], float]


class CertificateSource(Protocol):
    """Where a certificate is read from.

    Attributes:
        certificate: The file with the chain.
        key: The file with the key; may be the same.
    """

    certificate: Path
    key: Path

    @property
    def authority(self) -> Certificate | None:
        """Who vouches for it, where that is our own."""
        ...

    def renew(self) -> None:
        """Replace the files where that is due.

        Raises:
            CertificateError: It could not be done.
        """
        ...


class ConfiguredCertificate:
    """A certificate of the owner's, who renews it."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate = certificate
        self.key = key
        self.authority: Certificate | None = None

    def renew(self) -> None:
        """Leave it to the owner."""


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """Shows the newest certificate that is of use.

    Args:
        source: Where it is read from.
        server_name: As people know the server.
        now: Gives the time, in seconds since 1970.

    Attributes:
        ca_pem: Our own authority's certificate; None where the owner gave another.
        ca_fingerprint: Its SHA-256, in upper-case hex with colons; "" where there is none.
        fingerprint: The same of the certificate that is shown.
        ends_at: When that one ends, in seconds since 1970.
        trouble: Why the newest files are not of use, for people; "" where they are.

    Raises:
        CertificateError: There is nothing to show.
    """

    log = Logger()

    def __init__(self, source: CertificateSource, server_name: str, now: Now) -> None:
        self._source = source
        self._server_name = server_name
        self._now = now
        self.ca_pem = pem_of(source.authority) if source.authority else None
        self.ca_fingerprint = fingerprint_of(source.authority) if source.authority else ""
        self.trouble = ""
        self._take_up()

    @property
    def is_verifiable(self) -> bool:
        """True where strangers can verify what is shown, by their systems' roots and the server's name."""
        return self._is_verifiable and self._now() < self.ends_at

    def serverConnectionForTLS(self, tlsProtocol: Any) -> Connection:
        """Begin a connection; whatever comes later, it keeps the certificate of now."""
        from OpenSSL.SSL import Connection

        return Connection(self._context, None)

    def look(self) -> None:
        """Renew what is due, and take up files that changed; until they are of use the old ones stay."""
        try:
            self._source.renew()
            if self._stamps() != self._taken:
                self._take_up()
                self.log.info("The certificate is {fingerprint} now", fingerprint=self.fingerprint)
        except CertificateError as error:
            if str(error) != self.trouble:
                self.trouble = str(error)
                self.log.error("The old certificate is kept: {trouble}", trouble=self.trouble)
        else:
            self.trouble = ""

    def _stamps(self) -> tuple[object, object]:
        return stamp_of(self._source.certificate), stamp_of(self._source.key)

    def _take_up(self) -> None:
        stamps = self._stamps()  # before the files are read: what changes meanwhile is noticed next time
        pair = read_key_pair(self._source.certificate, self._source.key, self._now())
        context = context_for(pair)
        is_own = self._source.authority is not None
        self._is_verifiable = not is_own and can_verify(pair, self._server_name, self._now())
        self._context, self._taken = context, stamps
        self.fingerprint = fingerprint_of(pair.chain[0])
        self.ends_at = pair.ends_at


def open_certificates(
    *, data: Path, certificate: str, key: str, server_name: str, listening: Iterable[str], now: Now
) -> Certificates:
    """Open the certificate that the owner names, or our own; at the first start that one is made.

    Args:
        data: The data folder.
        certificate: The file with the owner's chain, "" for none.
        key: The file with its key; "" where it is in the same.
        server_name: As people know the server.
        listening: The addresses that are listened on.
        now: Gives the time, in seconds since 1970.

    Raises:
        CertificateError: It cannot be used; a sentence for people.
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
    where, host = tuple(listening), host_name()

    def names() -> Any:
        return names_of(server_name, host_name(), addresses_behind(where))

    own = OwnCertificate(data / FOLDER, host, names, now)
    for name in own.unvouched():
        Certificates.log.warn(
            "The authority in {path} was made without {name} and cannot vouch for it: who uses our client is "
            "not concerned; for others, move that folder away and start anew",
            path=str(data / FOLDER),
            name=name,
        )
    return Certificates(own, server_name, now)
