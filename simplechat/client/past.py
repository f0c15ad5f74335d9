"""Questions about what was said before: one at a time, each with its answer.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from simplechat.client.batches import PAST, Batch
from simplechat.client.events import Event, Paged, Places, Said
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message

MOST_ROWS = 1000  # of one answer
TARGETS = "draft/chathistory-targets"
SEARCHES = ("search", "soju.im/search")
END = "draft/chathistory-end"
MISSED, CONTEXT = "missed", "context"  # what is fetched unasked
RECALLED, SEARCHED = "recalled", "searched"  # what people asked for


class Question(NamedTuple):
    """One question.

    Attributes:
        message: What is asked.
        kinds: Of the batch that answers.
        purpose: What it is asked for.
        target: Where; "" for everywhere.
    """

    message: Message
    kinds: tuple[str, ...]
    purpose: str = ""
    target: str = ""


def page_of(target: str, purpose: str, verb: str, place: str, limit: int) -> Question:
    """Ask for a page of a room or a conversation.

    Args:
        verb: LATEST, BEFORE or AFTER.
        place: A selector, or "*".
    """
    message = Message("CHATHISTORY", (verb, target, place, str(limit)))
    return Question(message, (PAST,), purpose, target)


def places_between(start: str, stop: str, limit: int) -> Question:
    """Ask where something was said between two selectors; where the first is the later one, newest first."""
    return Question(Message("CHATHISTORY", ("TARGETS", start, stop, str(limit))), (TARGETS,))


class Past:
    """The questions that are asked and answered."""

    def __init__(self) -> None:
        self._questions: deque[Question] = deque()
        self._is_asked = False
        self._batch: Batch | None = None
        self._said: list[Said] = []
        self._targets: list[str] = []

    def __len__(self) -> int:
        return len(self._questions)

    def ask(self, question: Question) -> None:
        """Ask something, after what was asked before is answered."""
        self._questions.append(question)

    def to_send(self) -> Message | None:
        """Give the question that is to be sent now."""
        if self._is_asked or not self._questions:
            return None
        self._is_asked = True
        return self._questions[0].message

    # -- answers ---------------------------------------------------------------------------------------

    def opened(self, batch: Batch) -> None:
        """Take note of a batch: it may be the answer."""
        if self._is_asked and self._batch is None and self._is_answer(batch, self._questions[0]):
            self._batch = batch
            self._said, self._targets = [], []

    def _is_answer(self, batch: Batch, question: Question) -> bool:
        is_there = not question.target or fold((*batch.params, "")[0]) == fold(question.target)
        return batch.kind in question.kinds and (is_there or batch.kind != PAST)

    def is_in_answer(self, batch: Batch | None) -> bool:
        """Tell whether what stands in a batch belongs to the answer."""
        while batch is not None and batch is not self._batch:
            batch = batch.outer
        return batch is not None

    def said(self, said: Said) -> None:
        """Take a message of the answer."""
        if len(self._said) < MOST_ROWS:
            self._said.append(said)

    def place(self, message: Message) -> None:
        """Take a line that names where something was said."""
        if len(self._targets) < MOST_ROWS and len(message.params) > 1:
            self._targets.append(message.params[1])

    def closed(self, batch: Batch) -> Event | None:
        """Take note that a batch is whole; give the answer if it was one."""
        if batch is not self._batch:
            return None
        question = self._answered()
        if question.kinds == (TARGETS,):
            return Places(tuple(self._targets))
        is_end = END in batch.tags or not self._said
        return Paged(question.purpose, question.target, tuple(self._said), is_end)

    def failed(self, command: str, trouble: str) -> Event | None:
        """Take note that a command was refused; give what that means if it was the question."""
        if not self._is_asked or self._questions[0].message.command != command:
            return None
        question = self._answered()
        if question.kinds == (TARGETS,):
            return Places(())
        return Paged(question.purpose, question.target, trouble=trouble)

    def _answered(self) -> Question:
        self._is_asked, self._batch = False, None
        return self._questions.popleft()
