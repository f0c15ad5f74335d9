"""What verbs have in common: where something is meant for, and what to tell who typed it otherwise."""

from __future__ import annotations

from typing import NoReturn

from simplechat.client.commands.table import usage, verb_of
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.state.session import Talk
from simplechat.locale import gettext as _


def room_of(talk: Talk) -> str:
    """Give the room that is talked in."""
    if talk.model.current is None:
        raise Unsayable(_("You are in no room: /join #ROOM"))
    return talk.model.current.name


def needed(word: str, text: str) -> str:
    """Give back what a verb needs, if it is there."""
    return text or misused(word)


def misused(word: str) -> NoReturn:
    """Tell how a verb is typed, which was typed otherwise."""
    verb = verb_of(word)
    assert verb is not None
    raise Unsayable(_("It is {usage}").format(usage=usage(verb)))
