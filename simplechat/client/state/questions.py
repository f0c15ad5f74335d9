"""Questions to the user: each takes the next line as its answer, whatever it holds.

So a password is never sent to anybody by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class QueuedAction(NamedTuple):
    """Something to do after everything that was typed before."""

    run: Callable[[], None]


class UserQuestion(NamedTuple):
    """A question.

    Attributes:
        text: What the user reads.
        is_hidden: True if the answer must not be seen.
        on_answer: Takes the answer; returns the next question, what to do, or None.
    """

    text: str
    is_hidden: bool
    on_answer: Callable[[str], UserQuestion | QueuedAction | None]


class Questions:
    """The question that waits for an answer.

    Attributes:
        current: None if there is none.
    """

    def __init__(self) -> None:
        self.current: UserQuestion | None = None

    def ask(self, question: UserQuestion) -> None:
        """Ask a question."""
        self.current = question

    def answer(self, line: str) -> QueuedAction | None:
        """Answer the question; return what to do, or None where the next question follows."""
        question, self.current = self.current, None
        result = question.on_answer(line) if question is not None else None
        if isinstance(result, UserQuestion):
            self.current = result
            return None
        return result

    def cancel(self) -> bool:
        """Withdraw the question; return False if there is none."""
        question, self.current = self.current, None
        return question is not None
