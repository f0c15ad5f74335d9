"""Events: what users do has an id, a row in each log that it belongs to, and tags that tell when it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from simplechat.commands.framework.context import Context, signed
from simplechat.hub.channel import Channel
from simplechat.hub.hub import Hub
from simplechat.hub.ids import msgid_of, time_of
from simplechat.hub.outbox import Entry
from simplechat.hub.records import Presence, Spoken
from simplechat.hub.session import Session, having
from simplechat.hub.user import Author, User
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import Numeric

NO_TAGS: Mapping[str, str] = MappingProxyType({})
RENAMES = "draft/channel-rename"
"""The capability to hear that a channel is called something else."""


def stamp_tags(number: int) -> dict[str, str]:
    """Give the tags that tell an event's id and time."""
    return {"time": time_of(number), "msgid": msgid_of(number)}


def kept_tags(by: User | Author, own_tags: Mapping[str, str] = NO_TAGS) -> str:
    """Write the tags that a row keeps: the client's own, and that a bot did it."""
    tags = {**own_tags, "bot": ""} if by.is_bot else own_tags
    return json.dumps(dict(tags)) if tags else ""


def keep_event(ctx: Context, channel: Channel, by: User | Author, kind: str, number: int, text: str) -> None:
    """Have a change of a channel's settings written, and a row in its log that tells of it."""
    ctx.keep(
        Spoken(
            target=channel.target,
            id=number,
            kind=kind,
            sender=by.identity,
            account=by.account,
            source=by.source,
            tags=kept_tags(by),
            text=text,
            status="",
        )
    )
    keep_settings(ctx, channel)
    ctx.entry.targets.append(channel.name)


def keep_settings(ctx: Context, channel: Channel) -> None:
    """Have a channel's settings written; if they cannot be, an empty one need not be remembered."""
    ctx.entry.keep_settings(channel)
    ctx.entry.if_refused(lambda: ctx.hub.forget_if_empty(channel))


def keep_presence(
    entry: Entry, by: User | Author, kind: str, number: int, channels: Iterable[Channel], text: str = ""
) -> None:
    """Have a coming, a going or a new nick written to the log of each channel that saw it."""
    for channel in channels:
        entry.keep(
            Presence(
                target=channel.target,
                id=number,
                kind=kind,
                sender=by.identity,
                account=by.account,
                source=by.source,
                tags=kept_tags(by),
                text=text,
                status="",
            )
        )


def tell_watchers(hub: Hub, entry: Entry, numeric: Numeric, nick: str, shown: str) -> None:
    """Tell who watches a nick that it is here, or gone.

    Spec: https://ircv3.net/specs/extensions/monitor
    """
    for session in hub.monitor.of(nick):
        message = Message(numeric.code, (session.known_as, shown), hub.config.server_name)
        entry.relay(message, (session,))


def tell_away(hub: Hub, entry: Entry, user: User, before: str, session: Session | None = None) -> None:
    """Tell others but this session that a user is away now, or back, if that is not as before.

    Spec: https://ircv3.net/specs/extensions/away-notify
    """
    if user.away != before:
        message = Message("AWAY", (user.away,) if user.away else (), user.source)
        listeners = who_wants(hub, user, "away-notify")
        entry.relay(signed(message, user), tuple(each for each in listeners if each is not session))


def who_wants(hub: Hub, user: User, cap: str) -> tuple[Session, ...]:
    """Give who is told of a change in a user: those around, and those who watch the nick and want more.

    Spec: https://ircv3.net/specs/extensions/extended-monitor
    """
    watching = having(hub.monitor.of(user.nick), "extended-monitor")
    return having(dict.fromkeys((*user.listeners_around(), *watching)), cap)
