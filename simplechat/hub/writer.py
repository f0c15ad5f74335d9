"""What the hub needs of a transport, and placeholders in the output of a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simplechat.owner_answers import Answer


class Writer(Protocol):
    """What a session needs of its transport."""

    def send(self, lines: list[bytes]) -> None:
        """Write lines in order, after everything sent before."""
        ...

    def close(self) -> None:
        """Close the connection once everything was written."""
        ...

    def abort(self) -> None:
        """Close the connection now."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Resume reading."""
        ...


class AnswerWriter(Protocol):
    """The part of an owner's prompt that takes the answers to its lines."""

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Show answers, in order, behind all that were sent before."""
        ...


class OwnerWriter(Writer, AnswerWriter, Protocol):
    """The transport of an owner's prompt."""


class Placeholder:
    """A place in a session's output for lines that are still being read from the store.

    Attributes:
        lines: None until they are there; the output behind them waits.
    """

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[bytes] | None = None
