"""The owner's commands that ban somebody from the whole server, or mute them in it."""

from __future__ import annotations

import re

from simplechat.commands.departures import end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import Work
from simplechat.commands.log.log_rows import AuditAction, actor_name, record_action
from simplechat.commands.login import NOT_SAVED
from simplechat.commands.owner.table import OwnerError, format_time, owner_command
from simplechat.hub.outbox import Entry
from simplechat.hub.records import BAN, MUTE, ServerBanRow
from simplechat.hub.server_bans import LIFTED, MAX_SERVER_BANS, matches_everybody, normalize_ban_mask
from simplechat.ircv3.masks import MAX_MASK_BYTES
from simplechat.ircv3.message import is_middle
from simplechat.locale import marked
from simplechat.owner_answers import Table

UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@owner_command("bans")
def bans(ctx: Context) -> None:
    """List the server's bans and mutes."""
    columns = (
        marked("kind"),
        marked("mask"),
        marked("until"),
        marked("by"),
        marked("since"),
        marked("reason"),
    )
    rows = [
        (
            each.kind,
            each.mask,
            format_time(each.until) if each.until else "",
            each.by,
            format_time(each.at),
            each.reason,
        )
        for each in sorted(ctx.hub.bans)
    ]
    ctx.show(Table(columns, rows))


@owner_command("server-ban")
def server_ban(ctx: Context, mask: str, time: str = "", reason: str = "") -> Work:
    """Ban an address (10.0.0.7, 10.0.0.0/8, 10.*) or an account (a:eve), for 30m, 2h, 1d or for ever."""
    return _add_ban(ctx, BAN, mask, time, reason)


@owner_command("server-mute")
def server_mute(ctx: Context, mask: str, time: str = "", reason: str = "") -> Work:
    """Mute an address or an account (a:eve) in all rooms."""
    return _add_ban(ctx, MUTE, mask, time, reason)


@owner_command("server-unban")
def server_unban(ctx: Context, mask: str) -> Work:
    """Remove the server ban of an address or an account."""
    return _remove_ban(ctx, BAN, mask)


@owner_command("server-unmute")
def server_unmute(ctx: Context, mask: str) -> Work:
    """Remove the server mute of an address or an account."""
    return _remove_ban(ctx, MUTE, mask)


async def _add_ban(ctx: Context, kind: str, mask: str, time: str, reason: str) -> None:
    mask = normalize_ban_mask(mask)
    if not is_middle(mask) or len(mask.encode()) > MAX_MASK_BYTES or matches_everybody(mask):
        raise OwnerError(
            marked("Give an address, a mask of addresses, or a:ACCOUNT that does not match everybody")
        )
    if len(ctx.hub.bans) >= MAX_SERVER_BANS:
        raise OwnerError(marked("There are {most} bans, which is the limit"), most=MAX_SERVER_BANS)
    seconds, why = _parse_time_and_reason(time, reason)
    now = int(ctx.now)
    row = ServerBanRow(kind, mask, actor_name(ctx), now, now + seconds if seconds else 0, why)
    await _save_ban(ctx, row)
    record_action(
        ctx,
        AuditAction.SERVER_BAN if kind == BAN else AuditAction.SERVER_MUTE,
        f"{mask} {time} {reason}".strip(),
    )
    if kind == BAN:
        for user in tuple(ctx.hub.users.values()):
            if ctx.hub.bans.find_for_user(user, BAN, ctx.now) is row:
                end_user(ctx.hub, ctx.entry, user, f"Banned: {why}" if why else "Banned")
    ctx.tell(marked("{mask} has a {kind} now"), mask=mask, kind=kind)


def _parse_time_and_reason(time: str, reason: str) -> tuple[int, str]:
    """Parse time and reason, of which the time may be missing: return seconds (0 for ever) and reason."""
    found = re.fullmatch(r"(\d{1,4})([mhdw])", time)
    if found is None:
        return 0, f"{time} {reason}".strip()
    return int(found[1]) * UNIT_SECONDS[found[2]], reason


async def _remove_ban(ctx: Context, kind: str, mask: str) -> None:
    row = ctx.hub.bans.get(kind, normalize_ban_mask(mask))
    if row is None:
        raise OwnerError(
            marked("There is no {kind} of {mask}; bans lists them"), kind=kind, mask=normalize_ban_mask(mask)
        )
    await _save_ban(ctx, row._replace(until=LIFTED))
    record_action(ctx, AuditAction.SERVER_UNBAN if kind == BAN else AuditAction.SERVER_UNMUTE, row.mask)
    ctx.tell(marked("{mask} has no {kind} any more"), mask=row.mask, kind=kind)


async def _save_ban(ctx: Context, row: ServerBanRow) -> None:
    """Store a ban; it takes effect, or ends, once it is on disk.

    Raises:
        OwnerError: It could not be stored.
    """
    entry = Entry(None, "CONSOLE")
    entry.keep(row)
    entry.on_delivered(lambda: ctx.hub.bans.put(row))
    ctx.services.put(entry)
    await ctx.services.settled()
    if (ctx.hub.bans.get(row.kind, row.mask) is row) is (row.until == LIFTED):
        raise OwnerError(NOT_SAVED)
