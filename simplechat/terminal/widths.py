"""How many columns a text takes, and texts that take no more than there are."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from wcwidth import wcswidth, wcwidth

from simplechat.terminal.sanitize import is_mark

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_JOINER = "\N{ZERO WIDTH JOINER}"


def width_of(text: str) -> int:
    """Give the columns of a harmless text."""
    columns = wcswidth(text)
    return columns if columns >= 0 else sum(max(wcwidth(char), 0) for char in text)


def shortened(text: str, width: int) -> str:
    """Give a harmless text in so many columns, its end replaced by an ellipsis where it has more."""
    if _end_within(text, width) == len(text):
        return text
    return text[: _end_within(text, width - 1)].rstrip(" ") + ELLIPSIS if width > 0 else ""


def wrapped(text: str, width: int) -> list[str]:
    """Give a harmless text as lines of at most so many columns, cut at spaces where there are any."""
    lines = []
    while (end := max(1, _end_within(text, width))) < len(text):
        space = text.rfind(" ", end // 2, end + 1)
        end = space if space > 0 else end
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*lines, text]


def filled(text: str, width: int) -> str:
    """Give a harmless text in exactly so many columns."""
    text = shortened(text, width)
    return text + " " * (width - width_of(text))


def _end_within(text: str, width: int) -> int:
    """Tell how much of a text, in whole letters, so many columns hold."""
    if text.isascii():
        return max(0, min(width, len(text)))
    columns = start = 0
    for end in range(1, len(text) + 1):
        if _is_cut(text, end):
            columns += _letter_width(text[start:end])
            if columns > width:
                return start
            start = end
    return len(text)


@lru_cache(4096)
def _letter_width(letter: str) -> int:
    return width_of(letter)


def _is_cut(text: str, place: int) -> bool:
    """Tell whether a text may be cut here: between letters, not within one."""
    if place == len(text):
        return True
    belongs_before = is_mark(text[place]) or unicodedata.category(text[place]) == "Mc"
    return not (belongs_before or text[place - 1] == _JOINER)
