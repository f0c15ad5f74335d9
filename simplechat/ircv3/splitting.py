"""Splitting of long texts into lines, and of many lines into as few multiline messages as possible.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_JOINER = "\N{ZERO WIDTH JOINER}"


class TextLine(NamedTuple):
    """One line of a multiline message.

    Attributes:
        is_concat: True if it continues the line before it, as the tag draft/multiline-concat says.
    """

    text: str
    is_concat: bool = False


def split_into_messages(
    lines: Iterable[str], piece_bytes: int, max_lines: int, max_bytes: int
) -> list[list[TextLine]]:
    """Split lines into messages.

    Args:
        piece_bytes: The limit of one line in UTF-8.
        max_lines: The limit of one message. With 1 each line becomes a message, and empty lines are dropped.
        max_bytes: The limit of one message, line ends included.
    """
    messages: list[list[TextLine]] = []
    lines_left = bytes_left = 0
    for line in lines:
        cut = [TextLine(text, place > 0) for place, text in enumerate(split_text(line, piece_bytes))]
        for piece in cut or [TextLine("")]:
            size = len(piece.text.encode()) + (not piece.is_concat)
            if lines_left < 1 or size > bytes_left:
                messages.append([])
                lines_left, bytes_left = max_lines, max_bytes + 1  # no line end before the first
                piece, size = TextLine(piece.text), len(piece.text.encode()) + 1
            messages[-1].append(piece)
            lines_left -= 1
            bytes_left -= size
    stripped = (_without_blank_ends(message) for message in messages)
    return [message for message in stripped if message]


def _without_blank_ends(message: list[TextLine]) -> list[TextLine]:
    """Drop empty lines at both ends; servers reject a message of empty lines only."""
    filled = [place for place, piece in enumerate(message) if piece.text]
    return message[filled[0] : filled[-1] + 1] if filled else []


def split_text(text: str, max_bytes: int) -> Iterator[str]:
    """Split a text into pieces that joined give the text again; after a space if the second half has one.

    Args:
        max_bytes: The limit of one piece in UTF-8; at least 4, so that every character fits.
    """
    while text:
        end = _end_of_piece(text, max_bytes)
        yield text[:end]
        text = text[end:]


def _end_of_piece(text: str, max_bytes: int) -> int:
    end = len(text[:max_bytes].encode()[:max_bytes].decode("utf-8", "ignore"))
    if end == len(text):
        return end
    space = text.rfind(" ", end // 2, end)
    return space + 1 if space >= 0 else _end_of_grapheme(text, end)


def _end_of_grapheme(text: str, end: int) -> int:
    """Move an end backwards so that no letter loses its accent and no emoji is split, if that is near."""
    for place in range(end, end // 2, -1):
        is_mark = unicodedata.category(text[place])[0] == "M"
        if not is_mark and _JOINER not in text[place - 1 : place + 1]:
            return place
    return end
