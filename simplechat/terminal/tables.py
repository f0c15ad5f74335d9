"""Tables in as many columns as a terminal has."""

from __future__ import annotations

from collections.abc import Sequence

from simplechat.terminal.safe import printable
from simplechat.terminal.widths import filled, shortened, width_of

GAP = "  "


def draw(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Give the lines of a table: the heads, a line below them, the rows.

    Args:
        columns: The heads.
        rows: A text for each head; made harmless here.
        width: Of the terminal. The widest columns give way until everything fits.
    """
    table = [[printable(cell) for cell in row] for row in (columns, *rows)]
    gap = GAP if width >= 4 * len(columns) else " "
    widths = _fitted(
        [max(map(width_of, cells)) for cells in zip(*table, strict=True)],
        width - len(gap) * (len(columns) - 1),
    )
    table.insert(1, ["-" * each for each in widths])
    lines = (gap.join(map(filled, cells, widths)).rstrip(" ") for cells in table)
    return [shortened(line, width) for line in lines]


def _fitted(widths: list[int], most: int) -> list[int]:
    """Take from the widest, the last of equals first, until the sum fits; none vanishes."""
    widths = [max(1, each) for each in widths]
    while sum(widths) > most and max(widths) > 1:
        widths[max(range(len(widths)), key=lambda place: (widths[place], place))] -= 1
    return widths
