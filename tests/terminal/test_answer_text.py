"""Answers of a server to its owner, as lines: whatever is in them, they are harmless."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.owner_answers import (
    Answer,
    ClearScreen,
    EndOfAnswer,
    ErrorNotice,
    Notice,
    Progress,
    Properties,
    Question,
    Table,
    decode_answer,
    encode_answer,
)
from simplechat.terminal.answer_text import answer_lines, answer_sentence

NASTY = "\x1b[2J\x07\n\u202e {0} {nick}"
SHOWN = "␛[2J␇␊\N{REPLACEMENT CHARACTER} {0} {nick}"


def lines(answer: Answer, width: int = 80) -> list[str]:
    """Return an answer as it is shown, after its way over the control socket."""
    return answer_lines(decode_answer(encode_answer(answer)), width)


class AnswerTests(SynchronousTestCase):
    def test_a_sentence_is_filled_in_once(self) -> None:
        self.assertEqual(lines(Notice("Nobody is {nick}", {"nick": NASTY})), [f"Nobody is {SHOWN}"])

    def test_what_was_not_done_is_marked(self) -> None:
        self.assertEqual(
            lines(ErrorNotice("There is no {verb}", {"verb": NASTY})), [f"! There is no {SHOWN}"]
        )

    def test_a_question_is_its_sentence(self) -> None:
        question = Question("Clear {room}?", {"room": NASTY}, "clear yes")

        self.assertEqual(answer_sentence(question), f"Clear {SHOWN}?")
        self.assertEqual(lines(question), [f"Clear {SHOWN}?"])

    def test_cells_and_facts_are_harmless(self) -> None:
        shown = [*lines(Table(("nick", "n"), [(NASTY, 5)])), *lines(Properties({"nick": NASTY, "n": 5}))]

        self.assertTrue(all(line.isprintable() for line in shown), shown)
        self.assertEqual(sum(SHOWN in line for line in shown), 2)

    def test_what_has_no_words_has_no_lines(self) -> None:
        self.assertEqual(
            [line for each in (ClearScreen(), EndOfAnswer(), Progress(1, 2)) for line in lines(each)], []
        )
