"""The door for HTTP: what it tells to whom, what it refuses, and what the worst peer can cost."""

from __future__ import annotations

from functools import partial
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
from simplechat.doors.http.requester import ServerNames
from simplechat.ip_addresses import admit_none, is_local_address
from tests.support.web import Certificates, Peer, Web, request, upgrade

FAR = "192.0.2.7"
PROXY = "192.0.2.1"


class PageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = Web()

    def test_the_page_tells_how_to_join_by_the_name_it_was_asked_by(self) -> None:
        reply = Peer(self.web).asks(Host="chat.example:8067")

        self.assertEqual((reply.code, reply.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for text in (
            "irc://chat.example:8067/#lobby",
            "--ip chat.example --port 8067",
            "ws://chat.example:8067/",
        ):
            self.assertIn(text, reply.text)
        self.assertIn("ircs://[::1]:443/", Peer(self.web, is_secure=True).asks(Host="[::1]").text)

    def test_it_is_in_the_language_that_is_asked_for(self) -> None:
        asked = {
            "es": "es",
            "es-MX,en;q=0.8": "es",
            "en;q=0.5, es;q=0.6": "es",
            "de, *;q=0.1": "en",
            "": "en",
        }
        asked |= {"en-GB,es;q=0.9": "en", "es;q=0, en": "en", "es;q=nan": "en", "q=;;,": "en"}

        replies = {accepted: Peer(self.web).asks(Accept_Language=accepted) for accepted in asked}

        self.assertEqual({each: reply.headers["Content-Language"] for each, reply in replies.items()}, asked)
        self.assertIn("En el navegador", replies["es"].text)
        self.assertEqual(replies["es"].headers["Vary"], "Accept-Language")

    def test_what_the_owner_wrote_is_text_and_no_markup(self) -> None:
        text = Peer(self.web).asks().text

        self.assertIn("A &lt;b&gt;net&lt;/b&gt;", text)
        self.assertIn("For tests &amp; others", text)
        self.assertNotIn("<script", text)

    def test_the_authority_is_told_where_there_is_one(self) -> None:
        web = Web(certificates=Certificates)

        self.assertIn("AB:CD", Peer(web).asks().text)
        self.assertEqual(Peer(web).asks("/ca.pem").body, b"-----BEGIN")
        self.assertEqual(Peer(self.web).asks("/ca.pem").code, 404)
        self.assertNotIn("ca.pem", Peer(self.web).asks().text)

    def test_everything_is_answered_with_what_keeps_browsers_safe(self) -> None:
        peer = Peer(self.web)

        for reply in (
            peer.asks(),
            peer.asks("/nothing"),
            peer.asks(method="PUT"),
            peer.asks(Host="evil.example"),
        ):
            policy = reply.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(reply.headers["Cross-Origin-Opener-Policy"], "same-origin")
            self.assertNotIn("Server", reply.headers)
            self.assertNotIn("Strict-Transport-Security", reply.headers)

    def test_browsers_are_told_to_insist_on_tls_only_where_anybody_can_verify_it(self) -> None:
        for is_verifiable, is_secure, is_told in (
            (True, True, True),
            (True, False, False),
            (False, True, False),
        ):
            web = Web(certificates=partial(Certificates, is_verifiable=is_verifiable))
            headers = Peer(web, is_secure=is_secure).asks().headers
            self.assertEqual("Strict-Transport-Security" in headers, is_told)

    def test_head_tells_the_length_and_sends_nothing(self) -> None:
        peer = Peer(self.web)

        reply = peer.asks(method="HEAD")

        self.assertEqual((reply.code, reply.body), (200, b""))
        self.assertEqual(reply.headers["Content-Length"], str(len(peer.asks().body)))

    def test_options_and_other_methods_are_told_what_there_is(self) -> None:
        peer = Peer(self.web)

        for target in ("/", "*", "/metrics"):
            reply = peer.asks(target, "OPTIONS")
            self.assertEqual((reply.code, reply.headers["Allow"]), (204, "GET, HEAD, OPTIONS"))
            self.assertNotIn("Access-Control-Allow-Origin", reply.headers)
        for method in ("POST", "PUT", "DELETE", "TRACE", "BREW"):
            reply = peer.asks(method=method)
            self.assertEqual((reply.code, reply.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_there_is_nothing_beside_what_there_is(self) -> None:
        peer = Peer(self.web)
        paths = (
            "/../../etc/passwd",
            "/..%2f..%2fetc/passwd",
            "//",
            "/socket/",
            "/./",
            "/%2e%2e/",
            "/ca.pem/..",
        )

        for path in (*paths, "/\\..\\x".replace("\\", "%5c"), "/CA.PEM", "/healthz/x", "/%73ocket"):
            self.assertEqual(peer.asks(path).code, 404, path)
        self.assertEqual(peer.asks("/healthz?x=../..").code, 200)

    def test_a_fault_of_ours_is_told_as_one_and_the_connection_goes_on(self) -> None:
        def fail() -> list[str]:
            raise ZeroDivisionError

        peer = Peer(Web(find_problems=fail))

        self.assertEqual(peer.asks("/healthz").code, 500)
        self.assertEqual(peer.asks().code, 200)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_health_is_a_word_or_the_reasons(self) -> None:
        troubles: list[str] = []
        peer = Peer(Web(find_problems=lambda: troubles))

        self.assertEqual(peer.asks("/healthz")[::2], (200, b"ok\n"))
        troubles += ["the disk is full", "the certificate ends"]

        self.assertEqual(peer.asks("/healthz")[::2], (503, b"the disk is full\nthe certificate ends\n"))


class AskerTests(SynchronousTestCase):
    def test_a_name_that_is_not_ours_is_refused_since_it_may_be_another_sites(self) -> None:
        web = Web(names=ServerNames("Chat.Example", ("https://www.example.org:8443",)))
        ours = (
            "localhost",
            "LOCALHOST:8067",
            "127.0.0.1:1",
            "[::1]:8067",
            "10.1.2.3",
            "chat.example",
            "www.example.org",
        )
        others: tuple[str, ...] = (
            "evil.example",
            "localhost.evil.example",
            "chat.example.",
            "a@localhost",
            "localhost:",
            "localhost:x",
        )
        others += (
            "127.0.0.1.nip.io",
            "[::1",
            "::1",
            "0x7f.1",
            "",
            "a b",
            "chat.example/..",
            "localhost:123456",
            "localhost:65536",
        )

        for host in ours:
            self.assertEqual(Peer(web).asks(Host=host).code, 200, host)
        for host in filter(None, others):
            self.assertEqual(Peer(web).asks(Host=host).code, 421, host)

    def test_from_elsewhere_nothing_is_answered_in_the_clear(self) -> None:
        web = Web(admits=is_local_address)

        reply = Peer(web, FAR).asks("/ca.pem?x=1", Host="chat.example:8067")

        self.assertEqual(
            (reply.code, reply.headers["Location"]), (308, "https://chat.example:8067/ca.pem?x=1")
        )
        self.assertEqual(Peer(web, FAR, is_secure=True).asks().code, 200)
        self.assertEqual(Peer(web).asks().code, 200)
        self.assertEqual(Peer(Web(admits=admit_none)).asks().code, 308)
        peer = Peer(web, FAR)
        peer.sends(upgrade())
        self.assertEqual(peer.replies()[0].code, 403)

    def test_who_comes_by_a_proxy_that_is_not_believed_is_not_of_this_machine(self) -> None:
        web = Web(admits=is_local_address)

        for name in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP", "X_Forwarded_Proto"):
            reply = Peer(web).asks("/metrics", **{name: "https"})
            self.assertEqual(reply.code, 308, name)
            self.assertEqual(Peer(Web()).asks("/metrics", **{name: "https"}).code, 403)

    def test_what_a_believed_proxy_says_of_whom_it_connects_counts(self) -> None:
        def code(host: str, told: str, protocol: str) -> int:
            web = Web(admits=is_local_address, believes=lambda each: each in (PROXY, "10.0.0.1"))
            return Peer(web, host).asks("/metrics", X_Forwarded_For=told, X_Forwarded_Proto=protocol).code

        self.assertEqual(code(PROXY, FAR, "https"), 403)
        self.assertEqual(code(PROXY, FAR, "http"), 308)
        self.assertEqual(code(PROXY, "127.0.0.1", "http"), 200)
        self.assertEqual(code(PROXY, "127.0.0.1, 10.0.0.1", "http"), 200)
        self.assertEqual(code(PROXY, f"127.0.0.1, {FAR}", "https"), 403)
        self.assertEqual(code(PROXY, "", "https"), 403)
        self.assertEqual(code(PROXY, "unknown", "http"), 308)
        self.assertEqual(code(FAR, "127.0.0.1", "https"), 308)

    def test_whom_a_proxy_has_named_is_not_believed_even_at_a_proxys_address(self) -> None:
        web = Web(admits=is_local_address, believes=lambda each: each == PROXY)
        peer = Peer(web, PROXY, is_secure=True)
        peer.transport.is_proxied = False

        reply = peer.asks("/metrics", X_Forwarded_For="127.0.0.1", X_Forwarded_Proto="https")

        self.assertEqual(reply.code, 403)

    def test_figures_are_for_this_machine_or_for_who_has_the_token(self) -> None:
        web = Web(metrics_token="sesame")

        self.assertEqual(Peer(web).asks("/metrics").body, b"some 1\n")
        self.assertEqual(Peer(web, FAR).asks("/metrics").code, 403)
        self.assertEqual(Peer(web, FAR).asks("/metrics", Authorization="Bearer sesame").code, 200)
        for wrong in ("Bearer", "Bearer x", "Bearer ses\u00e9me", "Basic sesame", "Bearer sesame x"):
            self.assertEqual(Peer(web, FAR).asks("/metrics", Authorization=wrong).code, 403, wrong)
        self.assertEqual(Peer(Web(), FAR).asks("/metrics", Authorization="Bearer ").code, 403)


class HostileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = Web()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.web.clock.advance(seconds)

    def test_what_cannot_be_read_is_refused_once_and_nothing_behind_it_is_read(self) -> None:
        peer = Peer(self.web)
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
        peer = Peer(self.web)

        peer.sends(b"GET / HTTP/1.1\r\nHost: localhost\r\n", *[b"X: " + b"y" * 1000 + b"\r\n"] * 100)

        self.assertEqual([reply.code for reply in peer.replies()], [431])
        self.assertEqual(peer.door._unread, b"")

    def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_any_other(self) -> None:
        peer, patient = Peer(self.web), Peer(self.web)

        for byte in request()[: REQUEST_TIMEOUT_S + 1]:
            peer.sends(bytes((byte,)))
            patient.sends(request())
            self.advance(1)

        self.assertEqual((peer.transport.disconnecting, patient.transport.disconnecting), (True, False))
        self.assertEqual(peer.transport.value(), b"")

    def test_who_asks_nothing_or_nothing_more_is_sent_away(self) -> None:
        silent, done = Peer(self.web), Peer(self.web)
        self.advance(REQUEST_TIMEOUT_S - 1)
        done.asks()

        self.advance(1)
        self.assertEqual((silent.transport.disconnecting, done.transport.disconnecting), (True, False))
        self.advance(REQUEST_TIMEOUT_S - 1)
        self.assertTrue(done.transport.disconnecting)
        self.assertTrue(silent.transport.is_aborted)

    def test_many_requests_at_once_are_answered_in_order_and_not_for_ever(self) -> None:
        peer = Peer(self.web)

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
        peer = Peer(self.web)

        peer.sends(*(stream[a:b] for a, b in pairwise(edges)))

        heads = peer.transport.value().split(b"HTTP/1.1 ")
        self.assertEqual([head[:3] for head in heads[1:]], [b"200", b"404", b"200"])

    def test_who_does_not_read_the_answers_is_not_read_either(self) -> None:
        peer = Peer(self.web)

        peer.door.pauseProducing()
        peer.sends(request(), b"x" * (MAX_UNREAD_BYTES + 1))
        self.assertEqual((peer.replies(), peer.transport.producerState), ([], "paused"))
        peer.door.resumeProducing()

        self.assertEqual([reply.code for reply in peer.replies()], [200, 431])

    def test_a_connection_that_is_to_end_ends_with_its_answer(self) -> None:
        peer = Peer(self.web)

        peer.sends(request(Connection="close") + request())

        self.assertEqual([reply.code for reply in peer.replies()], [200])
        self.assertTrue(peer.transport.disconnecting)

    def test_nothing_is_left_of_a_connection_that_is_lost(self) -> None:
        for sent in (b"", b"GET", request(), request() * 20, b"\n"):
            peer = Peer(self.web)
            peer.sends(sent)
            peer.drops()

        server = self.web.server
        self.assertEqual(
            (server.connections, server._places, self.web.clock.getDelayedCalls()), (set(), {}, [])
        )

    def test_who_leaves_when_sent_away_is_not_ended_again(self) -> None:
        peer = Peer(self.web)
        self.advance(REQUEST_TIMEOUT_S)

        peer.drops()

        self.assertEqual(self.web.clock.getDelayedCalls(), [])

    def test_one_address_has_only_so_many_connections_but_for_this_machine(self) -> None:
        peers = [Peer(self.web, f"2001:db8::{number:x}") for number in range(MAX_CONNECTIONS_PER_ADDRESS)]
        late, other = Peer(self.web, "2001:db8::ffff"), Peer(self.web, FAR)
        self.assertEqual(([reply.code for reply in late.replies()], other.asks().code), ([429], 200))

        for peer in (peers[0], late):
            peer.drops()
        self.assertEqual(Peer(self.web, "2001:db8::ffff").asks().code, 200)
        for _ in range(MAX_CONNECTIONS_PER_ADDRESS + 1):
            self.assertEqual(Peer(self.web, "::1").asks("/healthz").code, 200)

    def test_what_is_asked_for_is_in_no_log(self) -> None:
        events: list[LogEvent] = []
        note = cast(ILogObserver, events.append)
        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

        peer = Peer(self.web)
        peer.asks("/secret")
        self.advance(REQUEST_TIMEOUT_S)

        self.assertEqual(events, [])

    def test_answers_are_counted_by_their_status(self) -> None:
        peer = Peer(self.web)
        peer.asks()
        peer.asks("/nothing")
        peer.sends(b"\n")

        self.assertEqual(self.web.server.responses, {200: 1, 404: 1, 400: 1})
