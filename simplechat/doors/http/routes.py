"""What the server answers over HTTP: one table of routes, and their handlers.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from simplechat.doors.http.accept_language import choose_language
from simplechat.doors.http.http_messages import (
    PLAIN_TEXT,
    HttpError,
    HttpRequest,
    HttpResponse,
    error_response,
)
from simplechat.doors.http.join_page import ICON, JoinDetails, render_join_page
from simplechat.doors.http.routing import NOT_FOUND, Outcome, Route
from simplechat.doors.http.web_services import WebServices
from simplechat.doors.http.websocket import accept_handshake
from simplechat.locale import marked

FOREIGN_ORIGIN = HttpError(
    403, marked("Pages of other sites may not connect here; --web-origin allows a site")
)
WEBSOCKETS_ONLY = HttpError(426, marked("This is for WebSockets"))
LOCAL_ONLY = HttpError(
    403, marked("This is for the server's own machine, or for requests with the token of --metrics-token")
)


def _show_join_page(request: HttpRequest, services: WebServices) -> Outcome:
    if _wants_websocket(request):
        return _accept_websocket(request, services)
    address = urlsplit(f"//{request.header('host')}")
    certificates = services.certificates()
    details = JoinDetails(
        network=services.network,
        description=services.description,
        host=address.hostname or "localhost",
        port=address.port or (443 if request.requester.is_secure else 80),
        channel=services.lobby,
        is_secure=request.requester.is_secure,
        fingerprint=certificates.ca_fingerprint if certificates else "",
    )
    language = choose_language(request.header("accept-language"))
    headers = {"Vary": "Accept-Language", "Content-Language": language, "Cache-Control": "no-cache"}
    return HttpResponse(render_join_page(details, language), "text/html; charset=utf-8", headers=headers)


def _open_websocket(request: HttpRequest, services: WebServices) -> Outcome:
    if _wants_websocket(request):
        return _accept_websocket(request, services)
    return error_response(request, WEBSOCKETS_ONLY, {"Upgrade": "websocket"})


def _wants_websocket(request: HttpRequest) -> bool:
    return request.header("upgrade").lower() == "websocket"


def _accept_websocket(request: HttpRequest, services: WebServices) -> Outcome:
    origin = request.header("origin")
    if origin and not services.names.accepts_origin(origin, request.header("host")):
        return error_response(request, FOREIGN_ORIGIN)
    handshake = accept_handshake(request.method, request.header)
    if isinstance(handshake, HttpError):
        return error_response(request, handshake, {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
    return handshake


def _send_icon(request: HttpRequest, services: WebServices) -> HttpResponse:
    return HttpResponse(ICON, "image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _send_ca_certificate(request: HttpRequest, services: WebServices) -> HttpResponse:
    certificates = services.certificates()
    if certificates is None or certificates.ca_pem is None:
        return error_response(request, NOT_FOUND)
    headers = {
        "Content-Disposition": 'attachment; filename="simplechat-ca.pem"',
        "Cache-Control": "no-cache",
    }
    return HttpResponse(certificates.ca_pem, "application/x-pem-file", headers=headers)


def _report_health(request: HttpRequest, services: WebServices) -> HttpResponse:
    problems = services.find_problems()
    text = "".join(f"{problem}\n" for problem in problems) or "ok\n"
    return HttpResponse(text.encode(), PLAIN_TEXT, 503 if problems else 200, {"Cache-Control": "no-store"})


def _report_metrics(request: HttpRequest, services: WebServices) -> HttpResponse:
    scheme, _, token = request.header("authorization").partition(" ")
    expected = services.metrics_token
    has_token = bool(expected) and hmac.compare_digest(token.strip().encode(), expected.encode())
    if not (request.requester.is_local or (has_token and scheme.lower() == "bearer")):
        return error_response(request, LOCAL_ONLY)
    body, media_type = services.metrics()
    return HttpResponse(body, media_type, headers={"Cache-Control": "no-store"})


ROUTES = (
    Route("GET", "/", _show_join_page),
    Route("GET", "/socket", _open_websocket),
    Route("GET", "/ca.pem", _send_ca_certificate),
    Route("GET", "/healthz", _report_health),
    Route("GET", "/icon.svg", _send_icon),
    Route("GET", "/metrics", _report_metrics),
)
