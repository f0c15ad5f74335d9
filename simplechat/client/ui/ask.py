"""Asking at the terminal for what the command line did not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from simplechat.locale import gettext as _

T = TypeVar("T")


def ask(
    question: str,
    default: T,
    understand: Callable[[str], T],
    read: Callable[[str], str],
    tell: Callable[[str], object],
) -> T:
    """Ask until the answer is understood; Enter alone takes the default.

    Args:
        understand: Raises ValueError with a sentence for people.
        read: Shows a question and gives the line that was typed; its EOFError and KeyboardInterrupt rise.
    """
    while True:
        answer = typed(
            _("{question} [{default}]: ").format(question=question, default=default), read, tell
        ).strip()
        if not answer:
            return default
        try:
            return understand(answer)
        except ValueError as error:
            tell(str(error))


def typed(question: str, read: Callable[[str], str], tell: Callable[[str], object]) -> str:
    """Give what is typed; where something else ends it, what is told next begins a line of its own."""
    try:
        return read(question)
    except BaseException:
        tell("")
        raise
