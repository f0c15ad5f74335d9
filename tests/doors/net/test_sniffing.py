"""What knocks is told from its first bytes, and however these are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.sniffing import MOST_EMPTY, Tongue, told_by

KNOWN = {
    b"\x16\x03\x01\x02\x00\x01": Tongue.TLS,
    b"GET / HTTP/1.1\r\n": Tongue.HTTP,
    b"POST /upload HTTP/1.1\r\n": Tongue.HTTP,
    b"OPTIONS * HTTP/1.1\r\n": Tongue.HTTP,
    b"\r\nHEAD / HTTP/1.0\r\n": Tongue.HTTP,
    b"PRI * HTTP/2.0\r\n": Tongue.HTTP,
    b"PASS sesame\r\n": Tongue.IRC,
    b"PING x\r\n": Tongue.IRC,
    b"PRIVMSG #tea :GET / HTTP/1.1\r\n": Tongue.IRC,
    b"HELP\r\n": Tongue.IRC,
    b"get / http/1.1\r\n": Tongue.IRC,
    b"GETS x\r\n": Tongue.IRC,
    b"TRACE\r\n": Tongue.IRC,
    b"CAP LS 302\r\n": Tongue.IRC,
    b"@label=1 :x NICK ann\r\n": Tongue.IRC,
    b"\r\n\r\nNICK ann\r\n": Tongue.IRC,
    b"\r\n" * MOST_EMPTY: Tongue.IRC,
    b"SSH-2.0-OpenSSH_9.2\r\n": Tongue.FOREIGN,
    b"EHLO example.org\r\n": Tongue.FOREIGN,
    b"220 mail.example.org ESMTP\r\n": Tongue.FOREIGN,
    b"\r\n\r\n\x00\r\nQUIT\n": Tongue.FOREIGN,
    b"\x00\x00\x00\x01": Tongue.FOREIGN,
    b"\xff\xfb\x01": Tongue.FOREIGN,
    b"\x80\x2e\x01\x00\x02": Tongue.FOREIGN,
}
BEGINNINGS = st.sampled_from(
    [*KNOWN, b"", b"G", b"P", b"PU", b"OPTIONS", b"\r", b"\n", b"\r\n\r", b"S", b"2", b"\x16", b"+OK", b"* O"]
)


class KnockTests(SynchronousTestCase):
    def test_the_tongue_is_told(self) -> None:
        self.assertEqual({first: told_by(first) for first in KNOWN}, KNOWN)

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
            self.assertIsNone(told_by(first), first)

    @given(BEGINNINGS, st.binary(max_size=30))
    def test_it_is_the_same_however_the_bytes_are_cut(self, beginning: bytes, rest: bytes) -> None:
        whole = beginning + rest
        told = [told_by(whole[:length]) for length in range(len(whole) + 1)]

        first = next((place for place, each in enumerate(told) if each is not None), len(told))

        self.assertEqual(set(told[:first]) - {None}, set())
        self.assertLessEqual(set(told[first:]), {told_by(whole)})
        self.assertLessEqual(first, MOST_EMPTY + len(b"OPTIONS "))
