"""A request head that two readers could understand differently is refused."""

from __future__ import annotations

import h11
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.http.http_messages import MAX_HEAD_BYTES, HttpError, RequestHead, read_head
from simplechat.doors.http.routing import NO_BODY

HOST = "Host: a\r\n"
GOOD = (
    f"GET / HTTP/1.1\r\n{HOST}\r\n",
    f"GET / HTTP/1.0\r\n{HOST}\r\n",
    f"GET /a/b.c?d=e&f=%20 HTTP/1.1\r\n{HOST}\r\n",
    f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
    f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n",
    f"GET / HTTP/1.1\r\n{HOST}Cookie: a=\u00e9\r\nX-Empty:\r\nX-Tab:\ta\t \r\n\r\n",
    f"GET / HTTP/1.1\r\n{HOST}Accept: a\r\nAccept: b\r\n\r\n",
)
BAD = (
    (505, f"GET / HTTP/1.2\r\n{HOST}\r\n"),
    (505, f"GET / HTTP/0.9\r\n{HOST}\r\n"),
    (400, "GET / HTTP/1.0\r\n\r\n"),
    (400, f"GET / HTTP/1.0\r\n{HOST}{HOST}\r\n"),
    (400, f"GET /\r\n{HOST}\r\n"),
    (400, f"GET / HTTP/1.1\n{HOST}\r\n"),
    (400, f"GET / HTTP/1.1\r\n Name: a\r\n{HOST}\r\n"),
    (505, f"GET / HTTP/2.0\r\n{HOST}\r\n"),
    (400, f"GET / http/1.1\r\n{HOST}\r\n"),
    (400, f"GET  / HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET /\tHTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET / a HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET / HTTP/1.1 \r\n{HOST}\r\n"),
    (400, f"G@T / HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"\r\nGET / HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET http://a/ HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET //../x#y HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET a HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET * HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET /<script> HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"GET /\u00e9 HTTP/1.1\r\n{HOST}\r\n"),
    (400, f"CONNECT a:1 HTTP/1.1\r\n{HOST}\r\n"),
    (400, "GET / HTTP/1.1\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}host: b\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}No colon\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name : a\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST} Name: a\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\r\n b\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\r\n\tb\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\nOther: b\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\rOther: b\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\x00\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}Name: a\x1b[2J\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}N\u00e4me: a\r\n\r\n"),
    (400, f"GET / HTTP/1.1\r\n{HOST}: a\r\n\r\n"),
    (413, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\n"),
    (413, f"GET / HTTP/1.1\r\n{HOST}Content-Length: 1099511627776\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}content-length: 0\r\nA: b\r\nCONTENT-LENGTH: 0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0, 0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: +0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0x0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length:\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: \u0662\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: identity\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"),
    (400, f"POST / HTTP/1.1\r\n{HOST}transfer-encoding:\x0bchunked\r\n\r\n"),
    (417, f"POST / HTTP/1.1\r\n{HOST}Expect: 100-continue\r\n\r\n"),
    (431, f"GET / HTTP/1.1\r\n{HOST}" + "A: b\r\n" * 100 + "\r\n"),
)


def read(data: bytes) -> RequestHead | HttpError | None:
    """Read a head from a connection that received it."""
    http = h11.Connection(h11.SERVER)
    http.receive_data(data)
    return read_head(http)


def find_error(text: str) -> HttpError | None:
    """Return why a request without a body policy is refused; None where it is not."""
    head = read(text.encode())
    return NO_BODY.find_error(head) if isinstance(head, RequestHead) else head


class HeadTests(SynchronousTestCase):
    def test_an_unambiguous_head_is_accepted(self) -> None:
        for head in GOOD:
            self.assertIsNone(find_error(head), head)

    def test_an_ambiguous_or_malformed_head_is_refused(self) -> None:
        for code, head in BAD:
            error = find_error(head)
            self.assertEqual(error and error.code, code, head)

    def test_a_partial_head_is_refused_as_soon_as_it_cannot_be_valid(self) -> None:
        parts = (b"GET / HTTP/1.1\r\nA: ", b"GET / HTTP/1.1\n", b"x" * MAX_HEAD_BYTES)

        errors = [read(part) for part in parts]

        self.assertEqual(
            [error.code if isinstance(error, HttpError) else error for error in errors], [None, 400, 431]
        )
