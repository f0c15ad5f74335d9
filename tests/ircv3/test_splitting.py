"""A long text is cut where it hurts least."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.splitting import split_into_messages, split_text

TABLE = [
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


class PiecesTests(SynchronousTestCase):
    def test_the_table(self) -> None:
        for text, most_bytes, expected in TABLE:
            self.assertEqual(list(split_text(text, most_bytes)), expected, text)

    @given(some.text(max_size=300), some.integers(4, 40))
    def test_pieces_fit_and_make_the_text_again(self, text: str, most_bytes: int) -> None:
        found = list(split_text(text, most_bytes))

        self.assertEqual("".join(found), text)
        self.assertTrue(all(0 < len(piece.encode()) <= most_bytes for piece in found))


class MessagesTests(SynchronousTestCase):
    @given(
        some.lists(
            some.text(some.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)
        ),
        some.integers(4, 30),
        some.integers(2, 5),
        some.integers(30, 90),
    )
    def test_whatever_is_pasted_each_message_keeps_the_limits_and_nothing_is_lost(
        self, lines: list[str], piece_bytes: int, most_lines: int, most_bytes: int
    ) -> None:
        messages = split_into_messages(lines, piece_bytes, most_lines, most_bytes)

        for message in messages:
            text = "".join(piece.text if piece.is_concat else f"\n{piece.text}" for piece in message)
            self.assertLessEqual(len(text.encode()) - 1, most_bytes)
            self.assertLessEqual(len(message), most_lines)
            self.assertTrue(message[0].text and not message[0].is_concat and message[-1].text)
            self.assertTrue(all(len(piece.text.encode()) <= piece_bytes for piece in message))
        said = "".join(piece.text for message in messages for piece in message)
        self.assertEqual(said, "".join(lines))
