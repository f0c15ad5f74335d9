"""Bytes become lines, in whatever pieces they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.line_buffer import LineBuffer


class LineBufferTests(SynchronousTestCase):
    def test_a_line_ends_with_lf_or_cr_lf(self) -> None:
        self.assertEqual(LineBuffer(9).feed(b"a\r\nb\n\nc"), [b"a", b"b", b""])

    def test_the_last_line_needs_no_line_end(self) -> None:
        lines = LineBuffer(9)
        lines.feed(b"a\nb")

        self.assertEqual((lines.end(), lines.end()), ([b"b"], []))

    def test_a_line_too_long_is_dropped_and_counted_once(self) -> None:
        lines = LineBuffer(3)

        given = [lines.feed(data) for data in (b"abcd", b"efgh", b"i\nok\n", b"toolong\nyes\nabcd")]

        self.assertEqual((given, lines.overlong), ([[], [], [b"ok"], [b"yes"]], 3))

    @given(some.lists(some.binary(max_size=9)), some.integers(1, 30))
    def test_pieces_make_no_difference(self, data: list[bytes], max_bytes: int) -> None:
        whole, parts = LineBuffer(max_bytes), LineBuffer(max_bytes)

        expected = whole.feed(b"".join(data)) + whole.end()
        found = [line for piece in data for line in parts.feed(piece)] + parts.end()

        self.assertEqual((found, parts.overlong), (expected, whole.overlong))
