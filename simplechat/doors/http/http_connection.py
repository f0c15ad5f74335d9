"""HTTP/1.1 and HTTP/1.0 over a connection: requests in, responses out, one after the other.

h11 frames messages. Time-outs, back pressure and limits are ours; `routing` finds the handler that answers.

Spec: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import h11
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.http.http_messages import (
    PLAIN_TEXT,
    HttpError,
    HttpRequest,
    HttpResponse,
    RequestHead,
    encode_response,
    error_response,
    read_head,
)
from simplechat.doors.http.http_server import HttpServer
from simplechat.doors.http.request_body import EMPTY_BODY, BodyLost, BodyReader, RequestBody
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

CONTINUE = h11.InformationalResponse(status_code=100, reason="Continue", headers=[])

TOO_MANY_CONNECTIONS = HttpError(429, "There are too many connections from your address already")
BODY_TIMEOUT = HttpError(408, "The body of this request came too slowly")
INTERNAL_ERROR = HttpError(500, marked("The server failed at this, by a fault of its own"))


@implementer(IPushProducer)
class HttpConnection(Protocol, TimeoutMixin):
    """One connection that speaks HTTP, until it is closed or becomes a WebSocket.

    Args:
        server: What it shares with the other connections.
    """

    log = Logger()
    transport: Any

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._http = h11.Connection(h11.SERVER)
        self._requests = 0
        self._answering: Deferred[None] | None = None
        self._body: BodyReader | None = None  # of the last request that had any
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
        self._server.connections.add(self)
        if not self._server.counter.enter(self._network):
            self._refuse(TOO_MANY_CONNECTIONS)

    # -- requests --------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._successor is not None:
            self._successor.dataReceived(data)
        elif data and not self._is_ending:
            self._http.receive_data(data)
            if self._body is not None:
                self._body.read()
            self._read_unless_scheduled()

    def _read_unless_scheduled(self) -> None:
        if self._turn is None:
            self._read()
        else:
            self._limit_reading()

    def _read(self) -> None:
        """Answer the requests that arrived, as long as the client reads the responses."""
        self._turn = None
        for _ in range(MAX_REQUESTS_PER_TURN):
            is_answering = self._http.their_state is not h11.IDLE
            if is_answering or self._is_full or self._is_ending or self._successor:
                break
            head = read_head(self._http)
            if head is None:
                break
            self._receive_head(head)
        else:
            self._read_soon()
        self._limit_reading()

    def _read_soon(self) -> None:
        if self._turn is None and not self._is_ending:
            self._turn = self.callLater(0, self._read)

    def _receive_head(self, head: RequestHead | HttpError) -> None:
        if isinstance(head, HttpError):
            self._refuse(head)
            return
        match = self._server.routes.find(head.method, head.target)
        error = match.body.find_error(head)
        if error is not None:
            self._refuse(error, head.method)
            return
        self._requests += 1
        self.setTimeout(None)
        requester = identify_requester(self._peer, head.field, self._server.services.believes)
        request = HttpRequest(head, requester, self._begin_body(head), match.path_parts)
        self._answering = Deferred.fromCoroutine(self._answer(request, match))
        if not self._answering.called:
            self._answering.addCallback(lambda _: self._read_soon())
        if self._http.they_are_waiting_for_100_continue:
            self.transport.write(self._http.send(CONTINUE))

    def _begin_body(self, head: RequestHead) -> RequestBody:
        if not head.content_length:
            self._http.next_event()  # the end of the request
            return EMPTY_BODY
        body = RequestBody(head.content_length, self._limit_reading)
        self._body = BodyReader(body, self._http, self._server.clock, lambda: self._is_paused)
        self._body.read()
        return body

    def _limit_reading(self) -> None:
        """Read from the network only while little waits to be handled."""
        if self._is_ending or self._successor is not None:
            return
        is_body_full = self._body is not None and self._body.is_full
        has_much = len(self._http.trailing_data[0]) > MAX_UNREAD_BYTES
        self._set_paused(self._is_full or is_body_full or has_much)

    def _set_paused(self, is_paused: bool) -> None:
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            if is_paused:
                self.transport.pauseProducing()
            else:
                self.transport.resumeProducing()

    # -- responses -------------------------------------------------------------------------------------

    async def _answer(self, request: HttpRequest, match: Match) -> None:
        """Send the response of a request's handler, at once or when there is one."""
        try:
            outcome = respond(request, match, self._server.services)
            if not isinstance(outcome, HttpResponse | Handshake):
                outcome = await outcome
            await self._deliver(request, outcome)
        except BodyLost:
            await self._deliver(request, error_response(request, BODY_TIMEOUT))
        except CancelledError:
            if not self._is_closing:
                await self._fail(request)
        except Exception:
            await self._fail(request)

    async def _fail(self, request: HttpRequest) -> None:
        """Log the exception that is being handled, and answer that we failed."""
        self.log.failure("A web request failed")
        if self._http.our_state is h11.SEND_RESPONSE:
            await self._deliver(request, error_response(request, INTERNAL_ERROR))
        else:  # its response was begun already
            self.transport.abortConnection()

    async def _deliver(self, request: HttpRequest, outcome: Outcome) -> None:
        """Send a response, or become a WebSocket; do neither where the client is gone."""
        if self._is_closing:
            return
        if isinstance(outcome, Handshake):
            self._become_websocket(outcome, request.requester)
            return
        headers = {}
        if request.requester.is_secure and self._server.services.is_verifiable:
            headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
        is_cut_short = self._requests >= MAX_REQUESTS or self._http.their_state is h11.SEND_BODY
        if is_cut_short:
            headers["Connection"] = "close"
        self._write(outcome, headers, request.method)
        if isinstance(outcome.body, ResponseStream) and request.method != "HEAD":
            is_whole = await send_stream(outcome.body, self._http, self.transport.write, self._drain)
            if self._is_closing:
                return
            if not is_whole:  # and shall not seem to be
                self.transport.abortConnection()
                return
        if is_cut_short:
            self._linger()
        elif self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
            self.setTimeout(REQUEST_TIMEOUT_S)
        else:
            self.loseConnection()

    def _write(self, response: HttpResponse, headers: Mapping[str, str], method: str) -> None:
        """Write a response; where its content is a stream, its head only."""
        data = encode_response(self._http, response, headers, is_head=method == "HEAD")
        self._server.responses[response.code] += 1
        self.transport.write(data)

    async def _drain(self) -> None:
        """Wait until the client has read what waits for it; close the connection where it does not."""
        if self._is_closing:
            raise CancelledError
        if self._is_full:
            self._drained = Deferred()
            self.setTimeout(REQUEST_TIMEOUT_S)
            await self._drained
            self.setTimeout(None)

    def _refuse(self, error: HttpError, method: str = "") -> None:
        """Answer a request that cannot be understood or is not allowed, and read nothing behind it."""
        response = HttpResponse(f"{error.text}\n".encode(), PLAIN_TEXT, error.code)
        self._write(response, {"Connection": "close"}, method)
        self._linger()

    def _become_websocket(self, handshake: Handshake, requester: Requester) -> None:
        """Speak the WebSocket protocol from here on."""
        self._set_paused(False)
        self.transport.unregisterProducer()
        self._leave_server()
        unread = self._take_unread()
        self._successor = WebSocketProtocol(self._server.sockets, handshake, requester)
        self._successor.makeConnection(self.transport)
        if unread:
            self._successor.dataReceived(unread)

    def _take_unread(self) -> bytes:
        """Return what was not handled yet, and forget it: no further request is read."""
        unread, _ = self._http.trailing_data
        self._http = h11.Connection(h11.SERVER)
        return unread

    def _leave_server(self) -> None:
        self._server.connections.discard(self)
        self._server.counter.leave(self._network)

    # -- the client reads slowly -----------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """Stop answering: the client does not read."""
        self._is_full = True
        self._limit_reading()

    def resumeProducing(self) -> None:
        """Answer again: the client has read what waited for it."""
        self._is_full = False
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)
        self._read_unless_scheduled()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` follows."""

    # -- the end ---------------------------------------------------------------------------------------

    def _linger(self) -> None:
        """Close the connection once the client could read the response; drop what it still sends."""
        self._take_unread()
        if self._body is not None:
            self._body.stop()
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
        self._leave_server()
        self.setTimeout(None)
        for call in (self._turn, self._abort):
            if call is not None and call.active():
                call.cancel()
        if self._body is not None:
            self._body.give_up("the client left")
        if self._answering is not None:
            self._answering.cancel()


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
