"""What there is on the web: one table of paths, and how each is answered. Whatever is not in it is not there.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from simplechat.doors.http.join_page import ICON, STYLE_HASH, JoinDetails, language_for, render_join_page
from simplechat.doors.http.request_head import HttpError
from simplechat.doors.http.requester import HeaderLookup, Requester, ServerNames
from simplechat.doors.http.websocket import Handshake, handshake
from simplechat.locale import marked, translate_into

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

NOT_FOUND = HttpError(404, marked("There is nothing here"))
NOT_ALLOWED = HttpError(405, marked("This can only be read"))
NOT_OURS = HttpError(
    421, marked("This server has another name; for it to have this one too, start it with --web-origin")
)
FOREIGN = HttpError(403, marked("Pages of another site may not speak here; --web-origin lets them"))
ENCRYPTED = HttpError(
    308, marked("This server takes unencrypted connections from its own machine only; use https")
)
UNENCRYPTED = HttpError(
    403, marked("This server takes unencrypted connections from its own machine only; use wss")
)
NO_SOCKET = HttpError(426, marked("This is for WebSockets"))
HIDDEN = HttpError(
    403, marked("This is for the server's own machine, or for who has the token of --metrics-token")
)
AT_FAULT = HttpError(500, marked("The server failed at this, by a fault of its own"))


class PublishedCertificates(Protocol):
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
class WebServices:
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

    names: ServerNames
    network: str
    description: str
    lobby: str
    admits: Callable[[str], bool]
    believes: Callable[[str], bool]
    troubles: Callable[[], list[str]]
    metrics: Callable[[], tuple[bytes, str]]
    certificates: Callable[[], PublishedCertificates | None]
    metrics_token: str = ""

    @property
    def is_verifiable(self) -> bool:
        """Whether strangers can verify the certificate that is shown."""
        shown = self.certificates()
        return shown is not None and shown.is_verifiable


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose head is without fault.

    Attributes:
        method: GET and the like.
        target: The path, and what may stand behind a question mark.
        field: Gives what the head says.
        asker: Who asks.
    """

    method: str
    target: str
    field: HeaderLookup
    asker: Requester


@dataclass(frozen=True, slots=True)
class HttpResponse:
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


def respond_to(asked: HttpRequest, site: WebServices) -> HttpResponse | Handshake:
    """Answer a request; with a handshake where it may become a WebSocket."""
    if not site.names.has(asked.field("host")):
        return told(asked, NOT_OURS)
    if not asked.asker.is_secure and not site.admits(asked.asker.host if asked.asker.is_near else ""):
        return _sent_to_https(asked)
    if asked.method == "OPTIONS":
        return HttpResponse(b"", code=204, headers={"Allow": READING})
    path = asked.target.partition("?")[0]
    place = _PLACES.get(path)
    if place is None:
        return told(asked, NOT_FOUND)
    if asked.method not in ("GET", "HEAD"):
        return told(asked, NOT_ALLOWED, {"Allow": READING})
    if path in _SOCKETS and asked.field("upgrade").lower() == "websocket":
        return _upgraded(asked, site)
    return place(asked, site)


def told(asked: HttpRequest, fault: HttpError, headers: dict[str, str] | None = None) -> HttpResponse:
    """Answer with a reason, in the language that is asked for."""
    words = translate_into(language_for(asked.field("accept-language")), fault.text)
    return HttpResponse(f"{words}\n".encode(), TEXT, fault.code, headers or {})


def _sent_to_https(asked: HttpRequest) -> HttpResponse:
    if asked.field("upgrade"):
        return told(asked, UNENCRYPTED)
    return told(asked, ENCRYPTED, {"Location": f"https://{asked.field('host')}{asked.target}"})


def _upgraded(asked: HttpRequest, site: WebServices) -> HttpResponse | Handshake:
    origin = asked.field("origin")
    if origin and not site.names.admit(origin, asked.field("host")):
        return told(asked, FOREIGN)
    accepted = handshake(asked.method, asked.field)
    if isinstance(accepted, HttpError):
        return told(asked, accepted, {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
    return accepted


def _front(asked: HttpRequest, site: WebServices) -> HttpResponse:
    called = urlsplit(f"//{asked.field('host')}")
    port = called.port or (443 if asked.asker.is_secure else 80)
    shown = site.certificates()
    facts = JoinDetails(
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
    return HttpResponse(render_join_page(facts, language), "text/html; charset=utf-8", headers=headers)


def _socket(asked: HttpRequest, site: WebServices) -> HttpResponse:
    return told(asked, NO_SOCKET, {"Upgrade": "websocket"})


def _icon(asked: HttpRequest, site: WebServices) -> HttpResponse:
    return HttpResponse(ICON, "image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _authority(asked: HttpRequest, site: WebServices) -> HttpResponse:
    shown = site.certificates()
    if shown is None or shown.ca_pem is None:
        return told(asked, NOT_FOUND)
    headers = {
        "Content-Disposition": 'attachment; filename="simplechat-ca.pem"',
        "Cache-Control": "no-cache",
    }
    return HttpResponse(shown.ca_pem, "application/x-pem-file", headers=headers)


def _health(asked: HttpRequest, site: WebServices) -> HttpResponse:
    troubles = site.troubles()
    text = "".join(f"{trouble}\n" for trouble in troubles) or "ok\n"
    return HttpResponse(text.encode(), TEXT, 503 if troubles else 200, {"Cache-Control": "no-store"})


def _metrics(asked: HttpRequest, site: WebServices) -> HttpResponse:
    scheme, _, token = asked.field("authorization").partition(" ")
    is_known = bool(site.metrics_token) and hmac.compare_digest(
        token.strip().encode(), site.metrics_token.encode()
    )
    if not (asked.asker.is_local or (is_known and scheme.lower() == "bearer")):
        return told(asked, HIDDEN)
    body, kind = site.metrics()
    return HttpResponse(body, kind, headers={"Cache-Control": "no-store"})


_PLACES: dict[str, Callable[[HttpRequest, WebServices], HttpResponse]] = {
    "/": _front,
    "/socket": _socket,
    "/ca.pem": _authority,
    "/healthz": _health,
    "/icon.svg": _icon,
    "/metrics": _metrics,
}
_SOCKETS = ("/", "/socket")
