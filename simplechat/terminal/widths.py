"""How many columns a text takes, and texts that take no more than there are."""

from __future__ import annotations

from wcwidth import wcswidth, wcwidth

from simplechat.terminal.safe import is_mark

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_JOINER = "\N{ZERO WIDTH JOINER}"
_MOST_CHARS_A_COLUMN = 16  # looked at: a letter with its marks, an emoji with its joiners


def width_of(text: str) -> int:
    """Give the columns of a harmless text."""
    columns = wcswidth(text)
    return columns if columns >= 0 else sum(max(wcwidth(char), 0) for char in text)


def shortened(text: str, width: int) -> str:
    """Give a harmless text in so many columns, its end replaced by an ellipsis where it has more."""
    looked_at = text[: _MOST_CHARS_A_COLUMN * max(width, 0)]
    if looked_at == text and width_of(text) <= width:
        return text
    for end in range(len(looked_at), 0, -1):
        if _is_cut(text, end) and width_of(text[:end]) < width:
            return text[:end].rstrip(" ") + ELLIPSIS
    return ELLIPSIS[:width] if width > 0 else ""


def filled(text: str, width: int) -> str:
    """Give a harmless text in exactly so many columns."""
    text = shortened(text, width)
    return text + " " * (width - width_of(text))


def _is_cut(text: str, place: int) -> bool:
    """Tell whether a text may be cut here: between letters, not within one."""
    return place == len(text) or not (is_mark(text[place]) or text[place - 1] == _JOINER)
