"""The table of routes: which handler answers a method at a path, and which bodies it takes.

A body has a Content-Length, so its limit is checked before any of it is read. Chunked bodies are refused.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from simplechat.doors.http.http_messages import (
    UNKNOWN_LENGTH,
    HttpError,
    HttpRequest,
    HttpResponse,
    RequestHead,
    error_response,
)
from simplechat.doors.http.web_services import WebServices
from simplechat.doors.http.websocket import Handshake
from simplechat.locale import marked

NOT_FOUND = HttpError(404, marked("There is nothing here"))
NOT_ALLOWED = HttpError(405, marked("This method is not allowed here"))
UNKNOWN_NAME = HttpError(
    421, marked("This server has another name; start it with --web-origin to add this one")
)
ENCRYPTED_ONLY = HttpError(
    308, marked("This server takes unencrypted connections from its own machine only; use https")
)
ENCRYPTED_SOCKETS_ONLY = HttpError(
    403, marked("This server takes unencrypted connections from its own machine only; use wss")
)
_UNEXPECTED = HttpError(413, "Nothing is taken here, so a request has no body")
_TOO_LONG = HttpError(413, "The body of this request is too long")
_NO_LENGTH = HttpError(411, "A request with a body has a Content-Length here")
_BAD_TYPE = HttpError(415, "A body of this Content-Type is not taken here")
_BAD_EXPECT = HttpError(417, "This server does as no Expect header says")

Outcome = HttpResponse | Handshake
Handler = Callable[[HttpRequest, WebServices], Outcome | Awaitable[Outcome]]
"""Answers a request, at once or later; a handshake makes the connection a WebSocket."""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f/\\\\]")


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """Which bodies a route takes.

    Attributes:
        max_bytes: The longest body; 0 where none is taken.
        media_types: The types that are taken, in lower case and without parameters; empty for all.
    """

    max_bytes: int = 0
    media_types: frozenset[str] = frozenset()

    def find_error(self, head: RequestHead) -> HttpError | None:
        """Return why a request with this head is refused before its body is read; None where it is not."""
        if self.max_bytes == 0:
            return _find_body(head)
        if head.is_chunked or head.content_length is None:
            return _NO_LENGTH
        if head.content_length > self.max_bytes:
            return _TOO_LONG
        media_type = head.field("content-type").partition(";")[0].strip().lower()
        if self.media_types and media_type not in self.media_types:
            return _BAD_TYPE
        return None if head.field("expect").lower() in ("", "100-continue") else _BAD_EXPECT


NO_BODY = BodyPolicy()


def _find_body(head: RequestHead) -> HttpError | None:
    """Refuse a request that has a body, or announces one."""
    if head.is_chunked:
        return UNKNOWN_LENGTH
    if head.content_length:
        return _UNEXPECTED
    return _BAD_EXPECT if "expect" in head.fields else None


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table.

    Attributes:
        method: GET, which answers HEAD, too, or another.
        path: Either as it is, or with `{names}` for whole segments, such as `/files/{id}/{name}`.
        handler: Answers the request.
        body: Which bodies it takes.
    """

    method: str
    path: str
    handler: Handler
    body: BodyPolicy = NO_BODY


@dataclass(frozen=True, slots=True)
class Match:
    """What the table has for a method and a path.

    Attributes:
        route: The row; None where there is none.
        methods: Where there is no row: the methods that others at this path have; empty for no path of ours.
        path_parts: What stands in the path for the `{names}` of the row.
    """

    route: Route | None
    methods: tuple[str, ...]
    path_parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> BodyPolicy:
        """Which bodies are taken."""
        return NO_BODY if self.route is None else self.route.body


class RouteTable:
    """The routes of a server.

    Args:
        routes: The rows. Paths without `{names}` go first, then the patterns in their order.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self._literal: dict[str, list[Route]] = {}
        self._patterns: list[tuple[list[str], Route]] = []
        self._methods = _methods_of(routes)
        for route in routes:
            if "{" in route.path:
                self._patterns.append((route.path.split("/"), route))
            else:
                self._literal.setdefault(route.path, []).append(route)

    def find(self, method: str, target: str) -> Match:
        """Look up a method and a target, whose query does not count; `*` stands for the whole server."""
        path = target.partition("?")[0]
        if path == "*":
            return Match(None, self._methods)
        parts: dict[str, str] = {}
        routes = self._literal.get(path)
        if routes is None:
            routes, parts = self._find_by_pattern(path.split("/"))
        wanted = "GET" if method == "HEAD" else method
        for route in routes:
            if route.method == wanted:
                return Match(route, (), parts)
        return Match(None, _methods_of(routes))

    def _find_by_pattern(self, segments: list[str]) -> tuple[list[Route], dict[str, str]]:
        """Return the routes of the first pattern that fits, and what stands in the path for its names."""
        for pattern, first in self._patterns:
            parts = _match(pattern, segments)
            if parts is not None:
                return [route for _, route in self._patterns if route.path == first.path], parts
        return [], {}


def _methods_of(routes: Sequence[Route]) -> tuple[str, ...]:
    """Return the methods of routes, with those that every path has."""
    methods = list(dict.fromkeys(route.method for route in routes))
    if "GET" in methods:
        methods.insert(methods.index("GET") + 1, "HEAD")
    return (*methods, "OPTIONS") if methods else ()


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    """Return what stands for the names of a pattern; None where the segments do not fit it."""
    if len(pattern) != len(segments):
        return None
    parts: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if not expected.startswith("{"):
            if expected != segment:
                return None
            continue
        part = _decode_segment(segment)
        if part is None:
            return None
        parts[expected[1:-1]] = part
    return parts


def _decode_segment(segment: str) -> str | None:
    """Decode one segment of a path; None where it could lead elsewhere, or hides something."""
    try:
        part = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None
    return None if part in ("", ".", "..") or _UNSAFE.search(part) else part


def respond(request: HttpRequest, match: Match, services: WebServices) -> Outcome | Awaitable[Outcome]:
    """Answer a request by its route, or say why it has no answer."""
    requester = request.requester
    if not services.names.accepts_host(request.header("host")):
        return error_response(request, UNKNOWN_NAME)
    if not requester.is_secure and not services.admits(requester.host if requester.is_direct else ""):
        return _redirect_to_https(request)
    if match.route is not None:
        return match.route.handler(request, services)
    if not match.methods:
        return error_response(request, NOT_FOUND)
    allowed = {"Allow": ", ".join(match.methods)}
    if request.method == "OPTIONS":
        return HttpResponse(b"", code=204, headers=allowed)
    return error_response(request, NOT_ALLOWED, allowed)


def _redirect_to_https(request: HttpRequest) -> HttpResponse:
    if request.header("upgrade"):
        return error_response(request, ENCRYPTED_SOCKETS_ONLY)
    location = f"https://{request.header('host')}{request.target}"
    return error_response(request, ENCRYPTED_ONLY, {"Location": location})
