"""Rows that commands write: of events in the log, and of the audit log for what owner and operators do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from simplechat.commands.framework.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.outbox import Entry
from simplechat.hub.records import AUDIT_TARGET, Presence, Spoken
from simplechat.hub.user import Author, User

NO_TAGS: Mapping[str, str] = MappingProxyType({})
CHANNEL_RENAME = "draft/channel-rename"
"""The capability to hear that a channel is called something else."""


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


class AuditAction(StrEnum):
    """What a row of the audit log is about."""

    ACCOUNT = "ACCOUNT"
    BACKUP = "BACKUP"
    BAN = "BAN"
    BROADCAST = "BROADCAST"
    CLEAR = "CLEAR"
    EJECT = "EJECT"
    IMPORT = "IMPORT"
    KICK = "KICK"
    KILL = "KILL"
    MUTE = "MUTE"
    OPER = "OPER"
    PROFILE = "PROFILE"
    PYTHON = "PYTHON"
    ROOM = "ROOM"
    SERVER_BAN = "SERVER-BAN"
    SERVER_MUTE = "SERVER-MUTE"
    SERVER_UNBAN = "SERVER-UNBAN"
    SERVER_UNMUTE = "SERVER-UNMUTE"
    SHUTDOWN = "SHUTDOWN"
    UNBAN = "UNBAN"
    UNMUTE = "UNMUTE"
    WALLOPS = "WALLOPS"


def actor_name(ctx: Context) -> str:
    """Return the name under which the audit log and bans keep the person behind a command."""
    return ctx.session.user.source if ctx.session.user else ctx.session.nick


def record_action(ctx: Context, action: AuditAction, details: str) -> None:
    """Add a row to the audit log with the command's entry, and a line to the log file.

    Args:
        details: The subject of the action and its arguments, as the owner typed them.
    """
    actor = actor_name(ctx)
    ctx.services.note(f"{actor}: {action} {details}")
    ctx.keep(
        Presence(
            target=AUDIT_TARGET,
            id=ctx.hub.mint_server_event_id(),
            kind=action,
            sender=0,
            account="",
            source=actor,
            tags="",
            text=details,
            status="",
        )
    )
