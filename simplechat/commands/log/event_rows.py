"""Events: what users do has an id, a row in each log that it belongs to, and tags that tell when it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from simplechat.commands.framework.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of, time_of
from simplechat.hub.outbox import Entry
from simplechat.hub.records import Presence, Spoken
from simplechat.hub.user import Author, User

NO_TAGS: Mapping[str, str] = MappingProxyType({})
CHANNEL_RENAME = "draft/channel-rename"
"""The capability to hear that a channel is called something else."""


def event_tags(number: int) -> dict[str, str]:
    """Give the tags that tell an event's id and time."""
    return {"time": time_of(number), "msgid": msgid_of(number)}


def stored_tags(by: User | Author, own_tags: Mapping[str, str] = NO_TAGS) -> str:
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
            tags=stored_tags(by),
            text=text,
            status="",
        )
    )
    keep_settings(ctx, channel)
    ctx.entry.targets.append(channel.name)


def keep_settings(ctx: Context, channel: Channel) -> None:
    """Have a channel's settings written; if they cannot be, an empty one need not be remembered."""
    ctx.entry.keep_settings(channel)
    ctx.entry.on_refused(lambda: ctx.hub.forget_if_empty(channel))


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
                tags=stored_tags(by),
                text=text,
                status="",
            )
        )
