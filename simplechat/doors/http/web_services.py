"""What the routes of the web need of the rest of the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simplechat.doors.http.requester import ServerNames


class PublishedCertificates(Protocol):
    """The certificates of the server, as far as the web shows them.

    Attributes:
        ca_pem: The certificate of the server's own authority; None where there is none.
        ca_fingerprint: Its SHA-256.
    """

    ca_pem: bytes | None
    ca_fingerprint: str

    @property
    def is_verifiable(self) -> bool:
        """Whether any system can verify the server's certificate by its own roots."""
        ...


@dataclass(frozen=True, kw_only=True)
class WebServices:
    """What the routes need of the rest of the server.

    Attributes:
        names: The names by which requests may call the server.
        network: The network's name.
        description: One line about the server.
        lobby: The channel that newcomers join.
        admits: Tells whether a peer at an address may speak without encryption.
        believes: Tells whether a peer at an address is a trusted proxy.
        find_problems: Returns what is wrong with the server, for people.
        metrics: Returns the metrics as Prometheus reads them, and the Content-Type of that text.
        certificates: Returns the certificates that TLS shows; None where there is no TLS.
        metrics_token: A token that opens the metrics to other machines; "" for none.
    """

    names: ServerNames
    network: str
    description: str
    lobby: str
    admits: Callable[[str], bool]
    believes: Callable[[str], bool]
    find_problems: Callable[[], list[str]]
    metrics: Callable[[], tuple[bytes, str]]
    certificates: Callable[[], PublishedCertificates | None]
    metrics_token: str = ""

    @property
    def is_verifiable(self) -> bool:
        """Whether any system can verify the certificate that TLS shows."""
        certificates = self.certificates()
        return certificates is not None and certificates.is_verifiable
