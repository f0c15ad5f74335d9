"""What the owner's verbs answer: values that a prompt can draw and a program can read.

On the wire to a prompt each is one line, a JSON object whose "kind" tells which it is. Texts and the names of
columns and facts are English, texts with {fields} to fill in; whoever shows them looks them up first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Cell = str | int


class Table(NamedTuple):
    """Rows under names of columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Properties(NamedTuple):
    """What is known of one thing, by name."""

    facts: Mapping[str, Cell]


class Notice(NamedTuple):
    """A sentence."""

    text: str
    fields: Mapping[str, Cell]


class ErrorNotice(NamedTuple):
    """A sentence that tells why something was not done."""

    text: str
    fields: Mapping[str, Cell]


class Question(NamedTuple):
    """A question, and the line that says yes to it."""

    text: str
    fields: Mapping[str, Cell]
    again: str


class Progress(NamedTuple):
    """How far something has come."""

    done: int
    all: int


class ClearScreen(NamedTuple):
    """The screen is to be cleared."""


class StartPython(NamedTuple):
    """What is typed from now on is Python, until it is left."""


class EndOfAnswer(NamedTuple):
    """Nothing more is answered to this line."""


Answer = (
    Table | Properties | Notice | ErrorNotice | Question | Progress | ClearScreen | StartPython | EndOfAnswer
)

_KINDS: Mapping[type[Answer], str] = {
    Table: "table",
    Properties: "facts",
    Notice: "text",
    ErrorNotice: "error",
    Question: "ask",
    Progress: "progress",
    ClearScreen: "clear",
    StartPython: "python",
    EndOfAnswer: "end",
}


def encode_answer(answer: Answer) -> bytes:
    """Write an answer as one line, LF included."""
    return json.dumps({"kind": _KINDS[type(answer)], **answer._asdict()}).encode() + b"\n"
