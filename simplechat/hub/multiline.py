"""Texts of several lines: how they are kept, with the places at which their author cut them.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

NEW_LINE = "\n"
CUT = "\r"  # neither of the two can be in a line


class Line(NamedTuple):
    """One line of a message.

    Attributes:
        goes_on: True where it is joined to the line before it without a line feed.
    """

    text: str
    goes_on: bool = False


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
    lines: list[Line] = field(default_factory=list)
    is_broken: bool = False


def join_lines(lines: Iterable[Line]) -> str:
    """Write lines as one text."""
    return "".join((CUT if line.goes_on else NEW_LINE) + line.text for line in lines)[1:]


def split_lines(text: str) -> list[Line]:
    """Give the lines of a text; one without a line end has one."""
    if NEW_LINE not in text and CUT not in text:
        return [Line(text)]
    return [
        Line(piece, goes_on=place > 0)
        for whole in text.split(NEW_LINE)
        for place, piece in enumerate(whole.split(CUT))
    ]


def count_lines(text: str) -> int:
    """Tell how many lines a text has."""
    return 1 + text.count(NEW_LINE) + text.count(CUT)


def size_of(lines: Iterable[Line]) -> int:
    """Tell how many bytes lines have together, the line feeds between them included."""
    return sum(len(line.text.encode()) + (not line.goes_on) for line in lines) - 1


def as_people_read_it(text: str) -> str:
    """Give a text with the author's cuts undone."""
    return text.replace(CUT, "")
