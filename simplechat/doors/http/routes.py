"""What there is on the web: one table of paths, and how each is answered. Whatever is not in it is not there.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from simplechat.doors.http.join_page import ICON, STYLE_HASH, Facts, language_for, page
from simplechat.doors.http.request_head import Fault
from simplechat.doors.http.requester import Asker, Field, Names
from simplechat.doors.http.websocket import Handshake, handshake
from simplechat.locale import in_language, marked

HSTS_S = 30 * 86400
READING = "GET, HEAD, OPTIONS"
TEXT = "text/plain; charset=utf-8"

_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer has."""

NOT_FOUND = Fault(404, marked("There is nothing here"))
NOT_ALLOWED = Fault(405, marked("This can only be read"))
NOT_OURS = Fault(
    421, marked("This server has another name; for it to have this one too, start it with --web-origin")
)
FOREIGN = Fault(403, marked("Pages of another site may not speak here; --web-origin lets them"))
ENCRYPTED = Fault(
    308, marked("This server takes unencrypted connections from its own machine only; use https")
)
UNENCRYPTED = Fault(
    403, marked("This server takes unencrypted connections from its own machine only; use wss")
)
NO_SOCKET = Fault(426, marked("This is for WebSockets"))
HIDDEN = Fault(
    403, marked("This is for the server's own machine, or for who has the token of --metrics-token")
)
AT_FAULT = Fault(500, marked("The server failed at this, by a fault of its own"))


class Certificates(Protocol):
    """What is told of the server's certificates.

    Attributes:
        ca_pem: The certificate of the server's own authority; None where there is none.
        ca_fingerprint: Its SHA-256.
    """

    ca_pem: bytes | None
    ca_fingerprint: str

    @property
    def is_verifiable(self) -> bool:
        """Whether strangers can verify the server's own."""
        ...


@dataclass(frozen=True, kw_only=True)
class Site:
    """What is told of the server.

    Attributes:
        names: The names by which it may be asked.
        network: The network's name.
        description: One line about the server.
        lobby: Where people meet.
        admits: Tells whether a peer at an address may speak without encryption.
        believes: Tells whether a peer at an address is a proxy that is believed.
        troubles: Gives what is wrong with the server, for people.
        metrics: Gives the figures as Prometheus reads them, and the kind of that text.
        certificates: Gives what is shown to who comes with TLS; None where nothing is.
        metrics_token: Who shows it may see the figures from elsewhere; "" lets nobody.
    """

    names: Names
    network: str
    description: str
    lobby: str
    admits: Callable[[str], bool]
    believes: Callable[[str], bool]
    troubles: Callable[[], list[str]]
    metrics: Callable[[], tuple[bytes, str]]
    certificates: Callable[[], Certificates | None]
    metrics_token: str = ""

    @property
    def is_verifiable(self) -> bool:
        """Whether strangers can verify the certificate that is shown."""
        shown = self.certificates()
        return shown is not None and shown.is_verifiable


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose head is without fault.

    Attributes:
        method: GET and the like.
        target: The path, and what may stand behind a question mark.
        field: Gives what the head says.
        asker: Who asks.
    """

    method: str
    target: str
    field: Field
    asker: Asker


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets.

    Attributes:
        body: The content; of HEAD's only the length is told.
        kind: Its Content-Type.
        code: The status.
        headers: What more it has than HEADERS.
    """

    body: bytes
    kind: str = TEXT
    code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def answer_to(asked: Asked, site: Site) -> Answer | Handshake:
    """Answer a request; with a handshake where it may become a WebSocket."""
    if not site.names.has(asked.field("host")):
        return told(asked, NOT_OURS)
    if not asked.asker.is_secure and not site.admits(asked.asker.host if asked.asker.is_near else ""):
        return _sent_to_https(asked)
    if asked.method == "OPTIONS":
        return Answer(b"", code=204, headers={"Allow": READING})
    path = asked.target.partition("?")[0]
    place = _PLACES.get(path)
    if place is None:
        return told(asked, NOT_FOUND)
    if asked.method not in ("GET", "HEAD"):
        return told(asked, NOT_ALLOWED, {"Allow": READING})
    if path in _SOCKETS and asked.field("upgrade").lower() == "websocket":
        return _upgraded(asked, site)
    return place(asked, site)


def told(asked: Asked, fault: Fault, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a reason, in the language that is asked for."""
    words = in_language(language_for(asked.field("accept-language")), fault.text)
    return Answer(f"{words}\n".encode(), TEXT, fault.code, headers or {})


def _sent_to_https(asked: Asked) -> Answer:
    if asked.field("upgrade"):
        return told(asked, UNENCRYPTED)
    return told(asked, ENCRYPTED, {"Location": f"https://{asked.field('host')}{asked.target}"})


def _upgraded(asked: Asked, site: Site) -> Answer | Handshake:
    origin = asked.field("origin")
    if origin and not site.names.admit(origin, asked.field("host")):
        return told(asked, FOREIGN)
    accepted = handshake(asked.method, asked.field)
    if isinstance(accepted, Fault):
        return told(asked, accepted, {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
    return accepted


def _front(asked: Asked, site: Site) -> Answer:
    called = urlsplit(f"//{asked.field('host')}")
    port = called.port or (443 if asked.asker.is_secure else 80)
    shown = site.certificates()
    facts = Facts(
        site.network,
        site.description,
        called.hostname or "localhost",
        port,
        site.lobby,
        asked.asker.is_secure,
        shown.ca_fingerprint if shown else "",
    )
    language = language_for(asked.field("accept-language"))
    headers = {"Vary": "Accept-Language", "Content-Language": language, "Cache-Control": "no-cache"}
    return Answer(page(facts, language), "text/html; charset=utf-8", headers=headers)


def _socket(asked: Asked, site: Site) -> Answer:
    return told(asked, NO_SOCKET, {"Upgrade": "websocket"})


def _icon(asked: Asked, site: Site) -> Answer:
    return Answer(ICON, "image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _authority(asked: Asked, site: Site) -> Answer:
    shown = site.certificates()
    if shown is None or shown.ca_pem is None:
        return told(asked, NOT_FOUND)
    headers = {
        "Content-Disposition": 'attachment; filename="simplechat-ca.pem"',
        "Cache-Control": "no-cache",
    }
    return Answer(shown.ca_pem, "application/x-pem-file", headers=headers)


def _health(asked: Asked, site: Site) -> Answer:
    troubles = site.troubles()
    text = "".join(f"{trouble}\n" for trouble in troubles) or "ok\n"
    return Answer(text.encode(), TEXT, 503 if troubles else 200, {"Cache-Control": "no-store"})


def _metrics(asked: Asked, site: Site) -> Answer:
    scheme, _, token = asked.field("authorization").partition(" ")
    is_known = bool(site.metrics_token) and hmac.compare_digest(
        token.strip().encode(), site.metrics_token.encode()
    )
    if not (asked.asker.is_local or (is_known and scheme.lower() == "bearer")):
        return told(asked, HIDDEN)
    body, kind = site.metrics()
    return Answer(body, kind, headers={"Cache-Control": "no-store"})


_PLACES: dict[str, Callable[[Asked, Site], Answer]] = {
    "/": _front,
    "/socket": _socket,
    "/ca.pem": _authority,
    "/healthz": _health,
    "/icon.svg": _icon,
    "/metrics": _metrics,
}
_SOCKETS = ("/", "/socket")
