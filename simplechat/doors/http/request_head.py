"""The head of an HTTP request, read strictly: what two readers could understand in two ways is refused.

A head is looked at before anything else reads it. None of our pages wants a body, so none is taken. The
reasons are for who writes programs that speak HTTP, and are in English only.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_HEAD_BYTES = 16384  # of a head
MAX_HEADER_FIELDS = 100
END = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST = re.compile(rb"(%b) ([!-~]+) HTTP/(\d)\.(\d)" % _TOKEN)
_TARGET = re.compile(rb"/[!-\"$-;=?-\[\]_a-z|~]*")  # no fragment, nothing that has to be escaped
_FIELD = re.compile(rb"(%b):[ \t]*([\t -~\x80-\xff]*)" % _TOKEN)
_SINGLE = frozenset(
    (
        *(b"host", b"content-length", b"expect", b"upgrade", b"origin", b"authorization"),
        *(b"sec-websocket-key", b"sec-websocket-version", b"x-forwarded-proto"),
    )
)


class HttpError(NamedTuple):
    """Why a request is refused.

    Attributes:
        code: The status.
        text: The reason, for people.
    """

    code: int
    text: str


TOO_LARGE = HttpError(431, "The head of this request is too large")
_LINES = HttpError(400, "This is not HTTP/1.1: lines end with CR LF and none is continued")
_REQUEST_LINE = HttpError(400, "This is not HTTP/1.1: the request line cannot be read")
_VERSION = HttpError(505, "This server speaks HTTP/1.1 only")
_FORM = HttpError(400, "A request names a path of this server, without a host or a fragment")
_FIELDS = HttpError(400, "This is not HTTP/1.1: a header field cannot be read")
_TWICE = HttpError(400, "A header field stands there twice that may stand there once")
_HOST = HttpError(400, "A request has a Host header")
_LENGTH = HttpError(400, "The length of this request cannot be known")
_BODY = HttpError(413, "Nothing is taken here, so a request has no body")
_EXPECTS = HttpError(417, "This server does as no Expect header says")


def find_partial_head_error(head: bytes) -> HttpError | None:
    """Tell what is wrong with the first part of a head, of which more is to come; None where nothing is."""
    if len(head) >= MAX_HEAD_BYTES:
        return TOO_LARGE
    return _LINES if head.count(b"\n") != head.count(b"\r\n") else None


def find_head_error(head: bytes) -> HttpError | None:
    """Tell what is wrong with the head of a request, its empty line included; None where nothing is."""
    lines = head.removesuffix(END).split(b"\r\n")
    if any(b"\r" in line or b"\n" in line or line[:1] in (b"", b" ", b"\t") for line in lines):
        return _LINES
    return _fault_in_request(lines[0]) or _fault_in_fields(lines[1:])


def _fault_in_request(line: bytes) -> HttpError | None:
    found = _REQUEST.fullmatch(line)
    if found is None:
        return _REQUEST_LINE
    if (found[3], found[4]) != (b"1", b"1"):
        return _VERSION
    is_whole_server = found[1] == b"OPTIONS" and found[2] == b"*"
    return None if is_whole_server or _TARGET.fullmatch(found[2]) else _FORM


def _fault_in_fields(lines: list[bytes]) -> HttpError | None:
    if len(lines) > MAX_HEADER_FIELDS:
        return TOO_LARGE
    values: dict[bytes, bytes] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            return _FIELDS
        name = found[1].lower()
        if name in values and name in _SINGLE:
            return _TWICE
        values[name] = found[2]
    return _fault_in_values(values)


def _fault_in_values(values: dict[bytes, bytes]) -> HttpError | None:
    length = values.get(b"content-length", b"0").strip(b" \t")
    if b"host" not in values:
        return _HOST
    if b"transfer-encoding" in values or not length.isdigit():
        return _LENGTH
    if length.strip(b"0"):
        return _BODY
    return _EXPECTS if b"expect" in values else None
