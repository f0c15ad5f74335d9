"""HTTP for clients that are not served: the head of one request is read, and one short answer is sent.

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

MAX_HEAD_BYTES = 8192
HEAD_S = 10.0
LINGER_S = 2.0  # to read what the client still sends: else closing could destroy the answer on its way

_END = re.compile(rb"\r?\n\r?\n")
_FIRST_LINE = re.compile(rb"[A-Z]{1,16} (/[!-~]{0,4095}) HTTP/1\.[01]")
_HOST = re.compile(rb"host:(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class RequestTarget(NamedTuple):
    """The path and the server that a request names.

    Attributes:
        path: The path and the query.
        host: The host, and the port where one is given; "" for none.
    """

    path: str
    host: str


BuildResponse = Callable[[RequestTarget], bytes]


def parse_target(data: bytes) -> RequestTarget | None:
    """Parse the head of a request; return None where it is malformed, or not safe to repeat in a redirect."""
    first, *fields = data.replace(b"\r\n", b"\n").lstrip(b"\n").split(b"\n")
    found = _FIRST_LINE.fullmatch(first)
    hosts = [host[1].strip(b" \t").decode("latin-1") for host in map(_HOST.fullmatch, fields) if host]
    if found is None or len(hosts) > 1 or any(not _AUTHORITY.fullmatch(host) for host in hosts):
        return None
    return RequestTarget(found[1].decode(), hosts[0] if hosts else "")


def text_response(status: str, text: str, *fields: str) -> bytes:
    """Encode a response of plain text, behind which the connection ends."""
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
    """Return a function that redirects a request to the same address by https.

    Args:
        own: The server's address and port, for clients that name none.
    """

    def redirect(target: RequestTarget) -> bytes:
        location = f"https://{target.host or own}{target.path}"
        text = f"This server wants an encrypted connection: {location}"
        return text_response("308 Permanent Redirect", text, f"Location: {location}")

    return redirect


@implementer(IHalfCloseableProtocol)
class SingleResponse(Protocol):
    """A connection whose first request is answered, and which is then closed.

    Args:
        build_response: Returns the response to a well-formed request.
        clock: The clock.
    """

    def __init__(self, build_response: BuildResponse, clock: IReactorTime) -> None:
        self._build_response = build_response
        self._clock = clock
        self._received = b""
        self._is_answered = False
        self._limit: IDelayedCall | None = None

    @property
    def _socket(self) -> Any:
        return self.transport

    def connectionMade(self) -> None:
        self._limit = self._clock.callLater(HEAD_S, self._socket.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        if self._is_answered:
            return
        self._received += data
        end = _END.search(self._received.lstrip(b"\r\n"))
        if end is not None:
            self._respond(parse_target(self._received.lstrip(b"\r\n")[: end.start()]))
        elif len(self._received) > MAX_HEAD_BYTES:
            self._respond(None)

    def _respond(self, target: RequestTarget | None) -> None:
        self._is_answered = True
        self._received = b""
        self._socket.write(self._build_response(target) if target else BAD_REQUEST)
        self._socket.loseWriteConnection()
        self._set_limit(LINGER_S)

    def _set_limit(self, seconds: float) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.reset(seconds)

    def readConnectionLost(self) -> None:
        """Close the connection: the client sends nothing more."""
        self._socket.loseConnection()

    def writeConnectionLost(self) -> None:
        """Read on and drop what the client still sends: the response is out."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
