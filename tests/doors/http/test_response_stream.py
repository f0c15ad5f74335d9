"""Large content is sent as fast as the client reads it; content that fails does not seem to be whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.http_connection import LINGER_S, REQUEST_TIMEOUT_S
from simplechat.doors.http.http_messages import HttpRequest, HttpResponse
from simplechat.doors.http.response_stream import ResponseStream
from simplechat.doors.http.routing import Route
from simplechat.doors.http.web_services import WebServices
from tests.support.web import HttpPeer, WebStage, request


class StreamTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.opened = self.closed = 0
        self.content: list[bytes | Exception] = [b"ab", b"cd", b"ef"]
        self.web = WebStage(
            routes=(Route("GET", "/file", self.send_file), Route("GET", "/late-file", self.find_file))
        )
        self.peer = HttpPeer(self.web)

    def send_file(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        return HttpResponse(ResponseStream(6, self.pieces), "image/png")

    async def find_file(self, request: HttpRequest, services: WebServices) -> HttpResponse:
        return self.send_file(request, services)

    async def pieces(self) -> AsyncGenerator[bytes]:
        self.opened += 1
        try:
            for piece in self.content:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1

    def test_all_pieces_are_one_content_and_the_connection_goes_on(self) -> None:
        self.peer.sends(request("/file") + request("/healthz"))
        self.web.clock.advance(0)

        self.assertEqual([reply.body for reply in self.peer.replies()], [b"abcdef", b"ok\n"])

    def test_head_tells_the_length_and_opens_nothing(self) -> None:
        reply = self.peer.asks("/file", "HEAD")

        self.assertEqual((reply.headers["Content-Length"], reply.body, self.opened), ("6", b"", 0))

    def test_a_client_that_does_not_read_is_waited_for_but_not_for_ever(self) -> None:
        slow, stuck = self.peer, HttpPeer(self.web)
        for peer in (slow, stuck):
            self.fill_with_each_write(peer)
            peer.sends(request("/file"))
            self.assertTrue(peer.transport.value().endswith(b"\r\n\r\nab"))
        self.web.clock.advance(REQUEST_TIMEOUT_S - 1)
        for _ in range(4):
            slow.protocol.resumeProducing()
        self.assertEqual(slow.replies()[0].body, b"abcdef")

        self.web.clock.advance(1)
        self.assertTrue(stuck.transport.disconnecting)
        self.web.clock.advance(LINGER_S)
        self.assertTrue(stuck.transport.is_aborted)
        stuck.drops()
        self.assertEqual((self.opened, self.closed), (2, 2))

    def fill_with_each_write(self, peer: HttpPeer) -> None:
        """Let a transport be full after each write."""
        write = peer.transport.write

        def write_and_fill(data: bytes) -> None:
            write(data)
            peer.protocol.pauseProducing()

        self.patch(peer.transport, "write", write_and_fill)

    def test_content_that_is_not_as_long_as_it_says_or_fails_is_cut_off(self) -> None:
        contents: list[list[bytes | Exception]] = [
            [b"abcde"],
            [b"abcdefg"],
            [b"ab", ZeroDivisionError()],
        ]
        for content in contents:
            self.content = content
            peer = HttpPeer(self.web)
            peer.sends(request("/file") + request("/healthz"))
            self.assertTrue(peer.transport.is_aborted)
            self.assertNotIn(b"ok", peer.transport.takes())
            peer.drops()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.opened, self.closed)

    def test_a_client_that_leaves_closes_the_content(self) -> None:
        for number, target in enumerate(("/file", "/late-file"), 1):
            peer = HttpPeer(self.web)
            self.fill_with_each_write(peer)
            peer.sends(request(target))

            peer.drops()

            self.assertEqual((self.opened, self.closed), (number, number))
        self.peer.drops()
        self.assertEqual([call for call in self.web.clock.getDelayedCalls() if call.active()], [])
