"""The routes: the page, health, certificates, and the headers that keep browsers safe."""

from __future__ import annotations

from functools import partial

from twisted.trial.unittest import SynchronousTestCase

from tests.support.web import Certificates, HttpPeer, WebStage


class RoutesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()

    def test_the_page_tells_how_to_join_by_the_host_of_the_request(self) -> None:
        reply = HttpPeer(self.web).asks(Host="chat.example:8067")

        self.assertEqual((reply.code, reply.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for text in (
            "irc://chat.example:8067/#lobby",
            "--ip chat.example --port 8067",
            "ws://chat.example:8067/",
        ):
            self.assertIn(text, reply.text)
        self.assertIn("ircs://[::1]:443/", HttpPeer(self.web, is_secure=True).asks(Host="[::1]").text)

    def test_the_page_is_in_the_requested_language(self) -> None:
        asked = {
            "es": "es",
            "es-MX,en;q=0.8": "es",
            "en;q=0.5, es;q=0.6": "es",
            "de, *;q=0.1": "en",
            "": "en",
        }
        asked |= {"en-GB,es;q=0.9": "en", "es;q=0, en": "en", "es;q=nan": "en", "q=;;,": "en"}

        replies = {accepted: HttpPeer(self.web).asks(Accept_Language=accepted) for accepted in asked}

        self.assertEqual({each: reply.headers["Content-Language"] for each, reply in replies.items()}, asked)
        self.assertIn("En el navegador", replies["es"].text)
        self.assertEqual(replies["es"].headers["Vary"], "Accept-Language")

    def test_what_the_owner_wrote_is_text_and_no_markup(self) -> None:
        text = HttpPeer(self.web).asks().text

        self.assertIn("A &lt;b&gt;net&lt;/b&gt;", text)
        self.assertIn("For tests &amp; others", text)
        self.assertNotIn("<script", text)

    def test_the_certificate_authority_is_shown_where_there_is_one(self) -> None:
        web = WebStage(certificates=Certificates)

        self.assertIn("AB:CD", HttpPeer(web).asks().text)
        self.assertEqual(HttpPeer(web).asks("/ca.pem").body, b"-----BEGIN")
        self.assertEqual(HttpPeer(self.web).asks("/ca.pem").code, 404)
        self.assertNotIn("ca.pem", HttpPeer(self.web).asks().text)

    def test_every_response_has_the_security_headers(self) -> None:
        peer = HttpPeer(self.web)

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

    def test_hsts_is_sent_only_where_browsers_can_verify_the_certificate(self) -> None:
        for is_verifiable, is_secure, is_told in (
            (True, True, True),
            (True, False, False),
            (False, True, False),
        ):
            web = WebStage(certificates=partial(Certificates, is_verifiable=is_verifiable))
            headers = HttpPeer(web, is_secure=is_secure).asks().headers
            self.assertEqual("Strict-Transport-Security" in headers, is_told)

    def test_head_gets_the_length_and_no_content(self) -> None:
        peer = HttpPeer(self.web)

        reply = peer.asks(method="HEAD")

        self.assertEqual((reply.code, reply.body), (200, b""))
        self.assertEqual(reply.headers["Content-Length"], str(len(peer.asks().body)))

    def test_options_and_refused_methods_get_the_list_of_methods(self) -> None:
        peer = HttpPeer(self.web)

        for target in ("/", "*", "/metrics"):
            reply = peer.asks(target, "OPTIONS")
            self.assertEqual((reply.code, reply.headers["Allow"]), (204, "GET, HEAD, OPTIONS"))
            self.assertNotIn("Access-Control-Allow-Origin", reply.headers)
        for method in ("POST", "PUT", "DELETE", "TRACE", "BREW"):
            reply = peer.asks(method=method)
            self.assertEqual((reply.code, reply.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_no_other_path_is_found(self) -> None:
        peer = HttpPeer(self.web)
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

    def test_a_handler_that_fails_gets_500_and_the_connection_goes_on(self) -> None:
        def fail() -> list[str]:
            raise ZeroDivisionError

        peer = HttpPeer(WebStage(find_problems=fail))

        self.assertEqual(peer.asks("/healthz").code, 500)
        self.assertEqual(peer.asks().code, 200)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_health_is_ok_or_a_list_of_problems(self) -> None:
        troubles: list[str] = []
        peer = HttpPeer(WebStage(find_problems=lambda: troubles))

        self.assertEqual(peer.asks("/healthz")[::2], (200, b"ok\n"))
        troubles += ["the disk is full", "the certificate ends"]

        self.assertEqual(peer.asks("/healthz")[::2], (503, b"the disk is full\nthe certificate ends\n"))
