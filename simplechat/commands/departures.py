"""The end of sessions and of users: what the hub forgets, and who is told."""

from __future__ import annotations

from collections.abc import Iterator

from simplechat.commands.framework.context import with_account_tags
from simplechat.commands.framework.notifications import notify_away, notify_monitors
from simplechat.commands.log.log_rows import keep_presence
from simplechat.hub.channel import channels_of
from simplechat.hub.hub import Hub
from simplechat.hub.ids import event_tags
from simplechat.hub.linger import expired_users, may_linger, start_lingering
from simplechat.hub.outbox import Entry
from simplechat.hub.server_bans import LIFTED
from simplechat.hub.user import Session, User
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.numerics import RPL_MONOFFLINE


def end_session(hub: Hub, entry: Entry, session: Session, reason: str) -> None:
    """End a session, and with a user's last session the user's presence."""
    user = session.user
    session.is_leaving = True
    hub.disconnect(session)
    if user is not None and not user.sessions:
        remove_user(hub, entry, user, reason)
    _close(entry, session, reason)


def end_lost_session(hub: Hub, entry: Entry, session: Session, reason: str) -> None:
    """End a session whose connection broke; a user with an account stays for a while, shown as away."""
    user = session.user
    if user is None or user.sessions != (session,) or not may_linger(hub, user):
        end_session(hub, entry, session, reason)
        return
    before = user.away
    session.is_leaving = True
    hub.disconnect(session)
    start_lingering(hub, user)
    notify_away(hub, entry, user, before)
    _close(entry, session, reason)


def _close(entry: Entry, session: Session, reason: str) -> None:
    entry.send(Message("ERROR", (f"Closing link: {reason}",)), (session,))
    entry.on_delivered(session.end)


def end_user(hub: Hub, entry: Entry, user: User, reason: str) -> None:
    """End every session of a user, and the user's presence."""
    for session in user.sessions:
        end_session(hub, entry, session, reason)
    if hub.users.get(user.folded) is user:
        remove_user(hub, entry, user, reason)


def expire(hub: Hub) -> Iterator[Entry]:
    """Yield entries that end what has expired: the presence of users who stayed away, bans and mutes."""
    gone = expired_users(hub)
    if gone:
        entry = Entry(None, "QUIT")
        for user in gone:
            remove_user(hub, entry, user, "Connection lost")
        yield entry
    expired = hub.bans.expired(hub.now())
    if expired:
        entry = Entry()
        for row in expired:
            hub.bans.put(row._replace(until=LIFTED))
            entry.keep(row._replace(until=LIFTED))
        yield entry


def end_all_sessions(hub: Hub, reason: str) -> Entry:
    """End every session at once, without telling anybody of the others.

    Users who may linger are expected back after a restart.
    """
    entry = Entry(None, "QUIT")
    sessions = tuple(hub.sessions)
    for user in tuple(hub.users.values()):
        if may_linger(hub, user):
            start_lingering(hub, user)
            continue
        channels = channels_of(user)
        if channels:
            keep_presence(entry, user, "QUIT", hub.mint_id(*channels), channels, reason)
        hub.remove_user(user)
    for session in sessions:
        session.is_leaving = True
        hub.disconnect(session)
        entry.on_delivered(session.end)
    entry.send(Message("ERROR", (f"Closing link: {reason}",)), sessions)
    return entry


def remove_user(hub: Hub, entry: Entry, user: User, reason: str) -> None:
    """Remove a user from all channels and from the hub, and tell those who share a channel the reason."""
    channels = channels_of(user)
    if channels:
        number = hub.mint_id(*channels)
        others = tuple(each for each in user.listeners_around() if each not in user.sessions)
        message = fit_to_line(Message("QUIT", (reason,), user.source, event_tags(number)))
        entry.relay(with_account_tags(message, user), others)
        keep_presence(entry, user, "QUIT", number, channels, message.params[0])
    hub.remove_user(user)
    notify_monitors(hub, entry, RPL_MONOFFLINE, user.nick, user.nick)
