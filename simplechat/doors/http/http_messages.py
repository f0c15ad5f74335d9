"""A request and its response, as the handlers of routes see them.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from simplechat.doors.http.accept_language import choose_language
from simplechat.doors.http.join_page import STYLE_HASH
from simplechat.doors.http.request_body import RequestBody
from simplechat.doors.http.request_head import HttpError, RequestHead
from simplechat.doors.http.requester import Requester
from simplechat.doors.http.response_stream import ResponseStream
from simplechat.locale import translate_into

PLAIN_TEXT = "text/plain; charset=utf-8"

_CONTENT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every response."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose head is in order.

    Attributes:
        head: Its head.
        requester: Who sent it.
        body: Its body; empty where the route takes none.
        path_parts: What stands in the path for the `{names}` of the route.
    """

    head: RequestHead
    requester: Requester
    body: RequestBody
    path_parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """GET and the like."""
        return self.head.method

    @property
    def target(self) -> str:
        """The path and the query."""
        return self.head.target

    def header(self, name: str) -> str:
        """Return a header field's value by its name in lower case; "" where there is none."""
        return self.head.field(name)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response.

    Attributes:
        body: The content; of it, HEAD gets the length only.
        media_type: Its Content-Type.
        code: The status.
        headers: Headers beyond SECURITY_HEADERS, some of which they may replace.
    """

    body: bytes | ResponseStream
    media_type: str = PLAIN_TEXT
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def error_response(
    request: HttpRequest, error: HttpError, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return a response that gives the reason in the language that the request prefers."""
    text = translate_into(choose_language(request.header("accept-language")), error.text)
    return HttpResponse(f"{text}\n".encode(), PLAIN_TEXT, error.code, headers or {})


def encode_head(response: HttpResponse, more_headers: Mapping[str, str]) -> bytes:
    """Encode a response's status line and headers, the empty line included."""
    headers = {"Date": _format_date(int(time.time())), **SECURITY_HEADERS}
    if response.code != HTTPStatus.NO_CONTENT:
        headers |= {"Content-Type": response.media_type, "Content-Length": str(len(response.body))}
    headers |= {**response.headers, **more_headers}
    lines = [f"HTTP/1.1 {response.code} {HTTPStatus(response.code).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join([*lines, "", ""])
    if (text.count("\r"), text.count("\n")) != (len(lines) + 1, len(lines) + 1):
        raise ValueError("a response header holds a line end")
    return text.encode("latin-1")


@lru_cache(2)
def _format_date(at: int) -> str:
    return formatdate(at, usegmt=True)
