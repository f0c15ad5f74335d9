"""Multiline texts: their stored form, which remembers where the author's client split a line.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simplechat.ircv3.splitting import TextLine

LINE_FEED = "\n"
CONCAT_MARK = "\r"  # before a line that continues the one before; a line contains neither character


@dataclass(slots=True, eq=False)
class ClientBatch:
    """A multiline batch that a session has opened.

    Attributes:
        reference: Its reference tag.
        target: The target as the client wrote it.
        tags: The client-only tags of the whole message.
        label: The label of the response; "" for none.
        opened: Seconds since 1970.
        command: The command of its lines; "" before the first one.
        lines: The lines so far.
        is_broken: True once it was refused with FAIL; the rest of it is ignored.
    """

    reference: str
    target: str
    tags: dict[str, str]
    label: str
    opened: float
    command: str = ""
    lines: list[TextLine] = field(default_factory=list)
    is_broken: bool = False


def join_lines(lines: Iterable[TextLine]) -> str:
    """Join lines to their stored text."""
    return "".join((CONCAT_MARK if line.is_concat else LINE_FEED) + line.text for line in lines)[1:]


def split_lines(text: str) -> list[TextLine]:
    """Split a stored text into its lines."""
    if LINE_FEED not in text and CONCAT_MARK not in text:
        return [TextLine(text)]
    return [
        TextLine(piece, is_concat=place > 0)
        for whole in text.split(LINE_FEED)
        for place, piece in enumerate(whole.split(CONCAT_MARK))
    ]


def count_lines(text: str) -> int:
    """Count the lines of a stored text."""
    return 1 + text.count(LINE_FEED) + text.count(CONCAT_MARK)


def count_bytes(lines: Iterable[TextLine]) -> int:
    """Count the bytes of lines, including the line feeds between them."""
    return sum(len(line.text.encode()) + (not line.is_concat) for line in lines) - 1


def remove_concat_marks(text: str) -> str:
    """Return a stored text as people read it, with split lines joined."""
    return text.replace(CONCAT_MARK, "")
