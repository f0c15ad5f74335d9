"""What the owner is told at the start, so that others can be let in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simplechat.ircv3.chat_address import ChatAddress, format_address, format_host_port
from simplechat.locale import marked

Line = tuple[str, dict[str, object]]
"""A text to be translated, and what is filled in."""

LOOPBACK = marked("Other machines cannot connect: --ip 0.0.0.0 lets them")
TYPE_THIS = marked("Others type: simplechat-client '{address}'")
PAGE = marked("In a browser: https://{host}/")
AUTHORITY = marked("SHA-256 of the certificate authority, for our client and browsers: {fingerprint}")
CERTIFICATE = marked("SHA-256 of the certificate, for WeeChat and irssi: {fingerprint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown to whoever comes with TLS; the fingerprints in upper-case hex with colons.

    Attributes:
        name: The server's name, where strangers can verify that; "" where they cannot.
        authority: The fingerprint of who vouches for it, where that is our own; "" where it is not.
        certificate: The fingerprint of the certificate.
    """

    name: str
    authority: str
    certificate: str


def invitation(hosts: Sequence[str], port: int, lobby: str, shown: Shown) -> Iterator[Line]:
    """Give the lines.

    Args:
        hosts: The addresses by which other machines reach this one, the best first; none where they cannot.
        port: The port.
        lobby: The room that people come to.
    """
    if not hosts:
        yield LOOPBACK, {}
    else:
        host = shown.name or hosts[0]
        fingerprint = "" if shown.name else shown.authority or shown.certificate
        address = ChatAddress(host, port, lobby, fingerprint)
        yield TYPE_THIS, {"address": format_address(address)}
        yield PAGE, {"host": format_host_port(host, port)}
    if not shown.name:
        if shown.authority:
            yield AUTHORITY, {"fingerprint": shown.authority}
        yield CERTIFICATE, {"fingerprint": shown.certificate}
