"""HTTP connections: what is refused, and what the worst client can cost."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.http_connection import (
    LINGER_S,
    MAX_REQUESTS,
    MAX_REQUESTS_PER_TURN,
    MAX_UNREAD_BYTES,
    REQUEST_TIMEOUT_S,
)
from simplechat.doors.http.http_server import MAX_CONNECTIONS_PER_ADDRESS
from tests.support.web import HttpPeer, WebStage, request, upgrade

FAR = "192.0.2.7"


class HostileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.web.clock.advance(seconds)

    def test_a_malformed_request_is_refused_once_and_nothing_behind_it_is_read(self) -> None:
        peer = HttpPeer(self.web)
        smuggled = (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

        peer.sends(smuggled + b"0\r\n\r\n" + request("/metrics"), request("/healthz"))

        (reply,) = peer.replies()
        self.assertEqual((reply.code, reply.headers["Connection"]), (400, "close"))
        self.assertIn("default-src 'none'", reply.headers["Content-Security-Policy"])
        self.advance(LINGER_S)
        self.assertTrue(peer.transport.disconnecting)
        self.advance(LINGER_S)
        self.assertTrue(peer.transport.is_aborted)

    def test_a_head_without_an_end_is_refused_at_its_limit_and_not_kept(self) -> None:
        peer = HttpPeer(self.web)

        peer.sends(b"GET / HTTP/1.1\r\nHost: localhost\r\n", *[b"X: " + b"y" * 1000 + b"\r\n"] * 100)

        self.assertEqual([reply.code for reply in peer.replies()], [431])
        self.assertEqual(peer.protocol._http.trailing_data[0], b"")

    def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_any_other(self) -> None:
        peer, patient = HttpPeer(self.web), HttpPeer(self.web)

        for byte in request()[: REQUEST_TIMEOUT_S + 1]:
            peer.sends(bytes((byte,)))
            patient.sends(request())
            self.advance(1)

        self.assertEqual((peer.transport.disconnecting, patient.transport.disconnecting), (True, False))
        self.assertEqual(peer.transport.value(), b"")

    def test_a_client_without_a_request_is_disconnected(self) -> None:
        silent, done = HttpPeer(self.web), HttpPeer(self.web)
        self.advance(REQUEST_TIMEOUT_S - 1)
        done.asks()

        self.advance(1)
        self.assertEqual((silent.transport.disconnecting, done.transport.disconnecting), (True, False))
        self.advance(REQUEST_TIMEOUT_S - 1)
        self.assertTrue(done.transport.disconnecting)
        self.assertTrue(silent.transport.is_aborted)

    def test_many_requests_at_once_are_answered_in_order_up_to_a_limit(self) -> None:
        peer = HttpPeer(self.web)

        peer.sends(b"".join(request(f"/{'healthz' if number % 2 else 'nothing'}") for number in range(2000)))
        self.assertEqual(len(peer.transport.value().split(b"HTTP/1.1 ")), MAX_REQUESTS_PER_TURN + 1)
        while len(peer.transport.value().split(b"HTTP/1.1 ")) <= MAX_REQUESTS:
            self.advance(0)

        replies = peer.replies()
        self.assertEqual([reply.code for reply in replies], [404, 200] * (MAX_REQUESTS // 2))
        self.assertEqual([reply.headers.get("Connection") for reply in replies[-2:]], [None, "close"])
        self.advance(LINGER_S)
        self.assertTrue(peer.transport.disconnecting)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, 150), max_size=8))
    def test_requests_cut_into_any_reads_are_answered_the_same(self, places: list[int]) -> None:
        stream = request() + request("/nothing", Cookie="a=b") + request("/healthz", "HEAD")
        edges = [0, *sorted(places), len(stream)]
        peer = HttpPeer(self.web)

        peer.sends(*(stream[a:b] for a, b in pairwise(edges)))

        heads = peer.transport.value().split(b"HTTP/1.1 ")
        self.assertEqual([head[:3] for head in heads[1:]], [b"200", b"404", b"200"])

    def test_a_client_that_does_not_read_responses_is_not_read(self) -> None:
        peer = HttpPeer(self.web)

        peer.protocol.pauseProducing()
        peer.sends(request(), b"x" * (MAX_UNREAD_BYTES + 1))
        self.assertEqual((peer.replies(), peer.transport.producerState), ([], "paused"))
        peer.protocol.resumeProducing()

        self.assertEqual([reply.code for reply in peer.replies()], [200, 431])

    def test_a_connection_is_closed_behind_the_response_when_the_client_asks_for_it(self) -> None:
        peer = HttpPeer(self.web)

        peer.sends(request(Connection="close") + request())

        self.assertEqual([reply.code for reply in peer.replies()], [200])
        self.assertTrue(peer.transport.disconnecting)

    def test_http_1_0_gets_one_response_and_no_upgrade(self) -> None:
        for head, code in ((request(), 200), (request(Connection="keep-alive"), 200), (upgrade(), 426)):
            peer = HttpPeer(self.web)
            peer.sends((head + request("/metrics")).replace(b"HTTP/1.1", b"HTTP/1.0"))
            (reply,) = peer.replies()
            self.assertEqual((reply.code, reply.headers["Connection"]), (code, "close"))
            self.assertTrue(peer.transport.disconnecting)

    def test_nothing_is_left_of_a_connection_that_is_lost(self) -> None:
        for sent in (b"", b"GET", request(), request() * 20, b"\n"):
            peer = HttpPeer(self.web)
            peer.sends(sent)
            peer.drops()

        server = self.web.server
        self.assertEqual(
            (server.connections, server.counter.open, self.web.clock.getDelayedCalls()), (set(), {}, [])
        )

    def test_a_client_that_leaves_at_the_time_out_is_not_aborted(self) -> None:
        peer = HttpPeer(self.web)
        self.advance(REQUEST_TIMEOUT_S)

        peer.drops()

        self.assertEqual(self.web.clock.getDelayedCalls(), [])

    def test_connections_from_one_address_are_limited_but_not_from_this_machine(self) -> None:
        peers = [HttpPeer(self.web, f"2001:db8::{number:x}") for number in range(MAX_CONNECTIONS_PER_ADDRESS)]
        late, other = HttpPeer(self.web, "2001:db8::ffff"), HttpPeer(self.web, FAR)
        self.assertEqual(([reply.code for reply in late.replies()], other.asks().code), ([429], 200))

        for peer in (peers[0], late):
            peer.drops()
        self.assertEqual(HttpPeer(self.web, "2001:db8::ffff").asks().code, 200)
        for _ in range(MAX_CONNECTIONS_PER_ADDRESS + 1):
            self.assertEqual(HttpPeer(self.web, "::1").asks("/healthz").code, 200)

    def test_requests_are_not_logged(self) -> None:
        events: list[LogEvent] = []
        note = cast(ILogObserver, events.append)
        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

        peer = HttpPeer(self.web)
        peer.asks("/secret")
        self.advance(REQUEST_TIMEOUT_S)

        self.assertEqual(events, [])

    def test_responses_are_counted_by_status(self) -> None:
        peer = HttpPeer(self.web)
        peer.asks()
        peer.asks("/nothing")
        peer.sends(b"\n")

        self.assertEqual(self.web.server.responses, {200: 1, 404: 1, 400: 1})
