"""What commands read from the text after their names, and how they refuse it."""

from __future__ import annotations

from simplechat.client.protocol.connection import RequestError
from simplechat.client.state.session import ClientSession
from simplechat.locale import gettext as _


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


def current_channel(session: ClientSession) -> str:
    """Return the name of the channel in which the user talks.

    Raises:
        RequestError: There is none.
    """
    if session.model.current is None:
        raise RequestError(_("You are in no room: /join #ROOM"))
    return session.model.current.name


def channel_name(word: str) -> str:
    """Return a channel's name with its #, which people leave out since shells take it for a comment."""
    return word if word.startswith("#") or not word else f"#{word}"
