"""The verbs that keep a connection alive, or end it."""

from __future__ import annotations

from collections.abc import Iterator

from simplechat.commands.framework.context import Context, signed
from simplechat.commands.framework.events import keep_presence, stamp_tags, tell_away, tell_watchers
from simplechat.commands.framework.table import ANYONE, command
from simplechat.hub.errors import Refused
from simplechat.hub.hub import Hub
from simplechat.hub.linger import lapsed, may_stay, stay, wants_to_stay
from simplechat.hub.outbox import Entry
from simplechat.hub.server_bans import OVER
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, fit_to_line
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
    words, user = f"Quit: {reason}" if reason else "Quit", ctx.session.user
    if user is not None:
        ctx.send(fit_to_line(Message("QUIT", (words,), user.source)), (ctx.session,))
    if user is not None and wants_to_stay(ctx.hub, user):
        lose(ctx.hub, ctx.entry, ctx.session, words)
    else:
        leave(ctx.hub, ctx.entry, ctx.session, words)


def leave(hub: Hub, entry: Entry, session: Session, reason: str) -> None:
    """End a session, and with the last one its user's stay; others who share a channel are told why."""
    user = session.user
    session.is_leaving = True
    hub.disconnect(session)
    if user is not None and not user.sessions:
        depart(hub, entry, user, reason)
    _close(entry, session, reason)


def lose(hub: Hub, entry: Entry, session: Session, reason: str) -> None:
    """End a session whose connection broke; a user with an account is shown away from now on, for a while."""
    user = session.user
    if user is None or user.sessions != (session,) or not may_stay(hub, user):
        leave(hub, entry, session, reason)
        return
    before = user.away
    session.is_leaving = True
    hub.disconnect(session)
    stay(hub, user)
    tell_away(hub, entry, user, before)
    _close(entry, session, reason)


def _close(entry: Entry, session: Session, reason: str) -> None:
    entry.send(Message("ERROR", (f"Closing link: {reason}",)), (session,))
    entry.afterwards(session.end)


def expel(hub: Hub, entry: Entry, user: User, reason: str) -> None:
    """End every session of a user, and the stay."""
    for session in user.sessions:
        leave(hub, entry, session, reason)
    if hub.users.get(user.folded) is user:
        depart(hub, entry, user, reason)


def lapses(hub: Hub) -> Iterator[Entry]:
    """End what was for a while: the stays of those who were expected back, bans and mutes."""
    gone = lapsed(hub)
    if gone:
        entry = Entry(None, "QUIT")
        for user in gone:
            depart(hub, entry, user, "Connection lost")
        yield entry
    expired = hub.bans.expired(hub.now())
    if expired:
        entry = Entry()
        for row in expired:
            hub.bans.put(row._replace(until=OVER))
            entry.keep(row._replace(until=OVER))
        yield entry


def everybody_leaves(hub: Hub, reason: str) -> Entry:
    """End every session at once; nobody is told of the others. Those with an account are expected back."""
    entry = Entry(None, "QUIT")
    sessions = tuple(hub.sessions)
    for user in tuple(hub.users.values()):
        if may_stay(hub, user):
            stay(hub, user)
            continue
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


def depart(hub: Hub, entry: Entry, user: User, reason: str) -> None:
    """End a user's stay; others who share a channel are told why."""
    channels = tuple(user.channels.values())
    if channels:
        number = hub.stamp(*channels)
        others = tuple(each for each in user.listeners_around() if each not in user.sessions)
        message = fit_to_line(Message("QUIT", (reason,), user.source, stamp_tags(number)))
        entry.relay(signed(message, user), others)
        keep_presence(entry, user, "QUIT", number, channels, message.params[0])
    hub.depart(user)
    tell_watchers(hub, entry, RPL_MONOFFLINE, user.nick, user.nick)
