"""Answers to the owner's commands, as lines for a terminal: harmless, whatever a text or a cell holds."""

from __future__ import annotations

from simplechat.locale import gettext
from simplechat.owner_answers import Answer, ErrorNotice, Notice, Properties, Question, Sentence, Table
from simplechat.terminal.sanitize import printable
from simplechat.terminal.tables import draw_table


def answer_sentence(answer: Sentence) -> str:
    """Return the sentence of an answer, in the language in use."""
    return printable(gettext(answer.text).format(**answer.fields))


def answer_lines(answer: Answer, width: int) -> list[str]:
    """Return an answer as lines of at most `width` columns; a sentence is one line, however long."""
    match answer:
        case Table(columns, rows):
            cells = [[str(cell) for cell in row] for row in rows]
            return draw_table([gettext(name) for name in columns], cells, width)
        case Properties(facts):
            pairs = [(gettext(name), str(fact)) for name, fact in facts.items()]
            return draw_table(("", ""), pairs, width)[2:]  # without the heading
        case Notice() | Question():
            return [answer_sentence(answer)]
        case ErrorNotice():
            return [f"! {answer_sentence(answer)}"]
        case _:
            return []
