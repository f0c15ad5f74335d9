"""What the owner reads at the start: how other people can connect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simplechat.ircv3.chat_address import ChatAddress, format_host_port, format_irc_url
from simplechat.locale import marked

StartupLine = tuple[str, dict[str, object]]
"""A text to translate, and the values of its placeholders."""

LOOPBACK = marked("Other machines cannot connect: --ip 0.0.0.0 lets them")
TYPE_THIS = marked("Others type: simplechat-client '{address}'")
PAGE = marked("In a browser: https://{host}/")
AUTHORITY = marked("SHA-256 of the certificate authority, for our client and browsers: {fingerprint}")
CERTIFICATE = marked("SHA-256 of the certificate, for WeeChat and irssi: {fingerprint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInfo:
    """The certificate that TLS clients see; fingerprints are SHA-256 in upper-case hex with colons.

    Attributes:
        name: The server's name if every client can verify it, "" if it needs a fingerprint.
        authority: The fingerprint of our own certificate authority, "" if another one issued the certificate.
        certificate: The fingerprint of the certificate.
    """

    name: str
    authority: str
    certificate: str


def startup_help_lines(
    hosts: Sequence[str], port: int, lobby: str, certificate: CertificateInfo
) -> Iterator[StartupLine]:
    """Generate the lines that say how to connect.

    Args:
        hosts: The addresses that other machines reach this one by, the best first; empty if they cannot.
        port: The TCP port.
        lobby: The channel to join.
    """
    if not hosts:
        yield LOOPBACK, {}
    else:
        host = certificate.name or hosts[0]
        fingerprint = "" if certificate.name else certificate.authority or certificate.certificate
        address = ChatAddress(host, port, lobby, fingerprint)
        yield TYPE_THIS, {"address": format_irc_url(address)}
        yield PAGE, {"host": format_host_port(host, port)}
    if not certificate.name:
        if certificate.authority:
            yield AUTHORITY, {"fingerprint": certificate.authority}
        yield CERTIFICATE, {"fingerprint": certificate.certificate}
