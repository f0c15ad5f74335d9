"""A long text in pieces that fit a message each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\N{ZERO WIDTH JOINER}"


def pieces(text: str, most_bytes: int) -> Iterator[str]:
    """Cut a text, after a space where there is one in the second half; put together they are the text again.

    Args:
        most_bytes: Of one piece in UTF-8; 4 at least, so that every character fits.
    """
    while text:
        end = _end_of_piece(text, most_bytes)
        yield text[:end]
        text = text[end:]


def _end_of_piece(text: str, most_bytes: int) -> int:
    end = len(text[:most_bytes].encode()[:most_bytes].decode("utf-8", "ignore"))
    if end == len(text):
        return end
    space = text.rfind(" ", end // 2, end)
    return space + 1 if space >= 0 else _before_what_belongs_together(text, end)


def _before_what_belongs_together(text: str, end: int) -> int:
    """Go back to where no accent is cut from its letter, nor an emoji in two, if that is near."""
    for place in range(end, end // 2, -1):
        is_mark = unicodedata.category(text[place])[0] == "M"
        if not is_mark and _JOINER not in text[place - 1 : place + 1]:
            return place
    return end
