"""The verbs that keep a connection alive, or end it."""

from __future__ import annotations

from simplechat.commands.context import Context, signed
from simplechat.commands.events import keep_presence, stamp_tags, tell_watchers
from simplechat.commands.table import ANYONE, command
from simplechat.hub.errors import Refused
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, fitted
from simplechat.ircv3.numerics import ERR_NOORIGIN, RPL_MONOFFLINE


@command("PING", needs=ANYONE)
def ping(ctx: Context, token: str = "") -> None:
    """Send a word back, once everything that was sent before it is stored or refused.

    Spec: https://modern.ircdocs.horse/#ping-message
    """
    if not token:
        raise Refused(ERR_NOORIGIN)
    ctx.answer("PONG", ctx.hub.config.server_name, token)


@command("PONG", needs=ANYONE)
def pong(ctx: Context) -> None:
    """Answer a PING of the server's.

    Spec: https://modern.ircdocs.horse/#pong-message
    """


@command("QUIT", needs=ANYONE)
def quit_(ctx: Context, reason: str = "") -> None:
    """Leave.

    Spec: https://modern.ircdocs.horse/#quit-message
    """
    leave(ctx.hub, ctx.entry, ctx.session, f"Quit: {reason}" if reason else "Quit")


def leave(hub: Hub, entry: Entry, session: Session, reason: str) -> None:
    """End a session, and its user's stay; others who share a channel are told why."""
    session.is_leaving = True
    hub.disconnect(session)
    if session.user is not None:
        _depart(hub, entry, session.user, reason)
    entry.send(Message("ERROR", (f"Closing link: {reason}",)), (session,))
    entry.afterwards(session.end)


def everybody_leaves(hub: Hub, reason: str) -> Entry:
    """End every session at once; nobody is told of the others."""
    entry = Entry(None, "QUIT")
    sessions = tuple(hub.sessions)
    for user in tuple(hub.users.values()):
        channels = tuple(user.channels.values())
        if channels:
            keep_presence(entry, user, "QUIT", hub.stamp(*channels), channels, reason)
        hub.depart(user)
    for session in sessions:
        session.is_leaving = True
        hub.disconnect(session)
        entry.afterwards(session.end)
    entry.send(Message("ERROR", (f"Closing link: {reason}",)), sessions)
    return entry


def _depart(hub: Hub, entry: Entry, user: User, reason: str) -> None:
    channels = tuple(user.channels.values())
    if channels:
        number = hub.stamp(*channels)
        others = tuple(each for each in user.listeners_around() if each not in user.sessions)
        message = fitted(Message("QUIT", (reason,), user.source, stamp_tags(number)))
        entry.relay(signed(message, user), others)
        keep_presence(entry, user, "QUIT", number, channels, message.params[0])
    hub.depart(user)
    tell_watchers(hub, entry, RPL_MONOFFLINE, user.nick, user.nick)
