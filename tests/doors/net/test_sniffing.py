"""A protocol is known by its first bytes, however these are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.sniffing import MAX_EMPTY_BYTES, WireProtocol, sniff

KNOWN = {
    b"\x16\x03\x01\x02\x00\x01": WireProtocol.TLS,
    b"GET / HTTP/1.1\r\n": WireProtocol.HTTP,
    b"POST /upload HTTP/1.1\r\n": WireProtocol.HTTP,
    b"OPTIONS * HTTP/1.1\r\n": WireProtocol.HTTP,
    b"\r\nHEAD / HTTP/1.0\r\n": WireProtocol.HTTP,
    b"PRI * HTTP/2.0\r\n": WireProtocol.HTTP,
    b"PASS sesame\r\n": WireProtocol.IRC,
    b"PING x\r\n": WireProtocol.IRC,
    b"PRIVMSG #tea :GET / HTTP/1.1\r\n": WireProtocol.IRC,
    b"HELP\r\n": WireProtocol.IRC,
    b"get / http/1.1\r\n": WireProtocol.IRC,
    b"GETS x\r\n": WireProtocol.IRC,
    b"TRACE\r\n": WireProtocol.IRC,
    b"CAP LS 302\r\n": WireProtocol.IRC,
    b"@label=1 :x NICK ann\r\n": WireProtocol.IRC,
    b"\r\n\r\nNICK ann\r\n": WireProtocol.IRC,
    b"\r\n" * MAX_EMPTY_BYTES: WireProtocol.IRC,
    b"SSH-2.0-OpenSSH_9.2\r\n": WireProtocol.FOREIGN,
    b"EHLO example.org\r\n": WireProtocol.FOREIGN,
    b"220 mail.example.org ESMTP\r\n": WireProtocol.FOREIGN,
    b"\r\n\r\n\x00\r\nQUIT\n": WireProtocol.FOREIGN,
    b"\x00\x00\x00\x01": WireProtocol.FOREIGN,
    b"\xff\xfb\x01": WireProtocol.FOREIGN,
    b"\x80\x2e\x01\x00\x02": WireProtocol.FOREIGN,
}
BEGINNINGS = st.sampled_from(
    [*KNOWN, b"", b"G", b"P", b"PU", b"OPTIONS", b"\r", b"\n", b"\r\n\r", b"S", b"2", b"\x16", b"+OK", b"* O"]
)


class SniffingTests(SynchronousTestCase):
    def test_the_protocol_is_recognised(self) -> None:
        self.assertEqual({first: sniff(first) for first in KNOWN}, KNOWN)

    def test_bytes_that_may_become_either_do_not_tell(self) -> None:
        for first in (
            b"",
            b"G",
            b"GET",
            b"P",
            b"PU",
            b"H",
            b"OPTIONS",
            b"\r\n",
            b"\r\n\r\nPOS",
            b"SSH",
            b"2",
        ):
            self.assertIsNone(sniff(first), first)

    @given(BEGINNINGS, st.binary(max_size=30))
    def test_it_is_the_same_however_the_bytes_are_cut(self, beginning: bytes, rest: bytes) -> None:
        whole = beginning + rest
        told = [sniff(whole[:length]) for length in range(len(whole) + 1)]

        first = next((place for place, each in enumerate(told) if each is not None), len(told))

        self.assertEqual(set(told[:first]) - {None}, set())
        self.assertLessEqual(set(told[first:]), {sniff(whole)})
        self.assertLessEqual(first, MAX_EMPTY_BYTES + len(b"OPTIONS "))
