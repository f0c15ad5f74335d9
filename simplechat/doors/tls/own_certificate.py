"""The folder with our own authority and the server's certificate.

All four files are created in one step, at the first start. Later only the server's certificate is renewed;
files that cannot be understood are never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from simplechat.doors.tls.certificate_authority import issue, names_in, new_authority, new_key, permitted
from simplechat.doors.tls.key_pairs import CertificateError, pem_of, read_chain, read_key, read_key_pair
from simplechat.doors.tls.machine_names import MAX_ADDRESSES, MachineNames
from simplechat.doors.tls.private_files import create_folder, replace_file
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

AUTHORITY, AUTHORITY_KEY, SERVER, SERVER_KEY = "ca.pem", "ca.key", "server.pem", "server.key"
RENEW_S = 60 * 86400  # before the server's certificate ends


class OwnCertificate:
    """The server's certificate, issued by our own authority.

    Args:
        folder: The folder of the files; created if it is missing or empty.
        host: The machine's name, for the authority's name.
        names: Returns the names and addresses of the server as they are now.
        now: Returns the time, in seconds since 1970.

    Attributes:
        certificate: The file with the server's certificate and, behind it, the authority's.
        key: The file with its key.
        authority: The authority's certificate.

    Raises:
        CertificateError: A file cannot be read or written, or does not hold what it should.
    """

    def __init__(
        self, folder: Path, host: str, names: Callable[[], MachineNames], now: Callable[[], float]
    ) -> None:
        self.certificate = folder / SERVER
        self.key = folder / SERVER_KEY
        self._folder = folder
        self._names = names
        self._now = now
        if not self._exists():
            self._create(host)
        self.authority, self._authority_key = self._read_authority()
        self.renew()

    def _exists(self) -> bool:
        try:
            return self._folder.exists() and any(self._folder.iterdir())
        except OSError as error:
            raise _write_error(self._folder, error) from None

    def _create(self, host: str) -> None:
        authority_key, server_key = new_key(), new_key()
        authority = new_authority(authority_key, host, self._names(), self._now())
        server = issue(authority, authority_key, server_key.public_key(), self._names(), self._now())
        files = {
            AUTHORITY_KEY: _key_pem(authority_key),
            AUTHORITY: pem_of(authority),
            SERVER_KEY: _key_pem(server_key),
            SERVER: pem_of(server) + pem_of(authority),
        }
        try:
            create_folder(self._folder, files)
        except OSError as error:
            raise _write_error(self._folder, error) from None

    def _read_authority(self) -> tuple[Certificate, EllipticCurvePrivateKey]:
        path = self._folder / AUTHORITY
        try:
            pair = read_key_pair(path, self._folder / AUTHORITY_KEY, self._now())
            permitted(pair.chain[0], MachineNames((), ()))
        except CertificateError as error:
            raise CertificateError(f"{error}; {self._advice()}") from None
        except LookupError:
            raise CertificateError(
                _("{path} is not an authority created by simplechat").format(path=path)
            ) from None
        return pair.chain[0], _check_ec_key(pair.key, path)

    def _advice(self) -> str:
        text = _("put the files of {path} back, or move it away: then all have to trust the new ones anew")
        return text.format(path=self._folder)

    # -- renewal ---------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Issue a new certificate if the current one expires soon or lacks a new name of the machine.

        Its key stays, for clients that trust that.

        Raises:
            CertificateError: It cannot be read or written.
        """
        if not self.certificate.exists():
            self._issue(self._names())
            return
        current, known = self._read_current()
        wanted = permitted(self.authority, self._names())
        if self._is_due(current):
            self._issue(wanted)
        elif _has_new_names(wanted, known):
            self._issue(_union(wanted, known))

    def names_not_permitted(self) -> list[str]:
        """Return the machine's names and addresses that the authority's constraints do not permit."""
        names, may = self._names(), permitted(self.authority, self._names())
        hosts = [host for host in names.hosts if host not in may.hosts]
        return [*hosts, *(str(each) for each in names.addresses if each not in may.addresses)]

    def _read_current(self) -> tuple[Certificate, MachineNames]:
        chain = read_chain(self.certificate)
        try:
            if self.authority in chain[1:]:
                return chain[0], names_in(chain[0])
        except LookupError:
            pass
        text = _("{path} is not by the authority beside it; delete it, and a new one is made")
        raise CertificateError(text.format(path=self.certificate))

    def _is_due(self, current: Certificate) -> bool:
        begins, ends = current.not_valid_before_utc, current.not_valid_after_utc
        return not begins.timestamp() <= self._now() <= ends.timestamp() - RENEW_S

    def _issue(self, names: MachineNames) -> None:
        key = _check_ec_key(read_key(self.key), self.key)
        new = issue(self.authority, self._authority_key, key.public_key(), names, self._now())
        try:
            replace_file(self.certificate, pem_of(new) + pem_of(self.authority))
        except OSError as error:
            raise _write_error(self.certificate, error) from None


def _has_new_names(wanted: MachineNames, known: MachineNames) -> bool:
    """Tell whether names were added that are worth a new certificate.

    IPv6 addresses are not: many machines get a new one every day, and clients that trust the certificate
    instead of the authority would have to accept each.
    """
    addresses = {each for each in wanted.addresses if each.version == 4}
    return not (addresses <= set(known.addresses) and set(wanted.hosts) <= set(known.hosts))


def _union(wanted: MachineNames, known: MachineNames) -> MachineNames:
    """Return the names with those known before: a laptop returns to earlier networks."""
    hosts = dict.fromkeys((*wanted.hosts, *known.hosts))
    addresses = dict.fromkeys((*wanted.addresses, *known.addresses))
    return MachineNames(tuple(hosts), tuple(addresses)[:MAX_ADDRESSES])


def _check_ec_key(key: object, path: Path) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    if not isinstance(key, EllipticCurvePrivateKey):
        raise CertificateError(_("the key in {path} was not created by simplechat").format(path=path))
    return key


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_error(path: Path, error: OSError) -> CertificateError:
    return CertificateError(_("cannot write {path}: {why}").format(path=path, why=error.strerror))
