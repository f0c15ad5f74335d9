"""Answers of a server to its owner, as lines: whatever is in them, they are harmless."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.owner_answers import (
    Answer,
    ClearScreen,
    EndOfAnswer,
    ErrorNotice,
    Notice,
    Progress,
    Properties,
    Question,
    Table,
    encode_answer,
)
from simplechat.terminal.answer_text import lines_of, sentence

NASTY = "\x1b[2J\x07\n\u202e {0} {nick}"
SHOWN = "␛[2J␇␊\N{REPLACEMENT CHARACTER} {0} {nick}"


def lines(answer: Answer, width: int = 80) -> list[str]:
    """Give an answer as it is shown, after its way over the wire."""
    return lines_of(json.loads(encode_answer(answer)), width)


class AnswerTests(SynchronousTestCase):
    def test_a_sentence_is_filled_in_once(self) -> None:
        self.assertEqual(lines(Notice("Nobody is {nick}", {"nick": NASTY})), [f"Nobody is {SHOWN}"])

    def test_what_was_not_done_is_marked(self) -> None:
        self.assertEqual(
            lines(ErrorNotice("There is no {verb}", {"verb": NASTY})), [f"! There is no {SHOWN}"]
        )

    def test_a_question_is_its_sentence(self) -> None:
        asked = json.loads(encode_answer(Question("Clear {room}?", {"room": NASTY}, "clear yes")))

        self.assertEqual(sentence(asked), f"Clear {SHOWN}?")
        self.assertEqual(lines_of(asked, 80), [sentence(asked)])

    def test_cells_and_facts_are_harmless(self) -> None:
        shown = [*lines(Table(("nick", "n"), [(NASTY, 5)])), *lines(Properties({"nick": NASTY, "n": 5}))]

        self.assertTrue(all(line.isprintable() for line in shown), shown)
        self.assertEqual(sum(SHOWN in line for line in shown), 2)

    def test_what_has_no_words_has_no_lines(self) -> None:
        self.assertEqual(
            [line for each in (ClearScreen(), EndOfAnswer(), Progress(1, 2)) for line in lines(each)], []
        )

    def test_each_answer_is_one_line_on_the_wire(self) -> None:
        for answer in (Notice("{x}", {"x": NASTY}), Table((NASTY,), [(NASTY,)]), Properties({NASTY: NASTY})):
            self.assertEqual(encode_answer(answer).count(b"\n"), 1)
            self.assertTrue(encode_answer(answer).isascii())
