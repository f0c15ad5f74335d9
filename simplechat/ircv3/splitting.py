"""A long text in pieces that fit a line each, and a text of several lines in as few messages as may be.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_JOINER = "\N{ZERO WIDTH JOINER}"


class TextLine(NamedTuple):
    """One line of a message.

    Attributes:
        is_concat: True where it is joined to the one before it without a line end.
    """

    text: str
    is_concat: bool = False


def split_into_messages(
    lines: Iterable[str], piece_bytes: int, most_lines: int, most_bytes: int
) -> list[list[TextLine]]:
    """Put lines into messages.

    Args:
        piece_bytes: Of one piece in UTF-8.
        most_lines: Of one message; with 1, each line is a message of its own, and an empty one is none.
        most_bytes: Of one message, line ends included.
    """
    messages: list[list[TextLine]] = []
    room_lines = room_bytes = 0
    for line in lines:
        cut = [TextLine(text, place > 0) for place, text in enumerate(split_text(line, piece_bytes))]
        for piece in cut or [TextLine("")]:
            size = len(piece.text.encode()) + (not piece.is_concat)
            if room_lines < 1 or size > room_bytes:
                messages.append([])
                room_lines, room_bytes = most_lines, most_bytes + 1  # no line end before the first
                piece, size = TextLine(piece.text), len(piece.text.encode()) + 1
            messages[-1].append(piece)
            room_lines -= 1
            room_bytes -= size
    stripped = (_without_blank_ends(message) for message in messages)
    return [message for message in stripped if message]


def _without_blank_ends(message: list[TextLine]) -> list[TextLine]:
    """Leave out the empty lines before and behind everything; servers take no message of empty lines only."""
    filled = [place for place, piece in enumerate(message) if piece.text]
    return message[filled[0] : filled[-1] + 1] if filled else []


def split_text(text: str, most_bytes: int) -> Iterator[str]:
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
