"""Rows of the log, as commands write them: messages have tags that tell the id and time of their row."""

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
    """Return the tags that tell an event's id and time."""
    return {"time": time_of(number), "msgid": msgid_of(number)}


def stored_tags(by: User | Author, own_tags: Mapping[str, str] = NO_TAGS) -> str:
    """Return the tags that a row keeps, as JSON: the client's own, and whether a bot sent it."""
    tags = {**own_tags, "bot": ""} if by.is_bot else own_tags
    return json.dumps(dict(tags)) if tags else ""


def keep_event(ctx: Context, channel: Channel, by: User | Author, kind: str, number: int, text: str) -> None:
    """Store a row in a channel's log that tells of a change of its settings."""
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
    ctx.entry.targets.append(channel.name)


def keep_settings(ctx: Context, channel: Channel) -> None:
    """Store a channel's settings; if that fails and the channel is empty, forget it."""
    ctx.entry.keep_settings(channel)
    ctx.entry.on_refused(lambda: ctx.hub.forget_if_empty(channel))


def keep_presence(
    entry: Entry, by: User | Author, kind: str, number: int, channels: Iterable[Channel], text: str = ""
) -> None:
    """Store a join, part, quit, kick or change of nick in the log of each channel that saw it."""
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
