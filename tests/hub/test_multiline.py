"""Multiline texts keep the lines of their author."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.multiline import count_bytes, join_lines, remove_concat_marks, split_lines
from simplechat.ircv3.splitting import TextLine

TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


class LinesTests(SynchronousTestCase):
    @given(st.lists(st.builds(TextLine, TEXTS, st.booleans()), min_size=1))
    def test_joined_lines_are_split_again(self, lines: list[TextLine]) -> None:
        lines[0] = TextLine(lines[0].text)

        self.assertEqual(split_lines(join_lines(lines)), lines)

    def test_line_feeds_count_and_concat_marks_do_not(self) -> None:
        self.assertEqual(
            count_bytes([TextLine("ab"), TextLine(""), TextLine("é"), TextLine("d", is_concat=True)]),
            2 + 1 + 1 + 2 + 1,
        )

    def test_concat_marks_can_be_removed(self) -> None:
        text = join_lines([TextLine("how is "), TextLine("every", is_concat=True), TextLine("one")])

        self.assertEqual(remove_concat_marks(text), "how is every\none")
