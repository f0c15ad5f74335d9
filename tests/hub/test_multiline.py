"""Texts of several lines are kept as they were cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.multiline import Line, as_people_read_it, join_lines, size_of, split_lines

TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


class LinesTests(SynchronousTestCase):
    @given(st.lists(st.builds(Line, TEXTS, st.booleans()), min_size=1))
    def test_what_was_joined_is_split_again(self, lines: list[Line]) -> None:
        lines[0] = Line(lines[0].text)

        self.assertEqual(split_lines(join_lines(lines)), lines)

    def test_a_size_counts_line_feeds_and_not_cuts(self) -> None:
        self.assertEqual(
            size_of([Line("ab"), Line(""), Line("é"), Line("d", goes_on=True)]), 2 + 1 + 1 + 2 + 1
        )

    def test_people_do_not_see_where_a_line_was_cut(self) -> None:
        text = join_lines([Line("how is "), Line("every", goes_on=True), Line("one")])

        self.assertEqual(as_people_read_it(text), "how is every\none")
