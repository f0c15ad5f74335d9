"""A table fits the terminal, whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.tables import draw_table
from simplechat.terminal.widths import display_width


class TableTests(SynchronousTestCase):
    def test_columns_stand_below_their_heads(self) -> None:
        self.assertEqual(
            draw_table(
                ["nick", "name"], [["ann", "Ann Other"], ["漢字", "x"], ["e\u0301", "👩\u200d👧"]], 80
            ),
            [
                "nick  name",
                "----  ---------",
                "ann   Ann Other",
                "漢字  x",
                "e\u0301     👩\u200d👧",
            ],
        )

    def test_the_last_column_takes_more_lines(self) -> None:
        self.assertEqual(
            draw_table(["room", "about"], [["#tea", "all about tea and more"], ["#a", "x" * 20]], 20),
            [
                "room  about",
                "----  --------------",
                "#tea  all about tea",
                "      and more",
                "#a    xxxxxxxxxxxxxx",
                "      xxxxxx",
            ],
        )

    def test_the_widest_columns_give_way(self) -> None:
        self.assertEqual(
            draw_table(["topic", "n"], [["all about tea and more", "7"]], 20)[2:],
            ["all about tea an…  7"],
        )

    def test_a_table_without_rows_is_its_head(self) -> None:
        self.assertEqual(draw_table(["a", "b"], [], 80), ["a  b", "-  -"])

    def test_what_would_drive_the_terminal_is_visible(self) -> None:
        self.assertEqual(draw_table(["a"], [["\x1b[2J\n"]], 80)[2:], ["␛[2J␊"])

    @given(
        some.integers(1, 4).flatmap(
            lambda count: some.lists(
                some.lists(some.text(max_size=30), min_size=count, max_size=count), min_size=1, max_size=5
            )
        ),
        some.integers(5, 60),
    )
    def test_no_line_is_wider_than_the_terminal(self, table: list[list[str]], width: int) -> None:
        lines = draw_table(table[0], table[1:], width)

        self.assertGreater(len(lines), len(table))
        self.assertLessEqual(max(map(display_width, lines)), width)
