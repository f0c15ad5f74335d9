"""HTTP requests and responses, as the handlers of routes see them, and a strict reader of request heads.

h11 accepts heads that others could understand differently: line ends without CR, continued lines, repeated
lengths. Such a head is refused; the errors are meant for programmers, so they are in English only.

Spec: https://www.rfc-editor.org/rfc/rfc9110 and https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

import h11

from simplechat.doors.http.accept_language import choose_language
from simplechat.doors.http.join_page import STYLE_HASH
from simplechat.doors.http.request_body import RequestBody
from simplechat.doors.http.requester import Requester
from simplechat.doors.http.response_stream import ResponseStream
from simplechat.locale import translate_into

MAX_HEAD_BYTES = 16384
MAX_HEADER_FIELDS = 100
PLAIN_TEXT = "text/plain; charset=utf-8"

_END = b"\r\n\r\n"
_LINES = re.compile(rb"(?:[!-~\x80-\xff][\t -~\x80-\xff]*\r\n)+\r\n")
_LENGTH = re.compile(rb"\ncontent-length:([^\r]*)", re.IGNORECASE)
_TARGET = re.compile(r"/[!-\"$-;=?-\[\]_a-z|~]*")  # no fragment, nothing that has to be escaped
_SINGLE = frozenset(
    (
        *("expect", "upgrade", "origin", "authorization"),
        *("sec-websocket-key", "sec-websocket-version", "x-forwarded-proto"),
    )
)
"""Fields that may occur once only, besides those that h11 knows."""

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


class HttpError(NamedTuple):
    """The reason why a request is refused.

    Attributes:
        code: The status.
        text: The reason, for people.
    """

    code: int
    text: str


TOO_LARGE = HttpError(431, "The head of this request is too large")
UNKNOWN_LENGTH = HttpError(400, "The length of this request cannot be known")
_BAD_LINES = HttpError(400, "This is not HTTP/1.1: lines end with CR LF and none is continued")
_BAD_HEAD = HttpError(400, "This is not HTTP/1.1: the request line or a header field cannot be read")
_BAD_VERSION = HttpError(505, "This server speaks HTTP/1.1 and HTTP/1.0 only")
_BAD_TARGET = HttpError(400, "A request names a path of this server, without a host or a fragment")
_REPEATED_FIELD = HttpError(400, "A header field that may occur once only occurs twice")
_NO_HOST = HttpError(400, "A request has a Host header")


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The head of a request, in which no error was found.

    Attributes:
        method: GET and the like.
        target: The path and, behind a question mark, the query; or `*`.
        fields: The header fields by their names in lower case; repeated ones are joined by commas.
        content_length: The length of the body in bytes; None where no Content-Length is given.
    """

    method: str
    target: str
    fields: dict[str, str]
    content_length: int | None

    def field(self, name: str) -> str:
        """Return a header field's value by its name in lower case; "" where there is none."""
        return self.fields.get(name, "")

    @property
    def is_chunked(self) -> bool:
        """Whether the body has a transfer coding, so that its length is not known in advance."""
        return "transfer-encoding" in self.fields


def read_head(http: h11.Connection) -> RequestHead | HttpError | None:
    """Read the head of the next request from what h11 has received; return None while it is not whole."""
    unread, _ = http.trailing_data
    end = unread.find(_END, 0, MAX_HEAD_BYTES)
    error = _find_partial_head_error(unread) if end < 0 else _find_framing_error(unread[: end + len(_END)])
    if error is not None or end < 0:
        return error
    try:
        request = http.next_event()
    except h11.RemoteProtocolError:
        return _BAD_HEAD
    return _check_request(request) if isinstance(request, h11.Request) else _BAD_HEAD


def _find_partial_head_error(head: bytes) -> HttpError | None:
    if len(head) >= MAX_HEAD_BYTES:
        return TOO_LARGE
    return _BAD_LINES if head.count(b"\n") != head.count(b"\r\n") else None


def _find_framing_error(head: bytes) -> HttpError | None:
    """Return what h11 would not mind in a head, its empty line included; None for nothing."""
    if head.count(b"\n") > MAX_HEADER_FIELDS + 2:
        return TOO_LARGE
    if not _LINES.fullmatch(head):
        return _BAD_LINES
    lengths = _LENGTH.findall(head)
    if len(lengths) > 1 or not all(length.strip(b" \t").isdigit() for length in lengths):
        return UNKNOWN_LENGTH
    return None


def _check_request(request: h11.Request) -> RequestHead | HttpError:
    """Return the head of a request that h11 accepts, or why we do not."""
    method, target = request.method.decode(), request.target.decode()
    if request.http_version not in (b"1.1", b"1.0"):
        return _BAD_VERSION
    if not (_TARGET.fullmatch(target) or (method, target) == ("OPTIONS", "*")):
        return _BAD_TARGET
    fields: dict[str, str] = {}
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode(), raw_value.decode("latin-1")
        if name in fields and name in _SINGLE:
            return _REPEATED_FIELD
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    if "host" not in fields:
        return _NO_HOST
    if "content-length" in fields and "transfer-encoding" in fields:
        return UNKNOWN_LENGTH  # two readers could choose differently: request smuggling
    if request.http_version == b"1.0":
        fields.pop("upgrade", None)  # which HTTP/1.0 does not have
    length = fields.get("content-length")
    return RequestHead(method, target, fields, None if length is None else int(length))


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


def encode_response(
    http: h11.Connection, response: HttpResponse, more_headers: Mapping[str, str], *, is_head: bool
) -> bytes:
    """Encode a response whole; where its content is a stream, its head only.

    Raises:
        h11.LocalProtocolError: A header is malformed.
    """
    headers = {"Date": _format_date(int(time.time())), **SECURITY_HEADERS}
    if response.code != HTTPStatus.NO_CONTENT:
        headers |= {"Content-Type": response.media_type, "Content-Length": str(len(response.body))}
    headers |= {**response.headers, **more_headers}
    reason = HTTPStatus(response.code).phrase
    head = h11.Response(status_code=response.code, reason=reason, headers=list(headers.items()))
    content = b"" if is_head else response.body
    if isinstance(content, ResponseStream):
        return http.send(head)
    return http.send(head) + http.send(h11.Data(content)) + http.send(h11.EndOfMessage())


@lru_cache(2)
def _format_date(at: int) -> str:
    return formatdate(at, usegmt=True)
