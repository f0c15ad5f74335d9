"""The audit log: one row for each thing that the server's owner or an operator has done."""

from __future__ import annotations

from enum import StrEnum

from simplechat.commands.framework.context import Context
from simplechat.hub.records import AUDIT_TARGET, Presence


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
