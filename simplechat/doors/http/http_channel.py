"""The door for HTTP: bytes to and from `website`.

twisted.web reads what `heads` has found no fault in.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http

from simplechat.doors.http.request_head import (
    END,
    MAX_HEAD_BYTES,
    HttpError,
    find_head_error,
    find_partial_head_error,
)
from simplechat.doors.http.requester import identify_requester
from simplechat.doors.http.routes import (
    AT_FAULT,
    HEADERS,
    HSTS_S,
    TEXT,
    HttpRequest,
    HttpResponse,
    WebServices,
    respond_to,
    told,
)
from simplechat.doors.http.websocket import Handshake, WebSocketProtocol, WebSockets
from simplechat.doors.net.connections import Talks
from simplechat.ip_addresses import place_of

REQUEST_TIMEOUT_S = 15  # for a request to be whole, from the connection or the last answer on
LINGER_S = 1  # for who is refused to read why
MAX_REQUESTS = 100  # on one connection
MAX_REQUESTS_PER_TURN = 8  # of them, before others have their turn
MAX_CONNECTIONS_PER_ADDRESS = 200  # from one address elsewhere
READ_AHEAD_BYTES = 65536  # of requests, while answers wait to be read

TOO_MANY = HttpError(429, "There are too many connections from your address already")


class Request(http.Request):
    """One request, whose head is without fault."""

    log = Logger()
    channel: HttpChannel

    def process(self) -> None:
        """Answer at once, or become a WebSocket."""
        site = self.channel.factory.site
        asked = self._asked()
        answer: HttpResponse | Handshake
        try:
            answer = respond_to(asked, site)
        except Exception:
            self.log.failure("A web request failed")
            answer = told(asked, AT_FAULT)
        if isinstance(answer, Handshake):
            self.channel.become(answer, asked)
        else:
            self._send(answer, is_strict=asked.asker.is_secure and site.is_verifiable)

    def _asked(self) -> HttpRequest:
        transport = self.channel.transport
        asker = identify_requester(
            getattr(transport.getPeer(), "host", "localhost"),
            bool(getattr(transport, "is_secure", False)),
            self._field,
            self.channel.factory.site.believes,
            is_proxied=self.channel.is_proxied,
        )
        return HttpRequest(self.method.decode(), self.uri.decode(), self._field, asker)

    def _field(self, name: str) -> str:
        values = self.requestHeaders.getRawHeaders(name.encode()) or ()
        return ", ".join(value.decode("latin-1") for value in values)

    def _send(self, answer: HttpResponse, is_strict: bool) -> None:
        self.setResponseCode(answer.code, _phrase(answer.code))
        headers = {**_head_of(answer), **answer.headers}
        if is_strict:
            headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
        if self.channel.is_last:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.setHeader(name.encode(), value.encode("latin-1"))
        self.channel.factory.answers[answer.code] += 1
        self.write(answer.body)
        self.finish()


class HttpChannel(http.HTTPChannel):
    """One connection that speaks HTTP/1.1, until it ends or becomes a WebSocket.

    Requests are given to twisted.web one at a time and are answered at once, so that what it measures between
    them is the time that a request takes to arrive.
    """

    requestFactory = Request
    timeOut = REQUEST_TIMEOUT_S
    transport: Any

    def __init__(self, factory: WebFactory) -> None:
        super().__init__()
        self.factory = factory
        self._unread = b""
        self._requests = 0
        self._turn: IDelayedCall | None = None
        self._abort: IDelayedCall | None = None
        self._is_full = False
        self._is_ending = False
        self._successor: Protocol | None = None

    @property
    def is_last(self) -> bool:
        """Whether the request that is being answered is the last on this connection."""
        return self._requests >= MAX_REQUESTS

    @property
    def is_proxied(self) -> bool:
        """Whether the peer is a proxy that is believed: as the transport knows, or else by its address."""
        host = getattr(self.transport.getPeer(), "host", "localhost")
        return bool(getattr(self.transport, "is_proxied", self.factory.site.believes(host)))

    def connectionMade(self) -> None:
        host = getattr(self.transport.getPeer(), "host", "localhost")
        self._place = "" if self.is_proxied else place_of(host)
        super().connectionMade()
        if not self.factory.enter(self, self._place):
            self._refuse(TOO_MANY)

    def dataReceived(self, data: bytes) -> None:
        if self._successor is not None:
            self._successor.dataReceived(data)
        elif not self._is_ending:
            self._unread += data
            if self._turn is None:
                self._read()
            if len(self._unread) > READ_AHEAD_BYTES:
                self.transport.pauseProducing()

    def _read(self) -> None:
        """Have what was read of requests answered, as long as the answers are read as well."""
        self._turn = None
        for _ in range(MAX_REQUESTS_PER_TURN):
            if not self._unread or self._is_full or self._is_ending or self._successor:
                return
            end = self._unread.find(END, 0, MAX_HEAD_BYTES)
            if end < 0:
                fault = find_partial_head_error(self._unread)
                if fault is not None:
                    self._refuse(fault)
                return
            head, self._unread = self._unread[: end + len(END)], self._unread[end + len(END) :]
            self._have_answered(head)
        self._turn = self.callLater(0, self._read)

    def _have_answered(self, head: bytes) -> None:
        fault = find_head_error(head)
        if fault is not None:
            self._refuse(fault)
            return
        self._requests += 1
        super().dataReceived(head)
        if self.is_last and self._successor is None:
            self._end()

    def _refuse(self, fault: HttpError) -> None:
        """Answer what cannot be read, and read no more."""
        self.factory.answers[fault.code] += 1
        body = f"{fault.text}\n".encode()
        answer = HttpResponse(body, TEXT, fault.code)
        head = {**_head_of(answer), "Connection": "close"}
        lines = [f"HTTP/1.1 {fault.code} ", _phrase(fault.code).decode(), "\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in head.items()]
        self.transport.write("".join([*lines, "\r\n"]).encode() + body)
        self._end()

    def _end(self) -> None:
        """End the connection, but not before the peer could read the answer."""
        self._unread = b""
        self._is_ending = True
        self.setTimeout(LINGER_S)

    def loseConnection(self) -> None:
        self._is_ending = True
        super().loseConnection()

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        """Take time from the clock that everything here goes by."""
        call: IDelayedCall = self.factory.clock.callLater(period, func)
        return call

    def timeoutConnection(self) -> None:
        """End: no whole request has come in time."""
        self._abort = self.callLater(LINGER_S, self.transport.abortConnection)
        self.loseConnection()

    def pauseProducing(self) -> None:
        self._is_full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self._is_full = False
        super().resumeProducing()
        if self._turn is None:
            self._read()

    def become(self, accepted: Handshake, asked: HttpRequest) -> None:
        """Speak the WebSocket protocol from here on."""
        self.requests.clear()
        self.transport.unregisterProducer()
        self.factory.leave(self, self._place)
        unread, self._unread = self._unread, b""
        self._successor = WebSocketProtocol(self.factory.sockets, accepted, asked.asker)
        self._successor.makeConnection(self.transport)
        if unread:
            self._successor.dataReceived(unread)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._successor is not None:
            self._successor.connectionLost(reason)
            return
        self.factory.leave(self, self._place)
        for call in (self._turn, self._abort):
            if call is not None and call.active():
                call.cancel()
        super().connectionLost(reason)


class WebFactory(Factory):
    """Makes a door for each connection that speaks HTTP.

    Args:
        site: What is told of the server.
        talks: Where the talks over WebSockets are kept.

    Attributes:
        answers: How often each status was answered.
        channels: The connections that speak HTTP, those that became WebSockets left out.
        sockets: The WebSockets.
    """

    noisy = False

    def __init__(self, site: WebServices, talks: Talks) -> None:
        self.site = site
        self.clock = talks.clock
        self.sockets = WebSockets(talks)
        self.answers: Counter[int] = Counter()
        self.channels: set[HttpChannel] = set()
        self._places: Counter[str] = Counter()

    def enter(self, channel: HttpChannel, place: str) -> bool:
        """Note a connection; False where there are too many from one place."""
        self.channels.add(channel)
        self._places[place] += 1
        return not place or self._places[place] <= MAX_CONNECTIONS_PER_ADDRESS

    def leave(self, channel: HttpChannel, place: str) -> None:
        """Note that a connection is gone, or a WebSocket from here on."""
        self.channels.discard(channel)
        self._places[place] -= 1
        if not self._places[place]:
            del self._places[place]

    def buildProtocol(self, addr: IAddress | None) -> HttpChannel:
        return HttpChannel(self)

    def log(self, request: http.Request) -> None:
        """Write nothing: what people look at is theirs."""

    def finish(self) -> None:
        """Tell whoever is left, from here on, that the server goes away."""
        self.sockets.go_away()
        for channel in tuple(self.channels):
            channel.loseConnection()


def _head_of(answer: HttpResponse) -> dict[str, str]:
    head = {"Date": http.datetimeToString().decode(), **HEADERS}
    if answer.code != HTTPStatus.NO_CONTENT:
        head |= {"Content-Type": answer.kind, "Content-Length": str(len(answer.body))}
    return head


def _phrase(code: int) -> bytes:
    return HTTPStatus(code).phrase.encode()
