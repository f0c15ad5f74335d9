"""A client that is not served over HTTP gets one response: a redirect to https."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.single_response import (
    HEAD_S,
    LINGER_S,
    MAX_HEAD_BYTES,
    SingleResponse,
    redirect_to_https,
)
from tests.support.port_peers import FAR, Socket

OWN = "192.0.2.1:8067"


class SingleResponseTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.transport = Socket(FAR)
        self.protocol = SingleResponse(redirect_to_https(OWN), self.clock)
        self.protocol.makeConnection(self.transport)

    def location_for(self, *lines: str) -> str:
        """Send a request; return where it is redirected, or the status where it is not."""
        self.setUp()
        self.protocol.dataReceived("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1"))
        head = self.transport.output().decode().split("\r\n")
        return next((line[10:] for line in head if line.startswith("Location: ")), head[0])

    def test_a_request_is_redirected_to_the_same_address_by_https(self) -> None:
        for host in ("chat.example", "chat.example:8067", "192.0.2.1", "[2001:db8::1]:8067", "localhost"):
            place = self.location_for("GET /x?y=1 HTTP/1.1", f"Host: {host}")

            self.assertEqual(place, f"https://{host}/x?y=1")

    def test_a_request_without_a_host_is_redirected_to_the_servers_address(self) -> None:
        self.assertEqual(self.location_for("POST / HTTP/1.0"), f"https://{OWN}/")
        self.assertEqual(self.location_for("GET / HTTP/1.1", "host:"), "HTTP/1.1 400 Bad Request")

    def test_an_unsafe_request_is_not_redirected(self) -> None:
        heads = [
            ("GET http://evil.example/ HTTP/1.1", "Host: chat.example"),
            ("GET / HTTP/1.1", "Host: chat.example", "Host: evil.example"),
            ("GET / HTTP/1.1", "Host: a@b"),
            ("GET / HTTP/1.1", "Host: a/b"),
            ("GET / HTTP/1.1", "Host: a b"),
            ("GET / HTTP/1.1", "Host: a:999999"),
            ("GET / HTTP/1.1", "Host: a\x00b"),
            ("GET /\x01 HTTP/1.1", "Host: chat.example"),
            ("GET /\xe9 HTTP/1.1", "Host: chat.example"),
            ("GET / x HTTP/1.1", "Host: chat.example"),
            ("GET /" + "x" * 5000 + " HTTP/1.1", "Host: chat.example"),
            ("PRI * HTTP/2.0",),
            ("GET / HTTP/1.1\rLocation: x", "Host: chat.example"),
        ]

        self.assertEqual({self.location_for(*head) for head in heads}, {"HTTP/1.1 400 Bad Request"})

    def test_the_head_may_come_in_any_pieces(self) -> None:
        for byte in b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r":
            self.protocol.dataReceived(bytes([byte]))
        self.assertEqual(self.transport.output(), b"")

        self.protocol.dataReceived(b"\n")

        self.assertIn(b"Location: https://a/\r\n", self.transport.output())

    def test_a_head_that_is_too_long_is_not_kept(self) -> None:
        self.protocol.dataReceived(b"GET / HTTP/1.1\r\n")

        for _ in range(MAX_HEAD_BYTES // 1000 + 1):
            self.protocol.dataReceived(b"x" * 1000)
        response = self.transport.output()
        self.protocol.dataReceived(b"x" * 100_000 + b"\r\n\r\n")

        self.assertTrue(response.startswith(b"HTTP/1.1 400 "))
        self.assertEqual((self.transport.output(), self.protocol._received), (b"", b""))

    def test_bytes_behind_the_request_are_read_but_not_for_long(self) -> None:
        self.protocol.dataReceived(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nbody")
        self.transport.output()
        self.protocol.writeConnectionLost()

        self.protocol.dataReceived(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual((self.transport.half_closed, self.transport.output()), (True, b""))
        self.clock.advance(LINGER_S)

        self.assertTrue(self.transport.aborted)

    def test_the_connection_is_closed_when_the_client_ends_its_side(self) -> None:
        self.protocol.dataReceived(b"GET / HTTP/1.0\r\n\r\n")

        self.protocol.readConnectionLost()
        self.assertTrue(self.transport.disconnecting)
        self.protocol.connectionLost()

        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_head_has_to_arrive_in_time(self) -> None:
        self.protocol.dataReceived(b"GET / HTTP/1.1\r\nHost:")

        self.clock.advance(HEAD_S)

        self.assertTrue(self.transport.aborted)
