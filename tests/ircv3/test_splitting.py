"""Long texts are split where it does least harm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.splitting import split_into_messages, split_text

EXAMPLES = [
    ("", 10, []),
    ("short", 10, ["short"]),
    ("ten bytes!", 10, ["ten bytes!"]),
    ("one two three", 10, ["one two ", "three"]),
    ("a bbbbbbbbbbbb", 10, ["a bbbbbbbb", "bbbb"]),
    ("ññññññ", 5, ["ññ", "ññ", "ññ"]),
    ("abcde\u0301f", 5, ["abcd", "e\u0301f"]),
    ("xx👩\u200d👧", 13, ["xx👩\u200d👧"]),
    ("xxxxxxxx👩\u200d👧", 16, ["xxxxxxxx", "👩\u200d👧"]),
]


class SplitTextTests(SynchronousTestCase):
    def test_each_example(self) -> None:
        for text, max_bytes, expected in EXAMPLES:
            self.assertEqual(list(split_text(text, max_bytes)), expected, text)

    @given(st.text(max_size=300), st.integers(4, 40))
    def test_pieces_fit_and_join_to_the_text(self, text: str, max_bytes: int) -> None:
        found = list(split_text(text, max_bytes))

        self.assertEqual("".join(found), text)
        self.assertTrue(all(0 < len(piece.encode()) <= max_bytes for piece in found))


class MessagesTests(SynchronousTestCase):
    @given(
        st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)),
        st.integers(4, 30),
        st.integers(2, 5),
        st.integers(30, 90),
    )
    def test_each_message_keeps_the_limits_and_nothing_is_lost(
        self, lines: list[str], piece_bytes: int, max_lines: int, max_bytes: int
    ) -> None:
        messages = split_into_messages(lines, piece_bytes, max_lines, max_bytes)

        for message in messages:
            text = "".join(piece.text if piece.is_concat else f"\n{piece.text}" for piece in message)
            self.assertLessEqual(len(text.encode()) - 1, max_bytes)
            self.assertLessEqual(len(message), max_lines)
            self.assertTrue(message[0].text and not message[0].is_concat and message[-1].text)
            self.assertTrue(all(len(piece.text.encode()) <= piece_bytes for piece in message))
        joined = "".join(piece.text for message in messages for piece in message)
        self.assertEqual(joined, "".join(lines))
