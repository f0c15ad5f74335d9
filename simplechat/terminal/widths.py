"""The width of text in a terminal's cells, and text cut, wrapped or padded to a width."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from wcwidth import wcswidth, wcwidth

from simplechat.terminal.sanitize import is_mark

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_JOINER = "\N{ZERO WIDTH JOINER}"


def display_width(text: str) -> int:
    """Return the width of a sanitized text, in cells."""
    columns = wcswidth(text)
    return columns if columns >= 0 else sum(max(wcwidth(char), 0) for char in text)


def shorten(text: str, width: int) -> str:
    """Return a sanitized text of at most `width` cells; a longer one ends with an ellipsis."""
    if _end_within(text, width) == len(text):
        return text
    return text[: _end_within(text, width - 1)].rstrip(" ") + ELLIPSIS if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Split a sanitized text into lines of at most `width` cells, at spaces where possible."""
    lines = []
    while (end := max(1, _end_within(text, width))) < len(text):
        space = text.rfind(" ", end // 2, end + 1)
        end = space if space > 0 else end
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*lines, text]


def pad(text: str, width: int) -> str:
    """Return a sanitized text of exactly `width` cells."""
    text = shorten(text, width)
    return text + " " * (width - display_width(text))


def _end_within(text: str, width: int) -> int:
    """Return the index up to which a text, in whole letters, fits `width` cells."""
    if text.isascii():
        return max(0, min(width, len(text)))
    columns = start = 0
    for end in range(1, len(text) + 1):
        if _is_boundary(text, end):
            columns += _letter_width(text[start:end])
            if columns > width:
                return start
            start = end
    return len(text)


@lru_cache(4096)
def _letter_width(letter: str) -> int:
    return display_width(letter)


def _is_boundary(text: str, place: int) -> bool:
    """Tell whether `place` is between two letters, so that a text can be cut there."""
    if place == len(text):
        return True
    belongs_before = is_mark(text[place]) or unicodedata.category(text[place]) == "Mc"
    return not (belongs_before or text[place - 1] == _JOINER)
