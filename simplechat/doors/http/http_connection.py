"""HTTP/1.1 over a connection: requests in, responses out, one after the other.

Only `request_head` parses a head, and a body is as long as its Content-Length says: no proxy before us can
understand the stream differently. `routing` finds the handler that answers a request.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.http.http_messages import (
    PLAIN_TEXT,
    HttpRequest,
    HttpResponse,
    encode_head,
    error_response,
)
from simplechat.doors.http.http_server import HttpServer
from simplechat.doors.http.request_body import BodyLost, BodyProgress, RequestBody
from simplechat.doors.http.request_head import (
    END,
    MAX_HEAD_BYTES,
    HttpError,
    RequestHead,
    find_partial_head_error,
    parse_head,
)
from simplechat.doors.http.requester import Requester, identify_requester
from simplechat.doors.http.response_stream import ResponseStream, send_stream
from simplechat.doors.http.routing import Match, Outcome, respond
from simplechat.doors.http.websocket import Handshake, WebSocketProtocol
from simplechat.ip_addresses import network_of
from simplechat.locale import marked
from simplechat.peer import peer_of

REQUEST_TIMEOUT_S = 15  # for a head to be whole, from the connection or the last response on
LINGER_S = 1  # for the client to read a refusal before the connection is closed
MAX_REQUESTS = 100  # on one connection
MAX_REQUESTS_PER_TURN = 8  # of one connection, before others have their turn
MAX_UNREAD_BYTES = 65536  # of requests, while responses wait to be read
HSTS_S = 30 * 86400

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

TOO_MANY_CONNECTIONS = HttpError(429, "There are too many connections from your address already")
BODY_TIMEOUT = HttpError(408, "The body of this request came too slowly")
INTERNAL_ERROR = HttpError(500, marked("The server failed at this, by a fault of its own"))


@implementer(IPushProducer)
class HttpConnection(Protocol, TimeoutMixin):
    """One connection that speaks HTTP/1.1, until it is closed or becomes a WebSocket.

    Args:
        server: What it shares with the other connections.
    """

    log = Logger()
    transport: Any

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._unread = b""
        self._requests = 0
        self._request: HttpRequest | None = None  # that is being answered
        self._answering: Deferred[None] | None = None  # where the handler takes time
        self._streaming: Deferred[None] | None = None  # where the response is sent piece by piece
        self._body: RequestBody | None = None  # of that request, while bytes of it are missing
        self._progress: BodyProgress | None = None
        self._drained: Deferred[None] | None = None
        self._is_full = False  # the client does not read
        self._is_paused = False  # we do not read
        self._is_ending = False
        self._is_closing = False
        self._successor: Protocol | None = None
        self._turn: IDelayedCall | None = None
        self._abort: IDelayedCall | None = None

    def connectionMade(self) -> None:
        self._peer = peer_of(self.transport)
        self._network = "" if self._peer.is_proxy else network_of(self._peer.host)
        self.setTimeout(REQUEST_TIMEOUT_S)
        self.transport.registerProducer(self, True)
        if not self._server.enter(self, self._network):
            self._refuse(TOO_MANY_CONNECTIONS)

    # -- requests --------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._successor is not None:
            self._successor.dataReceived(data)
        elif not self._is_ending:
            self._unread += data
            self._fill_body()
            self._read_unless_scheduled()

    def _read_unless_scheduled(self) -> None:
        if self._turn is None:
            self._read()
        self._limit_reading()

    def _read(self) -> None:
        """Answer the requests that arrived, as long as the client reads the responses."""
        self._turn = None
        for _ in range(MAX_REQUESTS_PER_TURN):
            if not self._unread or self._request or self._is_full or self._is_ending or self._successor:
                break
            end = self._unread.find(END, 0, MAX_HEAD_BYTES)
            if end < 0:
                error = find_partial_head_error(self._unread)
                if error is not None:
                    self._refuse(error)
                break
            head, self._unread = self._unread[: end + len(END)], self._unread[end + len(END) :]
            self._receive_head(head)
        else:
            self._read_soon()
        self._limit_reading()

    def _read_soon(self) -> None:
        if self._turn is None and not self._is_ending:
            self._turn = self.callLater(0, self._read)

    def _receive_head(self, data: bytes) -> None:
        head = parse_head(data)
        if isinstance(head, HttpError):
            self._refuse(head)
            return
        match = self._server.routes.find(head.method, head.target)
        error = match.body.find_error(head)
        if error is not None:
            self._refuse(error)
            return
        self._requests += 1
        self.setTimeout(None)
        body = RequestBody(head.content_length or 0, self._limit_reading)
        request = HttpRequest(head, self._identify_requester(head), body, match.path_parts)
        self._request = request
        if body.missing_bytes:
            self._begin_body(body)
        self._answer(request, match)
        if self._request is request and self._body is body and head.field("expect"):
            self.transport.write(CONTINUE)

    def _identify_requester(self, head: RequestHead) -> Requester:
        peer, believes = self._peer, self._server.services.believes
        return identify_requester(peer.host, peer.is_secure, head.field, believes, is_proxied=peer.is_proxy)

    # -- their bodies ----------------------------------------------------------------------------------

    def _begin_body(self, body: RequestBody) -> None:
        self._body = body
        self._progress = BodyProgress(body, self._server.clock, lambda: self._is_paused, self._give_up_body)
        self._fill_body()

    def _fill_body(self) -> None:
        """Move what arrived of the current request's body to it."""
        body = self._body
        if body is None or not self._unread:
            return
        size = body.missing_bytes
        data, self._unread = self._unread[:size], self._unread[size:]
        if len(data) == size:
            self._end_body()
        body.receive(data)

    def _end_body(self) -> None:
        self._body = None
        if self._progress is not None:
            self._progress.stop()

    def _give_up_body(self, reason: str = "too slow") -> None:
        body = self._body
        self._end_body()
        if body is not None:
            body.lose(reason)

    def _limit_reading(self) -> None:
        """Read from the network only while little waits to be handled."""
        if self._is_ending or self._successor is not None:
            return
        is_body_full = self._body is not None and self._body.is_full
        self._set_paused(self._is_full or is_body_full or len(self._unread) > MAX_UNREAD_BYTES)

    def _set_paused(self, is_paused: bool) -> None:
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            if is_paused:
                self.transport.pauseProducing()
            else:
                self.transport.resumeProducing()

    # -- responses -------------------------------------------------------------------------------------

    def _answer(self, request: HttpRequest, match: Match) -> None:
        """Send the response of a request's handler, at once or when there is one."""
        try:
            outcome = respond(request, match, self._server.services)
            if isinstance(outcome, HttpResponse | Handshake):
                self._deliver(request, outcome)
                return
        except Exception:
            self._fail(request)
            return
        self._answering = Deferred.fromCoroutine(self._answer_later(request, outcome))

    async def _answer_later(self, request: HttpRequest, outcome: Awaitable[Outcome]) -> None:
        try:
            self._deliver(request, await outcome)
        except BodyLost:
            self._deliver(request, error_response(request, BODY_TIMEOUT))
        except CancelledError:
            if not self._is_closing:
                self._fail(request)
        except Exception:
            self._fail(request)
        self._read_soon()

    def _fail(self, request: HttpRequest) -> None:
        """Log the exception that is being handled, and answer that we failed."""
        self.log.failure("A web request failed")
        if self._request is request:
            self._deliver(request, error_response(request, INTERNAL_ERROR))
        else:  # its response was sent already
            self.transport.abortConnection()

    def _deliver(self, request: HttpRequest, outcome: Outcome) -> None:
        """Send a response, or become a WebSocket; do neither where the client is gone."""
        if self._is_closing:
            return
        if isinstance(outcome, Handshake):
            self._become_websocket(outcome, request.requester)
            return
        headers = {}
        if request.requester.is_secure and self._server.services.is_verifiable:
            headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
        is_last = self._requests >= MAX_REQUESTS or request.head.closes or request.body.missing_bytes > 0
        if is_last:
            headers["Connection"] = "close"
        head = encode_head(outcome, headers)
        self._server.responses[outcome.code] += 1
        content = outcome.body if request.method != "HEAD" else b""
        if isinstance(content, bytes):
            self.transport.write(head + content)
            self._finish(request, is_last)
        else:
            self.transport.write(head)
            self._streaming = Deferred.fromCoroutine(self._send_stream(request, content, is_last))

    async def _send_stream(self, request: HttpRequest, stream: ResponseStream, is_last: bool) -> None:
        """Send content; where that fails, the connection is dropped, so that it cannot seem to be whole."""
        is_whole = await send_stream(stream, self.transport.write, self._drain)
        if self._is_closing:
            return
        if not is_whole:
            self.transport.abortConnection()
            return
        self._finish(request, is_last)
        self._read_soon()

    async def _drain(self) -> None:
        """Wait until the client has read what waits for it; close the connection where it does not."""
        if self._is_closing:
            raise CancelledError
        if self._is_full:
            self._drained = Deferred()
            self.setTimeout(REQUEST_TIMEOUT_S)
            await self._drained
            self.setTimeout(None)

    def _finish(self, request: HttpRequest, is_last: bool) -> None:
        self._request = None
        if request.head.closes and not request.body.missing_bytes:
            self.loseConnection()
        elif is_last:
            self._linger()
        else:
            self.setTimeout(REQUEST_TIMEOUT_S)

    def _refuse(self, error: HttpError) -> None:
        """Answer a request that cannot be understood or is not allowed, and read nothing behind it."""
        self._server.responses[error.code] += 1
        body = f"{error.text}\n".encode()
        head = encode_head(HttpResponse(body, PLAIN_TEXT, error.code), {"Connection": "close"})
        self.transport.write(head + body)
        self._linger()

    def _become_websocket(self, handshake: Handshake, requester: Requester) -> None:
        """Speak the WebSocket protocol from here on."""
        self._request = None
        self._set_paused(False)
        self.transport.unregisterProducer()
        self._server.leave(self, self._network)
        unread, self._unread = self._unread, b""
        self._successor = WebSocketProtocol(self._server.sockets, handshake, requester)
        self._successor.makeConnection(self.transport)
        if unread:
            self._successor.dataReceived(unread)

    # -- the client reads slowly -----------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """Stop answering: the client does not read."""
        self._is_full = True
        self._limit_reading()

    def resumeProducing(self) -> None:
        """Answer again: the client has read what waited for it."""
        self._is_full = False
        self._limit_reading()
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)
        self._read_unless_scheduled()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` follows."""

    # -- the end ---------------------------------------------------------------------------------------

    def _linger(self) -> None:
        """Close the connection once the client could read the response; drop what it still sends."""
        self._unread = b""
        self._end_body()
        self._is_ending = True
        self._set_paused(False)
        self.setTimeout(LINGER_S)

    def loseConnection(self) -> None:
        """Close the connection behind what was written."""
        self._is_ending = self._is_closing = True
        self.setTimeout(None)
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def timeoutConnection(self) -> None:
        """Close the connection: no whole request has come in time, or the client does not read."""
        self._abort = self.callLater(LINGER_S, self.transport.abortConnection)
        self.loseConnection()

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        """Schedule a call by the factory's clock, also for TimeoutMixin."""
        call: IDelayedCall = self._server.clock.callLater(period, func)
        return call

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._successor is not None:
            self._successor.connectionLost(reason)
            return
        self._is_ending = self._is_closing = True
        self._server.leave(self, self._network)
        self.setTimeout(None)
        for call in (self._turn, self._abort):
            if call is not None and call.active():
                call.cancel()
        self._give_up_body("the client left")
        for work in (self._answering, self._streaming):
            if work is not None:
                work.cancel()


class WebFactory(Factory):
    """Builds the protocol of each connection that speaks HTTP.

    Args:
        server: What the connections share.
    """

    noisy = False

    def __init__(self, server: HttpServer) -> None:
        self.server = server

    def buildProtocol(self, addr: IAddress | None) -> HttpConnection:
        return HttpConnection(self.server)

    def finish(self) -> None:
        """Close all connections; from now on WebSockets are closed with 'going away' as the reason."""
        self.server.sockets.go_away()
        for connection in tuple(self.server.connections):
            connection.loseConnection()
