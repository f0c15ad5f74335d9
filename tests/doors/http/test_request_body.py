"""Bodies: each route takes what its policy says, and whatever a client does, little is kept of it."""

from __future__ import annotations

from h11 import LocalProtocolError
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.http_connection import LINGER_S, MAX_REQUESTS, REQUEST_TIMEOUT_S
from simplechat.doors.http.http_messages import HttpRequest, HttpResponse
from simplechat.doors.http.request_body import (
    MAX_BUFFERED_BYTES,
    MIN_PROGRESS_BYTES,
    PROGRESS_EVERY_S,
    BodyLost,
)
from simplechat.doors.http.routing import BodyPolicy, Route
from simplechat.doors.http.web_services import WebServices
from simplechat.ip_addresses import is_local_address
from tests.support.web import HttpPeer, WebStage, request

LIMIT = 1 << 20
PNG = "image/png"


def post(target: str, body: bytes = b"", **fields: str) -> bytes:
    """Return a request with a body."""
    return request(target, "POST", **({"Content_Length": str(len(body))} | fields)) + body


class BodyTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.pieces: list[bytes] = []
        self.waits: list[Deferred[None]] = []
        self.losses: list[Exception] = []
        self.is_slow = False
        policy = BodyPolicy(LIMIT, frozenset((PNG,)))
        self.web = WebStage(
            routes=(
                Route("POST", "/echo", self.echo, BodyPolicy(10)),
                Route("POST", "/upload", self.upload, policy),
                Route("POST", "/reject", self.reject, policy),
                Route("POST", "/fail", self.fail_later, BodyPolicy(10)),
                Route("GET", "/later", self.answer_later),
            )
        )

    async def echo(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        return HttpResponse(await request.body.read(), "text/plain")

    async def upload(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        try:
            async for piece in request.body:
                self.pieces.append(piece)
                if self.is_slow:
                    self.waits.append(Deferred())
                    await self.waits[-1]
        except (BodyLost, CancelledError) as error:
            self.losses.append(error)
            raise
        return HttpResponse(b"%d" % sum(map(len, self.pieces)), "text/plain", 201)

    def reject(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        return HttpResponse(b"who are you?", "text/plain", 401)

    async def fail_later(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        await request.body.read()
        raise ZeroDivisionError

    async def answer_later(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        self.waits.append(Deferred())
        await self.waits[-1]
        return HttpResponse(b"late", "text/plain")

    def begin_upload(self, size: int = LIMIT) -> HttpPeer:
        """Send the head of an upload."""
        peer = HttpPeer(self.web)
        peer.sends(post("/upload", Content_Length=str(size), Content_Type=PNG))
        return peer

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.web.clock.advance(seconds)


class PolicyTests(BodyTestCase):
    def test_a_body_within_the_limit_arrives_whole_however_it_is_cut(self) -> None:
        data = post("/echo", b"0123456789")
        for cut in range(len(data)):
            peer = HttpPeer(self.web)
            peer.sends(data[:cut], data[cut:] + request("/healthz"))
            self.advance(0)
            self.assertEqual([reply.body for reply in peer.replies()], [b"0123456789", b"ok\n"], cut)

    def test_an_empty_body_is_a_body(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/echo"))

        self.assertEqual([reply[::2] for reply in peer.replies()], [(200, b"")])

    def test_what_a_policy_does_not_allow_is_refused_before_any_of_it_is_read(self) -> None:
        for code, head in (
            (413, post("/echo", Content_Length="11")),
            (413, post("/echo", Content_Length="9" * 20)),
            (400, post("/echo", Content_Length="9" * 5000)),
            (413, post("/upload", Content_Length=str(LIMIT + 1), Content_Type=PNG)),
            (411, request("/echo", "POST")),
            (411, request("/echo", "POST", Transfer_Encoding="chunked")),
            (400, post("/echo", Transfer_Encoding="chunked")),
            (400, post("/echo", Content_Length="-1")),
            (400, post("/echo", Content_Length="1, 1")),
            (415, post("/upload", Content_Length="5", Content_Type="image/svg+xml")),
            (415, post("/upload", Content_Length="5")),
            (417, post("/echo", Content_Length="5", Expect="200-ok")),
            (413, post("/", Content_Length="5")),
            (413, post("/nothing", Content_Length="5")),
            (413, request("/echo", "GET", Content_Length="5")),
            (413, request("/echo", "PUT", Content_Length="5")),
            (417, request("/later", "GET", Expect="100-continue")),
        ):
            peer = HttpPeer(self.web)
            peer.sends(head + b"12345" + request("/healthz"))
            (reply,) = peer.replies()
            self.assertEqual((reply.code, reply.headers["Connection"]), (code, "close"), head)
            self.advance(LINGER_S)
            self.assertTrue(peer.transport.disconnecting)
        self.assertEqual(self.pieces, [])

    def test_the_parameters_of_a_media_type_do_not_matter(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/upload", b"abc", Content_Type="IMAGE/PNG; charset=x"))

        self.assertEqual([reply[::2] for reply in peer.replies()], [(201, b"3")])

    def test_a_request_that_is_not_let_in_sends_its_body_in_vain(self) -> None:
        web = WebStage(admits=is_local_address, routes=(Route("POST", "/echo", self.echo, BodyPolicy(10)),))
        for peer, host, code in (
            (HttpPeer(web), "evil.example", 421),
            (HttpPeer(web, "192.0.2.7"), "localhost", 308),
        ):
            peer.sends(post("/echo", Content_Length="10", Host=host), b"01234")
            (reply,) = peer.replies()
            self.assertEqual((reply.code, reply.headers["Connection"]), (code, "close"))
            peer.sends(b"56789" + request("/healthz"))
            self.assertEqual(peer.replies(), [])

    def test_a_client_that_asks_is_told_to_go_on_unless_it_is_refused(self) -> None:
        for target, expected in (
            ("/upload", b"HTTP/1.1 100 Continue\r\n\r\n"),
            ("/reject", b"HTTP/1.1 401 Unauthorized\r\n"),
        ):
            peer = HttpPeer(self.web)
            peer.sends(post(target, Content_Length="3", Content_Type=PNG, Expect="100-continue"))
            self.assertTrue(peer.transport.value().startswith(expected))
            self.assertEqual(peer.transport.takes().count(b"HTTP/1.1"), 1)
            peer.sends(b"abc")
            self.assertEqual([reply.body for reply in peer.replies()], [b"3"] if target == "/upload" else [])


class StreamingTests(BodyTestCase):
    def test_pieces_arrive_as_they_are_sent(self) -> None:
        peer = self.begin_upload(6)

        peer.sends(b"ab", b"cd")
        self.assertEqual((self.pieces, peer.replies()), ([b"ab", b"cd"], []))
        peer.sends(b"ef")

        self.assertEqual([reply[::2] for reply in peer.replies()], [(201, b"6")])
        self.assertLessEqual(len(self.web.clock.getDelayedCalls()), 2)

    def test_what_the_handler_does_not_take_is_not_read(self) -> None:
        self.is_slow = True
        peer = self.begin_upload()

        peer.sends(b"a", b"b" * (MAX_BUFFERED_BYTES - 1))
        self.assertEqual(peer.transport.producerState, "producing")
        peer.sends(b"c")
        self.assertEqual(peer.transport.producerState, "paused")
        self.advance(10 * PROGRESS_EVERY_S)
        self.waits[0].callback(None)

        self.assertEqual((len(self.pieces), peer.transport.producerState), (2, "producing"))
        self.assertEqual(self.losses, [])

    def test_what_comes_behind_a_body_waits_and_is_bounded(self) -> None:
        self.is_slow = True
        peer = self.begin_upload(1)

        peer.sends(b"a" + request("/healthz") * 2000)
        self.assertEqual((peer.transport.producerState, peer.replies()), ("paused", []))
        self.waits[0].callback(None)
        for _ in range(MAX_REQUESTS):
            self.advance(0)

        self.assertEqual([reply.code for reply in peer.replies()], [201, *[200] * (MAX_REQUESTS - 1)])

    def test_a_client_that_leaves_is_noticed_wherever_the_handler_is(self) -> None:
        for is_slow, kind in ((False, BodyLost), (True, CancelledError)):
            self.is_slow = is_slow
            peer = self.begin_upload()
            peer.sends(b"abc")
            peer.drops()
            self.assertIsInstance(self.losses.pop(), kind)
            self.assertEqual(peer.replies(), [])
        self.assertEqual(self.web.clock.getDelayedCalls(), [])
        self.assertEqual(self.web.server.connections, set())

    def test_a_body_that_comes_too_slowly_is_given_up(self) -> None:
        peer = self.begin_upload()

        for _ in range(3):
            peer.sends(b"x" * MIN_PROGRESS_BYTES)
            self.advance(PROGRESS_EVERY_S)
        self.assertEqual(self.losses, [])
        for _ in range(15):
            peer.sends(b"x")
            self.advance(PROGRESS_EVERY_S / 15)

        self.assertIsInstance(self.losses[0], BodyLost)
        (reply,) = peer.replies()
        self.assertEqual((reply.code, reply.headers["Connection"]), (408, "close"))
        self.advance(LINGER_S)
        self.assertTrue(peer.transport.disconnecting)

    def test_a_response_before_the_whole_body_closes_the_connection(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/reject", Content_Length="1000", Content_Type=PNG), b"x" * 500)

        (reply,) = peer.replies()
        self.assertEqual((reply.code, reply.headers["Connection"]), (401, "close"))
        peer.sends(b"x" * 500 + request("/healthz"))
        self.advance(LINGER_S)
        self.assertEqual((peer.replies(), peer.transport.disconnecting), ([], True))

    def test_a_response_behind_the_whole_body_leaves_it_open(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/reject", b"x" * 500, Content_Type=PNG) + request("/healthz"))

        self.assertEqual([reply.code for reply in peer.replies()], [401, 200])


class LateHandlerTests(BodyTestCase):
    def test_a_response_that_cannot_be_encoded_is_an_internal_error(self) -> None:
        def answer(request: HttpRequest, services: WebServices) -> HttpResponse:
            return HttpResponse(b"", headers={"Location": "/a\r\nSet-Cookie: b"})

        peer = HttpPeer(WebStage(routes=(Route("GET", "/bad", answer),)))
        peer.sends(request("/bad") + request("/healthz"))

        self.assertEqual([reply.code for reply in peer.replies()], [500, 200])
        self.assertEqual(len(self.flushLoggedErrors(LocalProtocolError)), 1)

    def test_a_handler_that_fails_later_is_answered_for_and_the_connection_goes_on(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/fail", b"a") + request("/healthz"))
        self.advance(0)

        self.assertEqual([reply.code for reply in peer.replies()], [500, 200])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_responses_keep_the_order_of_the_requests(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(request("/later") + request("/healthz") + request("/later", "HEAD"))
        self.assertEqual(peer.replies(), [])

        self.waits[0].callback(None)
        self.advance(0)
        self.assertEqual([reply.body for reply in peer.replies()], [b"late", b"ok\n"])
        self.waits[1].callback(None)

        (reply,) = peer.replies(is_head=True)
        self.assertEqual((reply.headers["Content-Length"], reply.body), ("4", b""))

    def test_a_handler_may_take_its_time_and_the_next_request_has_as_much_as_ever(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(request("/later"))
        self.advance(10 * REQUEST_TIMEOUT_S)
        self.waits[0].callback(None)
        self.assertEqual([reply.code for reply in peer.replies()], [200])

        self.advance(REQUEST_TIMEOUT_S - 1)
        self.assertFalse(peer.transport.disconnecting)
        self.advance(1)
        self.assertTrue(peer.transport.disconnecting)

    def test_many_requests_that_are_answered_later_but_at_once_do_not_pile_up(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(post("/echo", b"a") * (MAX_REQUESTS + 10))
        for _ in range(MAX_REQUESTS):
            self.advance(0)

        self.assertEqual([reply.code for reply in peer.replies()], [200] * MAX_REQUESTS)

    def test_when_the_server_stops_nothing_is_sent_behind_the_end(self) -> None:
        peer = HttpPeer(self.web)
        peer.sends(request("/later"))

        self.web.factory.finish()
        self.waits[0].callback(None)

        self.assertEqual((peer.transport.disconnecting, peer.replies()), (True, []))
