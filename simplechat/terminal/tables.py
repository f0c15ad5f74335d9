"""Tables that fit the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import display_width, pad, wrap

GAP = "  "


def draw_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the lines of a table: the heading, a rule below it, the rows.

    Args:
        columns: The heading.
        rows: A text for each column; sanitized here.
        width: Of the terminal, in cells. The widest columns shrink until the table fits: the last column
            is wrapped, the others are cut.
    """
    table = [[printable(cell) for cell in row] for row in (columns, *rows)]
    gap = GAP if width >= 4 * len(columns) else " "
    widths = _fit(
        [max(map(display_width, cells)) for cells in zip(*table, strict=True)],
        width - len(gap) * (len(columns) - 1),
    )
    table.insert(1, ["-" * each for each in widths])
    return [_cut(line, width) for row in table for line in _lines(row, widths, gap)]


def _lines(row: Sequence[str], widths: Sequence[int], gap: str) -> Iterator[str]:
    *others, last = row
    for part in wrap(last, widths[-1]):
        yield gap.join(map(pad, (*others, part), widths)).rstrip(" ")
        others = [""] * len(others)


def _cut(line: str, width: int) -> str:
    """Cut a line that is still too wide: in some scripts letters are wider together than alone."""
    while display_width(line) > width:
        line = line[:-1]
    return line


def _fit(widths: list[int], total: int) -> list[int]:
    """Shrink the widest column, the last of equals first, until the sum fits; none gets narrower than 1."""
    widths = [max(1, each) for each in widths]
    while sum(widths) > total and max(widths) > 1:
        widths[max(range(len(widths)), key=lambda place: (widths[place], place))] -= 1
    return widths
