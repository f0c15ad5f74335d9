"""What commands read from the text after their names, and how they refuse it."""

from __future__ import annotations


class WrongUsage(Exception):
    """A command was typed in another way than it is used; `dispatch` shows its usage."""


def require(text: str) -> str:
    """Return a text that must not be empty.

    Raises:
        WrongUsage: It is empty.
    """
    if not text:
        raise WrongUsage
    return text


def channel_name(word: str) -> str:
    """Return a channel's name with its #, which people leave out since shells take it for a comment."""
    return word if word.startswith("#") or not word else f"#{word}"
