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


class Facts(NamedTuple):
    """What is known of one thing, by name."""

    facts: Mapping[str, Cell]


class Told(NamedTuple):
    """A sentence."""

    text: str
    fields: Mapping[str, Cell]


class Wrong(NamedTuple):
    """A sentence that tells why something was not done."""

    text: str
    fields: Mapping[str, Cell]


class Asked(NamedTuple):
    """A question, and the line that says yes to it."""

    text: str
    fields: Mapping[str, Cell]
    again: str


class Progress(NamedTuple):
    """How far something has come."""

    done: int
    all: int


class Cleared(NamedTuple):
    """The screen is to be cleared."""


class Python(NamedTuple):
    """What is typed from now on is Python, until it is left."""


class End(NamedTuple):
    """Nothing more is answered to this line."""


Answer = Table | Facts | Told | Wrong | Asked | Progress | Cleared | Python | End

_KINDS: Mapping[type[Answer], str] = {
    Table: "table",
    Facts: "facts",
    Told: "text",
    Wrong: "error",
    Asked: "ask",
    Progress: "progress",
    Cleared: "clear",
    Python: "python",
    End: "end",
}


def encode_answer(answer: Answer) -> bytes:
    """Write an answer as one line, LF included."""
    return json.dumps({"kind": _KINDS[type(answer)], **answer._asdict()}).encode() + b"\n"
