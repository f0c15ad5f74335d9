"""The verbs about something that was said: answer it, react to it, delete it.

It is named by the number that /history and /search show, or by the nick of who said it last; where it is not
named, the last one is meant.
"""

from __future__ import annotations

from simplechat.client.commands.arguments import misused, needed, room_of
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.protocol.message_events import Said
from simplechat.client.state.session import Talk
from simplechat.locale import gettext as _

LONGEST_EMOJI = 40  # characters


def reply(talk: Talk, rest: str) -> None:
    """Answer something."""
    said, text = _meant(talk, needed("/reply", rest), is_own=False)
    if not talk.core.has_tags:
        raise Unsayable(_("This server does not know what answers what; just say it"))
    talk.core.say(said.address, needed("/reply", text), said.msgid)


def react(talk: Talk, rest: str) -> None:
    """React to something."""
    said, emoji = _reaction(talk, "/react", rest)
    talk.core.react(said.address, said.msgid, emoji)


def unreact(talk: Talk, rest: str) -> None:
    """Take a reaction back."""
    said, emoji = _reaction(talk, "/unreact", rest)
    talk.core.react(said.address, said.msgid, emoji, is_meant=False)


def _reaction(talk: Talk, verb: str, rest: str) -> tuple[Said, str]:
    """Give the message that is meant, and the reaction."""
    said, emoji = _meant(talk, needed(verb, rest), is_own=False)
    if not talk.core.has_tags:
        raise Unsayable(_("This server knows no reactions"))
    if not emoji or " " in emoji or len(emoji) > LONGEST_EMOJI:
        misused(verb)
    return said, emoji


def delete(talk: Talk, rest: str) -> None:
    """Delete something."""
    said, more = _meant(talk, rest, is_own=True)
    if more:
        misused("/delete")
    if not talk.core.has_redaction:
        raise Unsayable(_("This server deletes nothing"))
    talk.core.delete(said.address, said.msgid)


def _meant(talk: Talk, rest: str, *, is_own: bool) -> tuple[Said, str]:
    """Give the message that is meant, and what was typed behind its name."""
    word, _space, more = rest.partition(" ")
    if word.isascii() and word.isdecimal():
        return _numbered(talk, int(word[:9])), more.strip(" ")
    room = talk.model.current.name if talk.model.current else ""
    said = talk.model.recent.last_of(word.rstrip(":,"), room) if word else None
    if said is not None:
        return said, more.strip(" ")
    said = talk.model.recent.last_in(room_of(talk), is_own=is_own)
    if said is None:
        raise Unsayable(_("Nothing was said here of late; /history shows what was said before, with numbers"))
    return said, rest


def _numbered(talk: Talk, number: int) -> Said:
    said = talk.model.recent.of_number(number)
    if said is None:
        told = _("There is no message {number}; /history shows messages with their numbers")
        raise Unsayable(told.format(number=number))
    if talk.model.recent.is_deleted(said.msgid):
        raise Unsayable(_("That message was deleted"))
    return said
