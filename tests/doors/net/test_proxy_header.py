"""PROXY headers say who connects, and what is no header is refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.proxy_header import (
    MAX_BLOCK_BYTES,
    MAX_LINE_BYTES_V1,
    BadHeader,
    Header,
    may_be_header,
    read_header,
)

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
SIX = bytes.fromhex("20010db800000000000000000000000120010db8000000000000000000000002115c1f83")
FOUR = bytes([198, 51, 100, 9, 203, 0, 113, 1, 17, 92, 31, 131])


def block(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    """Make a header of version 2."""
    size = len(body) if length is None else length
    return SIGNATURE + bytes([command, family]) + size.to_bytes(2, "big") + body


V4 = (IPv4Address("TCP", "198.51.100.9", 4444), IPv4Address("TCP", "203.0.113.1", 8067))
V6 = (IPv6Address("TCP", "2001:db8::1", 4444), IPv6Address("TCP", "2001:db8::2", 8067))

RIGHT = {
    b"PROXY TCP4 198.51.100.9 203.0.113.1 4444 8067\r\n": V4,
    b"PROXY TCP6 2001:db8::1 2001:DB8:0::2 4444 8067\r\n": V6,
    b"PROXY UNKNOWN\r\n": (None, None),
    b"PROXY UNKNOWN whatever it says\r\n": (None, None),
    block(0x21, 0x11, FOUR): V4,
    block(0x21, 0x11, FOUR + b"\x03\x00\x04abcd" * 20): V4,
    block(0x21, 0x21, SIX): V6,
    block(0x21, 0x31, b"/tmp/x".ljust(216, b"\0")): (UNIXAddress(None), UNIXAddress(None)),
    block(0x21, 0x00, b""): (None, None),
    block(0x20, 0x00, b""): (None, None),
    block(0x20, 0x11, FOUR): (None, None),
    block(0x21, 0x11, FOUR + b"x" * (MAX_BLOCK_BYTES - len(FOUR))): V4,
}
WRONG = [
    b"PROXY TCP4 198.51.100.9 203.0.113.1 4444\r\n",
    b"PROXY TCP4 198.51.100.9 203.0.113.1 4444 65536\r\n",
    b"PROXY TCP4 2001:db8::1 2001:db8::2 4444 8067\r\n",
    b"PROXY TCP6 198.51.100.9 203.0.113.1 4444 8067\r\n",
    b"PROXY TCP4 198.51.100.999 203.0.113.1 4444 8067\r\n",
    b"PROXY TCP4  198.51.100.9 203.0.113.1 4444 8067\r\n",
    b"PROXY UDP4 198.51.100.9 203.0.113.1 4444 8067\r\n",
    b"PROXY UNKNOWNx\r\n",
    b"PROXY \r\n",
    b"PROXY TCP4 " + b"1" * MAX_LINE_BYTES_V1,
    block(0x22, 0x11, FOUR),
    block(0x11, 0x11, FOUR),
    block(0x21, 0x12, FOUR),
    block(0x21, 0x11, FOUR[:-1]),
    block(0x21, 0x21, FOUR),
    block(0x21, 0x11, b"", MAX_BLOCK_BYTES + 1),
    block(0x20, 0x00, b"", 65535),
    b"NICK ann\r\n",
    b"\r\n\r\nNICK",
]


class HeaderTests(SynchronousTestCase):
    def test_right_ones_are_read_and_no_further(self) -> None:
        for data, (peer, host) in RIGHT.items():
            self.assertEqual(read_header(data), Header(len(data), peer, host), data)
            self.assertEqual(read_header(data + b"NICK ann\r\n"), Header(len(data), peer, host), data)

    def test_while_they_are_not_whole_nothing_is_decided(self) -> None:
        for data in RIGHT:
            told = [read_header(data[:length]) for length in range(len(data))]

            self.assertEqual(set(told), {None}, data)

    def test_wrong_ones_are_refused(self) -> None:
        for data in WRONG:
            self.assertRaises(BadHeader, read_header, data)

    @given(
        st.binary(max_size=40), st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 1.1.1.1 ", SIGNATURE, *RIGHT])
    )
    def test_whatever_comes_it_is_read_refused_or_waited_for(self, noise: bytes, beginning: bytes) -> None:
        data = beginning + noise
        try:
            header = read_header(data)
        except BadHeader:
            return

        if header is None:
            self.assertTrue(may_be_header(data))
            self.assertLessEqual(len(data), 16 + MAX_BLOCK_BYTES)
        else:
            self.assertLessEqual(header.size, len(data))
