"""Questions to whoever types: each takes the next line as its answer, whatever stands in it.

So a password is never said to anybody by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class QueuedAction(NamedTuple):
    """Something to be done in its turn, after what was typed before."""

    do: Callable[[], None]


class UserQuestion(NamedTuple):
    """A question.

    Attributes:
        words: What is asked.
        is_hidden: True where the answer must not be seen.
        answered: Takes the answer; gives the next question, or what is to be done, or nothing.
    """

    words: str
    is_hidden: bool
    answered: Callable[[str], UserQuestion | QueuedAction | None]


class Questions:
    """The question that is asked now, if there is one."""

    def __init__(self) -> None:
        self._query: UserQuestion | None = None

    @property
    def query(self) -> UserQuestion | None:
        """The question."""
        return self._query

    def begin(self, query: UserQuestion) -> None:
        """Ask something."""
        self._query = query

    def take(self, line: str) -> QueuedAction | None:
        """Take an answer; give what is to be done if nothing more is asked."""
        query, self._query = self._query, None
        after = query.answered(line) if query is not None else None
        if isinstance(after, UserQuestion):
            self._query = after
            return None
        return after

    def drop(self) -> bool:
        """Ask no more; False where nothing was asked."""
        query, self._query = self._query, None
        return query is not None
