"""Commands that send messages, and those about a message: answer it, react to it, delete it.

Such a message is named by the number that /history and /search show, or by the nick of its sender, which
means their last one; where neither is given, the last message is meant.
"""

from __future__ import annotations

from simplechat.client.commands.table import WrongUsage, client_command, require
from simplechat.client.protocol.connection import RequestError
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.state.session import ClientSession
from simplechat.locale import gettext as _
from simplechat.locale import marked

MAX_EMOJI = 40  # characters


@client_command("/msg", marked("NICK TEXT"), marked("send a message to one person"), takes_lines=True)
def msg(session: ClientSession, rest: str) -> None:
    """Send a direct message."""
    target, _space, text = rest.partition(" ")
    session.requests.send_text(target, require(text))


@client_command("/me", marked("TEXT"), marked("say what you do"), takes_lines=True)
def me(session: ClientSession, text: str) -> None:
    """Send an action to the current channel."""
    session.requests.send_action(session.current_channel(), require(text))


@client_command(
    "/reply",
    marked("[NICK|N] TEXT"),
    marked("answer the last message, or somebody's, or number N"),
    marked("/history and /search show the numbers; the number of a message stays the same."),
    marked("The first word counts as a nick only if somebody with that nick has said something."),
    takes_lines=True,
)
def reply(session: ClientSession, rest: str) -> None:
    """Answer a message."""
    message, text = _find_message(session, require(rest), is_own=False)
    if not session.server.has_tags:
        raise RequestError(_("This server does not support replies; just say it"))
    session.requests.send_text(message.conversation, require(text), message.msgid)


@client_command(
    "/react",
    marked("[NICK|N] EMOJI"),
    marked("react to the last message, or somebody's, or number N"),
    marked("Any short word will do: /react +1"),
)
def react(session: ClientSession, rest: str) -> None:
    """React to a message."""
    message, emoji = _parse_reaction(session, rest)
    session.requests.react(message.conversation, message.msgid, emoji)


@client_command("/unreact", marked("[NICK|N] EMOJI"), marked("take a reaction back"))
def unreact(session: ClientSession, rest: str) -> None:
    """Take a reaction back."""
    message, emoji = _parse_reaction(session, rest)
    session.requests.unreact(message.conversation, message.msgid, emoji)


@client_command(
    "/delete",
    marked("[N]"),
    marked("delete your last message, or number N"),
    marked("You can delete your own for as long as the server allows; a room's operators, anybody's."),
)
def delete(session: ClientSession, rest: str) -> None:
    """Delete a message."""
    message, more = _find_message(session, rest, is_own=True)
    if more:
        raise WrongUsage
    if not session.server.has_redaction:
        raise RequestError(_("This server cannot delete messages"))
    session.requests.delete_message(message.conversation, message.msgid)


def _parse_reaction(session: ClientSession, rest: str) -> tuple[MessageReceived, str]:
    """Return the message that is meant, and the reaction."""
    message, emoji = _find_message(session, require(rest), is_own=False)
    if not session.server.has_tags:
        raise RequestError(_("This server does not support reactions"))
    if not emoji or " " in emoji or len(emoji) > MAX_EMOJI:
        raise WrongUsage
    return message, emoji


def _find_message(session: ClientSession, rest: str, *, is_own: bool) -> tuple[MessageReceived, str]:
    """Return the message that the first word names, and the text after it.

    Args:
        is_own: Whether our own last message is meant where none is named, or the last of others.
    """
    word, _space, more = rest.partition(" ")
    if word.isascii() and word.isdecimal():
        return _numbered_message(session, int(word[:9])), more.strip(" ")
    channel = session.model.current.name if session.model.current else ""
    message = session.model.messages.last_by(word.rstrip(":,"), channel) if word else None
    if message is not None:
        return message, more.strip(" ")
    message = session.model.messages.last_in(session.current_channel(), is_own=is_own)
    if message is None:
        raise RequestError(
            _("There are no recent messages here; /history shows earlier ones with their numbers")
        )
    return message, rest


def _numbered_message(session: ClientSession, number: int) -> MessageReceived:
    message = session.model.messages.by_number(number)
    if message is None:
        reason = _("There is no message {number}; /history shows messages with their numbers")
        raise RequestError(reason.format(number=number))
    if session.model.messages.is_deleted(message.msgid):
        raise RequestError(_("That message was deleted"))
    return message
