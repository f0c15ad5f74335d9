"""The head of an HTTP request, parsed strictly: one that two readers could understand differently is refused.

Its errors are meant for programmers, so they are in English only.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

MAX_HEAD_BYTES = 16384
MAX_HEADER_FIELDS = 100
MAX_LENGTH_DIGITS = 18  # of a Content-Length: no limit of ours is longer
END = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(%b) ([!-~]+) HTTP/(\d)\.(\d)" % _TOKEN)
_TARGET = re.compile(rb"/[!-\"$-;=?-\[\]_a-z|~]*")  # no fragment, nothing that has to be escaped
_FIELD = re.compile(rb"(%b):[ \t]*([\t -~\x80-\xff]*)" % _TOKEN)
_SINGLE = frozenset(
    (
        *("host", "content-length", "expect", "upgrade", "origin", "authorization"),
        *("sec-websocket-key", "sec-websocket-version", "x-forwarded-proto"),
    )
)
"""Fields that may occur once only."""


class HttpError(NamedTuple):
    """The reason why a request is refused.

    Attributes:
        code: The status.
        text: The reason, for people.
    """

    code: int
    text: str


TOO_LARGE = HttpError(431, "The head of this request is too large")
_BAD_LINES = HttpError(400, "This is not HTTP/1.1: lines end with CR LF and none is continued")
_BAD_REQUEST_LINE = HttpError(400, "This is not HTTP/1.1: the request line cannot be read")
_BAD_VERSION = HttpError(505, "This server speaks HTTP/1.1 only")
_BAD_TARGET = HttpError(400, "A request names a path of this server, without a host or a fragment")
_BAD_FIELD = HttpError(400, "This is not HTTP/1.1: a header field cannot be read")
_REPEATED_FIELD = HttpError(400, "A header field that may occur once only occurs twice")
_NO_HOST = HttpError(400, "A request has a Host header")
UNKNOWN_LENGTH = HttpError(400, "The length of this request cannot be known")


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

    @property
    def closes(self) -> bool:
        """Whether the client wants the connection to be closed after the answer."""
        return "close" in [token.strip().lower() for token in self.field("connection").split(",")]


def find_partial_head_error(head: bytes) -> HttpError | None:
    """Return what is wrong with the beginning of a head whose end has not come yet; None for nothing."""
    if len(head) >= MAX_HEAD_BYTES:
        return TOO_LARGE
    return _BAD_LINES if head.count(b"\n") != head.count(b"\r\n") else None


def parse_head(data: bytes) -> RequestHead | HttpError:
    """Parse the head of a request, its empty line included."""
    lines = data.removesuffix(END).split(b"\r\n")
    if any(b"\r" in line or b"\n" in line or line[:1] in (b"", b" ", b"\t") for line in lines):
        return _BAD_LINES
    request = _REQUEST_LINE.fullmatch(lines[0])
    if request is None:
        return _BAD_REQUEST_LINE
    method, target, *version = request.groups()
    if version != [b"1", b"1"]:
        return _BAD_VERSION
    if not (_TARGET.fullmatch(target) or (method, target) == (b"OPTIONS", b"*")):
        return _BAD_TARGET
    fields = _parse_fields(lines[1:])
    if isinstance(fields, HttpError):
        return fields
    if "host" not in fields:
        return _NO_HOST
    length = fields.get("content-length")
    if length is not None and (not length.isascii() or not length.isdigit()):
        return UNKNOWN_LENGTH
    if length is not None and "transfer-encoding" in fields:
        return UNKNOWN_LENGTH  # two readers could choose differently: request smuggling
    return RequestHead(method.decode(), target.decode(), fields, _to_number(length))


def _parse_fields(lines: list[bytes]) -> dict[str, str] | HttpError:
    if len(lines) > MAX_HEADER_FIELDS:
        return TOO_LARGE
    fields: dict[str, str] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            return _BAD_FIELD
        name, value = found[1].decode().lower(), found[2].strip(b" \t").decode("latin-1")
        if name not in fields:
            fields[name] = value
        elif name in _SINGLE:
            return _REPEATED_FIELD
        else:
            fields[name] += f", {value}"
    return fields


def _to_number(digits: str | None) -> int | None:
    """Convert digits to a number, at little cost also where there are thousands of them."""
    if digits is None:
        return None
    return int((digits.lstrip("0") or "0")[:MAX_LENGTH_DIGITS])
