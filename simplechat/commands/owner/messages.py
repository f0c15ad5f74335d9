"""The owner's commands that show what was said and done."""

from __future__ import annotations

from collections.abc import Iterable

from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction
from simplechat.commands.owner.table import (
    OwnerError,
    find_channel,
    format_time,
    is_whole_number,
    owner_command,
)
from simplechat.hub.channel import Channel
from simplechat.hub.ids import MAX_ID, seconds_of
from simplechat.hub.multiline import LINE_FEED, remove_concat_marks
from simplechat.hub.records import AUDIT_TARGET, MESSAGE_KINDS, LogRow
from simplechat.locale import marked
from simplechat.owner_answers import Table

SHOWN = 20  # messages, where no count is given
MAX_SHOWN = 1000  # messages
MAX_ROWS = 500  # in one answer to `log`
MAX_ID_DIGITS = len(str(MAX_ID))


@owner_command("messages", "print-msg")
async def print_msg(ctx: Context, room: str = "", count: str = "") -> None:
    """Show the newest messages of a room, or of all rooms."""
    if room.isdecimal() and not count:
        room, count = "", room
    if count and not (is_whole_number(count) and 0 < int(count) <= MAX_SHOWN):
        raise OwnerError(marked("{word} is not a number from 1 to {most}"), word=count, most=MAX_SHOWN)
    channels = [find_channel(ctx, room)] if room else list(ctx.hub.channels.values())
    rows = await _newest_messages(ctx, channels, int(count or SHOWN))
    names = {channel.target: channel.name for channel in channels}
    ctx.show(
        Table(
            (marked("time"), marked("room"), marked("nick"), marked("message")),
            [
                (format_time(seconds_of(row.id)), names[row.target], nick_in(row), _readable_text(row))
                for row in rows
            ],
        )
    )


async def _newest_messages(ctx: Context, channels: Iterable[Channel], count: int) -> list[LogRow]:
    await ctx.services.settled()
    rows: list[LogRow] = []
    for channel in channels:
        rows += await ctx.services.store.newest_rows(
            channel.target, channel.era, MAX_ID, MESSAGE_KINDS, count
        )
        rows = sorted(rows, key=lambda row: row.id)[-count:]
    return rows


def nick_in(row: LogRow) -> str:
    """Return the nick in the source of a row."""
    return row.source.partition("!")[0]


def _readable_text(row: LogRow) -> str:
    """Return a message as people read it; an action begins with a star."""
    text = remove_concat_marks(row.text).replace(LINE_FEED, " / ")
    action = text.removeprefix("\1ACTION ")
    return text if action == text else "* " + action.removesuffix("\1")


@owner_command("audit")
async def audit(ctx: Context, count: int = SHOWN) -> None:
    """Show the audit log of the owner's commands, the newest last."""
    await ctx.services.settled()
    rows = await ctx.services.store.newest_rows(
        AUDIT_TARGET, 0, MAX_ID, tuple(AuditAction), min(count, MAX_SHOWN)
    )
    ctx.show(
        Table(
            (marked("time"), marked("who"), marked("action"), marked("what")),
            [(format_time(seconds_of(row.id)), row.source, row.kind.lower(), row.text) for row in rows],
        )
    )


@owner_command("log", is_for_people=False, is_local=True)
async def log(ctx: Context, room: Channel, after: str, count: int) -> None:
    """Return rows of a channel's log above an id, the oldest first."""
    if not (is_whole_number(after, MAX_ID_DIGITS) and int(after) <= MAX_ID):
        raise OwnerError(marked("{word} is not an id"), word=after)
    await ctx.services.settled()
    rows = await ctx.services.store.oldest_rows(room.target, int(after), min(count, MAX_ROWS))
    ctx.show(
        Table(
            ("id", "kind", "nick", "source", "account", "text", "status", "tags"),
            [
                (row.id, row.kind, nick_in(row), row.source, row.account, row.text, row.status, row.tags)
                for row in rows
            ],
        )
    )
