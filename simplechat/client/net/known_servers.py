"""Which servers are trusted, and why: public authorities vouch for them, or people have once said so.

A server that brings an authority of its own is known by that, so that its certificate may be renewed; any
other by the certificate itself. The host's name is not looked for in it then: it was this server, at this
place, that somebody trusted, and it may be reached by names that it does not know.
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
"""What is written of a server that public authorities vouch for, in the place of a fingerprint."""


class ServerNotTrusted(Exception):
    """A server is not to be talked to; the text says why, and what to do."""


class PresentedCertificate(NamedTuple):
    """What a server has shown.

    Attributes:
        certificate: The fingerprint of its certificate.
        authority: That of an authority of its own; "" where it has shown none.
        begins: From when the certificate holds, in seconds since 1970.
        ends: Until when.
    """

    certificate: str
    authority: str
    begins: float
    ends: float

    @property
    def pin(self) -> str:
        """What to know the server by."""
        return self.authority or self.certificate


def read_chain(chain: Sequence[Certificate]) -> PresentedCertificate:
    """Tell what a chain is: the server's certificate comes first."""
    leaf = chain[0]
    authorities = (fingerprint_of(each) for each in chain[1:] if _is_own_authority(each, leaf))
    begins, ends = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    return PresentedCertificate(fingerprint_of(leaf), next(authorities, ""), begins, ends)


def check_pin(seen: PresentedCertificate, pin: str, now: float) -> None:
    """Compare what a server shows with what it is known by.

    A certificate that is known itself may be as old as it likes: it proves the same key.

    Raises:
        ServerNotTrusted: It is another server, or its certificate by the known authority does not hold now.
    """
    if pin == seen.certificate:
        return
    if pin != seen.authority:
        raise ServerNotTrusted(_changed(seen, pin))
    if not seen.begins <= now <= seen.ends:
        days = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (seen.begins, seen.ends)]
        text = _("The server's certificate holds from {begin} to {end} only; is the clock right?")
        raise ServerNotTrusted(text.format(begin=days[0], end=days[1]))


def fingerprint_of(certificate: Certificate) -> str:
    """Give a certificate's SHA-256 as people see it."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex(":").upper()


def _is_own_authority(authority: Certificate, leaf: Certificate) -> bool:
    """Tell whether an authority is one server's: by its own word it vouches for servers only, by few names.

    No public authority is like that: who knew a server by one of those would trust all of its customers.
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


# -- what people read ----------------------------------------------------------------------------------


def _changed(seen: PresentedCertificate, pin: str) -> str:
    return "\n".join(
        (
            _("This is not the server that is trusted: somebody may stand between you and it."),
            _("Trusted is:"),
            *_in_two_lines(pin),
            _("It shows:"),
            *_in_two_lines(seen.pin),
            _("If whoever runs it confirms the one shown, say: --fingerprint {fingerprint}").format(
                fingerprint=seen.pin
            ),
        )
    )


def describe_unknown_server(seen: PresentedCertificate) -> str:
    """Tell people what they need to decide whether to trust a server."""
    return "\n".join(
        (
            _("No public authority vouches for this server. It shows the fingerprint"),
            *_in_two_lines(seen.pin),
            _("Compare it with what the server shows at its start, or ask who runs it."),
        )
    )


def explain_fingerprint_option(seen: PresentedCertificate) -> str:
    """Tell what to do where nobody can be asked."""
    text = _(
        "No public authority vouches for this server; once you have compared it, say: --fingerprint {pin}"
    )
    return text.format(pin=seen.pin)


def _in_two_lines(fingerprint: str) -> tuple[str, str]:
    """Give a fingerprint as it fits on any terminal."""
    middle = len(fingerprint) // 2
    return f"  {fingerprint[:middle].rstrip(':')}", f"  {fingerprint[middle:].lstrip(':')}"


# -- what is remembered --------------------------------------------------------------------------------


class KnownServers:
    """The file that says what each server is known by: a line each.

    Args:
        path: Of the file.

    Raises:
        ServerNotTrusted: It is there and cannot be understood.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh: dict[str, str] = {}
        self._read()

    def get(self, host: str, port: int) -> str:
        """Give what a server is known by: a fingerprint, VERIFIED, or "" where it is not."""
        name = _place(host, port)
        return self._fresh.get(name) or self._read().get(name, "")

    def put(self, host: str, port: int, pin: str) -> str:
        """Remember what a server is known by; gives why that ends with the program, or ""."""
        name = _place(host, port)
        self._fresh[name] = pin
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
        return dict(self._understood(number, line) for number, line in enumerate(lines, 1))

    def _understood(self, number: int, line: str) -> tuple[str, str]:
        try:
            name, pin = line.split(" ")
            if not re.fullmatch(r"\S+:[0-9]+", name):
                raise ValueError
            return name, pin if pin == VERIFIED else normalize_fingerprint(pin)
        except (ValueError, BadAddress):
            text = _("line {number} of {path} is not what was written there; delete the line")
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


def _place(host: str, port: int) -> str:
    return format_host_port(host.lower().rstrip("."), port)
