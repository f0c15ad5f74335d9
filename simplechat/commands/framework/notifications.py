"""Notifications of changes in a user, for sessions that asked for them."""

from __future__ import annotations

from simplechat.commands.framework.context import with_account_tags
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.user import Session, User, sessions_with
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import Numeric


def notify_monitors(hub: Hub, entry: Entry, numeric: Numeric, nick: str, shown: str) -> None:
    """Tell the sessions that monitor a nick that it is online or offline.

    Spec: https://ircv3.net/specs/extensions/monitor
    """
    for session in hub.monitor.watchers_of(nick):
        message = Message(numeric.code, (session.display_nick, shown), hub.config.server_name)
        entry.relay(message, (session,))


def notify_away(hub: Hub, entry: Entry, user: User, before: str, session: Session | None = None) -> None:
    """Tell others that a user is away or back, if that has changed; `session` is left out.

    Spec: https://ircv3.net/specs/extensions/away-notify
    """
    if user.away != before:
        message = Message("AWAY", (user.away,) if user.away else (), user.source)
        listeners = sessions_to_notify(hub, user, "away-notify")
        entry.relay(
            with_account_tags(message, user), tuple(each for each in listeners if each is not session)
        )


def sessions_to_notify(hub: Hub, user: User, cap: str) -> tuple[Session, ...]:
    """Return the sessions with a capability that share a channel with a user, or monitor the nick.

    Spec: https://ircv3.net/specs/extensions/extended-monitor
    """
    watching = sessions_with(hub.monitor.watchers_of(user.nick), "extended-monitor")
    return sessions_with(dict.fromkeys((*user.listeners_around(), *watching)), cap)
