"""Tables in as many columns as a terminal has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import filled, width_of, wrapped

GAP = "  "


def draw_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Give the lines of a table: the heads, a line below them, the rows.

    Args:
        columns: The heads.
        rows: A text for each head; made harmless here.
        width: Of the terminal. The widest columns give way until everything fits: the last one by taking
            more lines, the others by losing their ends.
    """
    table = [[printable(cell) for cell in row] for row in (columns, *rows)]
    gap = GAP if width >= 4 * len(columns) else " "
    widths = _fitted(
        [max(map(width_of, cells)) for cells in zip(*table, strict=True)],
        width - len(gap) * (len(columns) - 1),
    )
    table.insert(1, ["-" * each for each in widths])
    return [_within(line, width) for row in table for line in _lines(row, widths, gap)]


def _lines(row: Sequence[str], widths: Sequence[int], gap: str) -> Iterator[str]:
    *others, last = row
    for part in wrapped(last, widths[-1]):
        yield gap.join(map(filled, (*others, part), widths)).rstrip(" ")
        others = [""] * len(others)


def _within(line: str, width: int) -> str:
    """Cut what is still too wide: in some scripts letters are wider together than each by itself."""
    while width_of(line) > width:
        line = line[:-1]
    return line


def _fitted(widths: list[int], most: int) -> list[int]:
    """Take from the widest, the last of equals first, until the sum fits; none vanishes."""
    widths = [max(1, each) for each in widths]
    while sum(widths) > most and max(widths) > 1:
        widths[max(range(len(widths)), key=lambda place: (widths[place], place))] -= 1
    return widths
