"""Texts of several lines: how they are kept, with the places at which their author cut them.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simplechat.ircv3.splitting import TextLine

LINE_FEED = "\n"
CONCAT_MARK = "\r"  # neither of the two can be in a line


@dataclass(slots=True, eq=False)
class ClientBatch:
    """A batch that a session has opened.

    Attributes:
        reference: Its name.
        target: Whom it is for, as it was written.
        tags: The client's own tags, for the whole message.
        label: What the answer is to be labelled with, "" for nothing.
        opened: When, seconds since 1970.
        command: The verb of its lines, "" before the first one.
        lines: What was gathered.
        is_broken: True once it was answered that it will not be taken; the rest of it is ignored.
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
    """Write lines as one text."""
    return "".join((CONCAT_MARK if line.is_concat else LINE_FEED) + line.text for line in lines)[1:]


def split_lines(text: str) -> list[TextLine]:
    """Give the lines of a text; one without a line end has one."""
    if LINE_FEED not in text and CONCAT_MARK not in text:
        return [TextLine(text)]
    return [
        TextLine(piece, is_concat=place > 0)
        for whole in text.split(LINE_FEED)
        for place, piece in enumerate(whole.split(CONCAT_MARK))
    ]


def count_lines(text: str) -> int:
    """Tell how many lines a text has."""
    return 1 + text.count(LINE_FEED) + text.count(CONCAT_MARK)


def count_bytes(lines: Iterable[TextLine]) -> int:
    """Tell how many bytes lines have together, the line feeds between them included."""
    return sum(len(line.text.encode()) + (not line.is_concat) for line in lines) - 1


def remove_concat_marks(text: str) -> str:
    """Give a text with the author's cuts undone."""
    return text.replace(CONCAT_MARK, "")
