"""HTTP for who is not served: one request is read, as far as its head, and gets one short text_response.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

MAX_HEAD_BYTES = 8192  # bytes
HEAD_S = 10.0
LINGER_S = 2.0  # for what the client still sends, so that closing does not take the text_response from it

_END = re.compile(rb"\r?\n\r?\n")
_FIRST_LINE = re.compile(rb"[A-Z]{1,16} (/[!-~]{0,4095}) HTTP/1\.[01]")
_HOST = re.compile(rb"host:(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class RequestTarget(NamedTuple):
    """What the head of a request asks for.

    Attributes:
        path: With the query.
        host: And the port, where the client says one; "" for none.
    """

    path: str
    host: str


BuildResponse = Callable[[RequestTarget], bytes]


def parse_head(data: bytes) -> RequestTarget | None:
    """Read a head; None where it is wrong, or asks for what nobody should."""
    first, *fields = data.replace(b"\r\n", b"\n").lstrip(b"\n").split(b"\n")
    found = _FIRST_LINE.fullmatch(first)
    hosts = [host[1].strip(b" \t").decode("latin-1") for host in map(_HOST.fullmatch, fields) if host]
    if found is None or len(hosts) > 1 or any(not _AUTHORITY.fullmatch(host) for host in hosts):
        return None
    return RequestTarget(found[1].decode(), hosts[0] if hosts else "")


def text_response(status: str, text: str, *fields: str) -> bytes:
    """Build an answer of plain text, behind which the connection ends."""
    body = f"{text}\n".encode()
    head = [
        f"HTTP/1.1 {status}",
        *fields,
        "Content-Type: text/plain; charset=utf-8",
        "X-Content-Type-Options: nosniff",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


BAD_REQUEST = text_response("400 Bad Request", "This request could not be understood")


def redirect_to_https(own: str) -> BuildResponse:
    """BuildResponse that the same address is to be asked with https.

    Args:
        own: The server's address and port, for clients that do not say which they want.
    """

    def redirect(head: RequestTarget) -> bytes:
        place = f"https://{head.host or own}{head.path}"
        text = f"This server wants an encrypted connection: {place}"
        return text_response("308 Permanent Redirect", text, f"Location: {place}")

    return redirect


@implementer(IHalfCloseableProtocol)
class SingleResponse(Protocol):
    """One connection whose first request is answered, and that then ends.

    Args:
        text_response: Gives the text_response to a request that is in order.
        clock: For limits.
    """

    def __init__(self, text_response: BuildResponse, clock: IReactorTime) -> None:
        self._answer = text_response
        self._clock = clock
        self._read = b""
        self._is_answered = False
        self._limit: IDelayedCall | None = None

    @property
    def _wire(self) -> Any:
        return self.transport

    def connectionMade(self) -> None:
        self._limit = self._clock.callLater(HEAD_S, self._wire.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        if self._is_answered:
            return
        self._read += data
        end = _END.search(self._read.lstrip(b"\r\n"))
        if end is not None:
            self._give(parse_head(self._read.lstrip(b"\r\n")[: end.start()]))
        elif len(self._read) > MAX_HEAD_BYTES:
            self._give(None)

    def _give(self, head: RequestTarget | None) -> None:
        self._is_answered = True
        self._read = b""
        self._wire.write(self._answer(head) if head else BAD_REQUEST)
        self._wire.loseWriteConnection()
        self._set_limit(LINGER_S)

    def _set_limit(self, seconds: float) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.reset(seconds)

    def readConnectionLost(self) -> None:
        """The client says no more."""
        self._wire.loseConnection()

    def writeConnectionLost(self) -> None:
        """The text_response is out; what the client still sends is read and forgotten."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
