"""Questions at the terminal before the user interface starts: for what the command line did not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from simplechat.locale import gettext as _

T = TypeVar("T")


def ask_until_valid(
    question: str,
    default: T,
    parse: Callable[[str], T],
    read: Callable[[str], str],
    show: Callable[[str], object],
) -> T:
    """Return the parsed answer to a question, which is asked until it is valid; Enter takes the default.

    Args:
        parse: Raises ValueError, with a sentence for people, for an answer that is not valid.
        read: Shows a question and returns the line that was typed; may raise EOFError or KeyboardInterrupt.
        show: Shows a line.
    """
    while True:
        prompt = _("{question} [{default}]: ").format(question=question, default=default)
        answer = read_answer(prompt, read, show).strip()
        if not answer:
            return default
        try:
            return parse(answer)
        except ValueError as error:
            show(str(error))


def read_answer(question: str, read: Callable[[str], str], show: Callable[[str], object]) -> str:
    """Return what is typed; where `read` raises, end the line of the question first."""
    try:
        return read(question)
    except BaseException:
        show("")
        raise
