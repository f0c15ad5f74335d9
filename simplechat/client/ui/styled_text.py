"""Text with styles, which each user interface shows in its way: colours in a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple


class Style(Enum):
    """What a piece of text is, which decides how it looks."""

    PLAIN = auto()
    DIM = auto()  # what surrounds messages: times, notices, days
    STRONG = auto()  # our own nick, the prompt
    NICK = auto()  # of somebody else; each has a colour of its own
    MENTION = auto()  # the nick of somebody who calls us
    CONFIRMED = auto()  # the tick behind a message that is stored
    NEW = auto()  # the line above messages that were missed
    ERROR = auto()


class Span(NamedTuple):
    """A piece of one line, in one style."""

    text: str
    style: Style = Style.PLAIN


StyledLine = Sequence[Span]
