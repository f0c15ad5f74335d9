"""The answers to the owner's commands: values that a prompt draws and a program reads.

Within the process they travel as they are; on the control socket each is one line, a JSON object whose "kind"
names its class. Texts and the names of columns and properties are in English, texts with {fields} to fill
in; whatever shows them translates them first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Cell = str | int


class Table(NamedTuple):
    """Rows under named columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Properties(NamedTuple):
    """Facts about one thing, by name."""

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
    """A question whether to go on.

    Attributes:
        again: The line that says yes.
    """

    text: str
    fields: Mapping[str, Cell]
    again: str


class Progress(NamedTuple):
    """How much of a long command is done."""

    done: int
    all: int


class ClearScreen(NamedTuple):
    """An order to clear the screen."""


class StartPython(NamedTuple):
    """An order to take further input as Python, until that is left."""


class EndOfAnswer(NamedTuple):
    """The end of the answers to one line."""


Sentence = Notice | ErrorNotice | Question
Answer = Sentence | Table | Properties | Progress | ClearScreen | StartPython | EndOfAnswer

_CLASSES: Mapping[str, type[Answer]] = {
    "table": Table,
    "facts": Properties,
    "text": Notice,
    "error": ErrorNotice,
    "ask": Question,
    "progress": Progress,
    "clear": ClearScreen,
    "python": StartPython,
    "end": EndOfAnswer,
}
_KINDS = {class_: kind for kind, class_ in _CLASSES.items()}
_JSON_TYPES = {"columns": list, "rows": list, "facts": dict, "fields": dict, "text": str, "again": str}


def encode_answer(answer: Answer) -> bytes:
    """Return an answer as one line of JSON, LF included."""
    return json.dumps({"kind": _KINDS[type(answer)], **answer._asdict()}).encode() + b"\n"


def decode_answer(line: bytes) -> Answer:
    """Parse a line that `encode_answer` has written.

    Raises:
        ValueError: It is none.
    """
    try:
        values: dict[str, Any] = json.loads(line)
        answer = _CLASSES[values.pop("kind")](**values)
    except (TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ValueError("not an answer to the owner") from error
    for name, value in values.items():
        if not isinstance(value, _JSON_TYPES.get(name, int)):
            raise ValueError(f"{name} has another type")
    return answer
