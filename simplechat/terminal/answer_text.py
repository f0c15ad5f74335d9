"""Answers of a server to its owner, as lines for a terminal.

An answer is an object as JSON has it; its "kind" tells what else is in it. Whatever a text or a cell holds,
the lines are harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simplechat.locale import gettext
from simplechat.terminal.sanitize import printable
from simplechat.terminal.tables import draw

Answer = Mapping[str, Any]


def sentence(answer: Answer) -> str:
    """Give the sentence of a "text", an "error" or an "ask", in the language in use."""
    return printable(gettext(answer["text"]).format(**answer["fields"]))


def lines_of(answer: Answer, width: int) -> list[str]:
    """Give an answer as lines of at most so many columns; a sentence is one line, however long."""
    match answer["kind"]:
        case "table":
            rows = [[str(cell) for cell in row] for row in answer["rows"]]
            return draw([gettext(name) for name in answer["columns"]], rows, width)
        case "facts":
            facts = [(gettext(name), str(fact)) for name, fact in answer["facts"].items()]
            return draw(("", ""), facts, width)[2:]  # without heads
        case "text" | "ask":
            return [sentence(answer)]
        case "error":
            return [f"! {sentence(answer)}"]
        case _:
            return []
