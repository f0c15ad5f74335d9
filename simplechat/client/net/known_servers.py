"""The servers that the user trusts, and how each is verified: by public authorities, or by a fingerprint.

The fingerprint is that of the server's own authority if it has one, so that its certificate can be renewed;
else that of the certificate. Then the certificate need not name the host: the user has trusted this server
at this address, and it may be reached by names that it does not know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simplechat.ircv3.chat_address import BadAddress, format_host_port, normalize_fingerprint
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

VERIFIED = "verified"
"""Stands in the file in place of a fingerprint, if public authorities verify the server."""


class ServerNotTrusted(Exception):
    """We must not connect to a server; the text says why, and what to do."""


class PresentedCertificate(NamedTuple):
    """The certificate that a server presents.

    Attributes:
        certificate: Its fingerprint.
        authority: The fingerprint of the server's own authority; "" if it presents none.
        begins: When the certificate becomes valid, in seconds since 1970.
        ends: When it expires.
    """

    certificate: str
    authority: str
    begins: float
    ends: float

    @property
    def pin(self) -> str:
        """The fingerprint to remember."""
        return self.authority or self.certificate


def read_presented_chain(chain: Sequence[Certificate]) -> PresentedCertificate:
    """Read a chain, the server's certificate first."""
    leaf = chain[0]
    authorities = (format_fingerprint(each) for each in chain[1:] if _is_own_authority(each, leaf))
    begins, ends = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    return PresentedCertificate(format_fingerprint(leaf), next(authorities, ""), begins, ends)


def check_pin(presented: PresentedCertificate, pin: str, now: float) -> None:
    """Compare what a server presents with the fingerprint that is known.

    A certificate that is known itself may have expired: it still proves the same key.

    Raises:
        ServerNotTrusted: It is another server, or its certificate by the known authority is not valid now.
    """
    if pin == presented.certificate:
        return
    if pin != presented.authority:
        raise ServerNotTrusted(_describe_change(presented, pin))
    if not presented.begins <= now <= presented.ends:
        days = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (presented.begins, presented.ends)]
        text = _("The server's certificate is valid from {begin} to {end} only; is the clock right?")
        raise ServerNotTrusted(text.format(begin=days[0], end=days[1]))


def format_fingerprint(certificate: Certificate) -> str:
    """Return a certificate's SHA-256 as people see it."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex(":").upper()


def _is_own_authority(authority: Certificate, leaf: Certificate) -> bool:
    """Tell whether an authority belongs to this server: it may sign servers only, of a few names.

    No public authority is like that; a pin to one of those would trust all of its customers.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        find = authority.extensions.get_extension_for_class
        basic, usage = find(x509.BasicConstraints).value, find(x509.KeyUsage).value
        is_small = basic.ca and basic.path_length == 0 and usage.key_cert_sign
        if not (is_small and find(x509.NameConstraints).critical):
            return False
        authority.verify_directly_issued_by(authority)
        leaf.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return True


# -- texts for people ----------------------------------------------------------------------------------


def _describe_change(presented: PresentedCertificate, pin: str) -> str:
    return "\n".join(
        (
            _("This is not the server that is trusted: somebody may stand between you and it."),
            _("Trusted is:"),
            *_in_two_lines(pin),
            _("It shows:"),
            *_in_two_lines(presented.pin),
            _("If the server's owner confirms the one shown, use: --fingerprint {fingerprint}").format(
                fingerprint=presented.pin
            ),
        )
    )


def describe_unknown_server(presented: PresentedCertificate) -> str:
    """Return what users need to decide whether to trust a server."""
    return "\n".join(
        (
            _("No public authority vouches for this server. It shows the fingerprint"),
            *_in_two_lines(presented.pin),
            _("Compare it with what the server shows at its start, or ask who runs it."),
        )
    )


def explain_fingerprint_option(presented: PresentedCertificate) -> str:
    """Return what to do if nobody can be asked."""
    text = _(
        "No public authority vouches for this server; once you have compared it, use: --fingerprint {pin}"
    )
    return text.format(pin=presented.pin)


def _in_two_lines(fingerprint: str) -> tuple[str, str]:
    """Return a fingerprint in lines that fit on any terminal."""
    middle = len(fingerprint) // 2
    return f"  {fingerprint[:middle].rstrip(':')}", f"  {fingerprint[middle:].lstrip(':')}"


# -- the file ------------------------------------------------------------------------------------------


class KnownServers:
    """The file of known servers: a line each, with a fingerprint or VERIFIED.

    Args:
        path: Of the file.

    Raises:
        ServerNotTrusted: The file exists and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: dict[str, str] = {}  # of this run, whether they could be saved or not
        self._read()

    def get(self, host: str, port: int) -> str:
        """Return a server's fingerprint, or VERIFIED; "" if it is not known."""
        name = _entry_name(host, port)
        return self._new.get(name) or self._read().get(name, "")

    def put(self, host: str, port: int, pin: str) -> str:
        """Store a server's fingerprint, or VERIFIED; return why that cannot be saved, "" if it is."""
        name = _entry_name(host, port)
        self._new[name] = pin
        try:
            known = self._read() | {name: pin}
            self._write("".join(f"{name} {pin}\n" for name, pin in sorted(known.items())))
        except OSError as error:
            text = _("cannot write {path}: {why}")
            return text.format(path=self._path, why=error.strerror)
        return ""

    def _read(self) -> dict[str, str]:
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            text = _("cannot read {path}: {why}")
            raise ServerNotTrusted(text.format(path=self._path, why=error.strerror)) from None
        except UnicodeDecodeError:
            lines = ["\0"]
        return dict(self._parse(number, line) for number, line in enumerate(lines, 1))

    def _parse(self, number: int, line: str) -> tuple[str, str]:
        try:
            name, pin = line.split(" ")
            if not re.fullmatch(r"\S+:[0-9]+", name):
                raise ValueError
            return name, pin if pin == VERIFIED else normalize_fingerprint(pin)
        except (ValueError, BadAddress):
            text = _("line {number} of {path} is damaged; delete it")
            raise ServerNotTrusted(text.format(number=number, path=self._path)) from None

    def _write(self, text: str) -> None:
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f"{self._path.name}.{os.getpid()}"
        unfinished.unlink(missing_ok=True)
        number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(number)
            unfinished.replace(self._path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise


def _entry_name(host: str, port: int) -> str:
    return format_host_port(host.lower().rstrip("."), port)
