"""Who sends a request, and by which name: other sites, proxies and the network are not trusted."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.requester import ServerNames
from simplechat.ip_addresses import admit_none, is_local_address
from tests.support.web import HttpPeer, WebStage, upgrade

FAR = "192.0.2.7"
PROXY = "192.0.2.1"


class RequesterTests(SynchronousTestCase):
    def test_a_host_that_is_not_ours_is_refused_since_it_may_be_another_sites(self) -> None:
        web = WebStage(names=ServerNames("Chat.Example", ("https://www.example.org:8443",)))
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
            self.assertEqual(HttpPeer(web).asks(Host=host).code, 200, host)
        for host in filter(None, others):
            self.assertEqual(HttpPeer(web).asks(Host=host).code, 421, host)

    def test_remote_clients_are_redirected_to_https(self) -> None:
        web = WebStage(admits=is_local_address)

        reply = HttpPeer(web, FAR).asks("/ca.pem?x=1", Host="chat.example:8067")

        self.assertEqual(
            (reply.code, reply.headers["Location"]), (308, "https://chat.example:8067/ca.pem?x=1")
        )
        self.assertEqual(HttpPeer(web, FAR, is_secure=True).asks().code, 200)
        self.assertEqual(HttpPeer(web).asks().code, 200)
        self.assertEqual(HttpPeer(WebStage(admits=admit_none)).asks().code, 308)
        peer = HttpPeer(web, FAR)
        peer.sends(upgrade())
        self.assertEqual(peer.replies()[0].code, 403)

    def test_a_client_behind_an_untrusted_proxy_is_not_on_this_machine(self) -> None:
        web = WebStage(admits=is_local_address)

        for name in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP", "X_Forwarded_Proto"):
            reply = HttpPeer(web).asks("/metrics", **{name: "https"})
            self.assertEqual(reply.code, 308, name)
            self.assertEqual(HttpPeer(WebStage()).asks("/metrics", **{name: "https"}).code, 403)

    def test_a_trusted_proxys_headers_count(self) -> None:
        def code(host: str, told: str, protocol: str) -> int:
            web = WebStage(admits=is_local_address, believes=lambda each: each in (PROXY, "10.0.0.1"))
            return HttpPeer(web, host).asks("/metrics", X_Forwarded_For=told, X_Forwarded_Proto=protocol).code

        self.assertEqual(code(PROXY, FAR, "https"), 403)
        self.assertEqual(code(PROXY, FAR, "http"), 308)
        self.assertEqual(code(PROXY, "127.0.0.1", "http"), 200)
        self.assertEqual(code(PROXY, "127.0.0.1, 10.0.0.1", "http"), 200)
        self.assertEqual(code(PROXY, f"127.0.0.1, {FAR}", "https"), 403)
        self.assertEqual(code(PROXY, "", "https"), 403)
        self.assertEqual(code(PROXY, "unknown", "http"), 308)
        self.assertEqual(code(FAR, "127.0.0.1", "https"), 308)

    def test_headers_do_not_count_behind_a_proxy_header_even_at_a_proxys_address(self) -> None:
        web = WebStage(admits=is_local_address, believes=lambda each: each == PROXY)
        peer = HttpPeer(web, PROXY, is_secure=True, is_proxy=False)

        reply = peer.asks("/metrics", X_Forwarded_For="127.0.0.1", X_Forwarded_Proto="https")

        self.assertEqual(reply.code, 403)

    def test_metrics_are_for_this_machine_or_with_the_token(self) -> None:
        web = WebStage(metrics_token="sesame")

        self.assertEqual(HttpPeer(web).asks("/metrics").body, b"some 1\n")
        self.assertEqual(HttpPeer(web, FAR).asks("/metrics").code, 403)
        self.assertEqual(HttpPeer(web, FAR).asks("/metrics", Authorization="Bearer sesame").code, 200)
        for wrong in ("Bearer", "Bearer x", "Bearer ses\u00e9me", "Basic sesame", "Bearer sesame x"):
            self.assertEqual(HttpPeer(web, FAR).asks("/metrics", Authorization=wrong).code, 403, wrong)
        self.assertEqual(HttpPeer(WebStage(), FAR).asks("/metrics", Authorization="Bearer ").code, 403)
