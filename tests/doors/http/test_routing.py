"""Routes: a method and a path lead to one row, and parts of a path lead nowhere else."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.http_messages import HttpRequest, HttpResponse
from simplechat.doors.http.routing import BodyPolicy, Route, RouteTable
from simplechat.doors.http.web_services import WebServices
from tests.support.web import HttpPeer, WebStage


def show(request: HttpRequest, services: WebServices) -> HttpResponse:
    """Answer with the parts of the path."""
    return HttpResponse(repr(dict(request.path_parts)).encode(), "text/plain")


ROUTES = (
    Route("GET", "/files/{id}/{name}", show),
    Route("DELETE", "/files/{id}/{name}", show),
    Route("POST", "/upload", show, BodyPolicy(10)),
    Route("GET", "/plain", show),
)


class RouteTableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.table = RouteTable(ROUTES)

    def test_parts_of_a_path_are_decoded(self) -> None:
        for target, parts in (
            ("/files/1/a.png", {"id": "1", "name": "a.png"}),
            ("/files/1/a%20%C3%B1.png?x=/../y", {"id": "1", "name": "a ñ.png"}),
            ("/files/a%25b/...", {"id": "a%b", "name": "..."}),
        ):
            match = self.table.find("GET", target)
            self.assertEqual((match.route, dict(match.path_parts)), (ROUTES[0], parts))

    def test_parts_that_could_lead_elsewhere_are_not_found(self) -> None:
        bad = (
            "",
            ".",
            "..",
            "%2e%2e",
            "a%2fb",
            "a%5cb",
            "a%00",
            "a%0a",
            "%ff",
            "%c0%ae",
            "a/b",
            "%7f",
            "%C2%85",
        )
        for part in (*bad, "%C2%85"):
            self.assertEqual(self.table.find("GET", f"/files/1/{part}").methods, (), part)
        for target in ("/files/1", "/files/1/a/", "/files//a", "//files/1/a", "/Files/1/a", "/%66iles/1/a"):
            self.assertEqual(self.table.find("GET", target).methods, (), target)

    def test_head_is_answered_by_the_row_for_get_and_by_no_other(self) -> None:
        self.assertEqual(self.table.find("HEAD", "/plain").route, ROUTES[3])
        self.assertIsNone(self.table.find("HEAD", "/upload").route)

    def test_a_body_is_taken_by_its_own_row_only(self) -> None:
        self.assertEqual(self.table.find("POST", "/upload").body.max_bytes, 10)
        for method, target in (("PUT", "/upload"), ("GET", "/plain"), ("POST", "/nothing")):
            self.assertEqual(self.table.find(method, target).body.max_bytes, 0)


class AnswerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.peer = HttpPeer(WebStage(routes=ROUTES))

    def test_options_lists_the_methods_of_a_path_or_of_the_server(self) -> None:
        for target, methods in (
            ("/files/1/a", "GET, HEAD, DELETE, OPTIONS"),
            ("/upload", "POST, OPTIONS"),
            ("/plain", "GET, HEAD, OPTIONS"),
            ("*", "GET, HEAD, DELETE, POST, OPTIONS"),
        ):
            reply = self.peer.asks(target, "OPTIONS")
            self.assertEqual((reply.code, reply.headers["Allow"], reply.body), (204, methods, b""))
            self.assertNotIn("Content-Length", reply.headers)
        self.assertEqual(self.peer.asks("/nothing", "OPTIONS").code, 404)

    def test_another_method_is_told_which_there_are(self) -> None:
        for target, method, methods in (
            ("/upload", "GET", "POST, OPTIONS"),
            ("/upload", "HEAD", "POST, OPTIONS"),
            ("/plain", "POST", "GET, HEAD, OPTIONS"),
            ("/files/1/a", "PUT", "GET, HEAD, DELETE, OPTIONS"),
        ):
            reply = self.peer.asks(target, method)
            self.assertEqual((reply.code, reply.headers["Allow"]), (405, methods))

    def test_the_handler_gets_the_parts(self) -> None:
        self.assertEqual(self.peer.asks("/files/7/%C3%B1").text, "{'id': '7', 'name': 'ñ'}")
