"""The command with which `simplechat import` adds messages from elsewhere to a channel's log."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction, keep_settings, record_action
from simplechat.commands.owner.messages import nick_in
from simplechat.commands.owner.table import (
    OwnerError,
    format_time,
    owner_command,
)
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.ids import EPOCH_MS, MAX_ID, SEQUENCE_BITS, TIME_SHIFT, first_id, ms_of
from simplechat.hub.names import check_channel_name
from simplechat.hub.records import LogRow, Spoken
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import is_middle
from simplechat.locale import marked

MAX_ROWS = 500  # in one command
MAX_TEXT_BYTES = 400
MAX_NICK_BYTES = 64
IMPORT_NODE = 1 << SEQUENCE_BITS  # the node in the ids of imported messages, so that none meets our own

_NOT_IN_TEXT = frozenset("\r\n\0")
_NOT_IN_NICKS = _NOT_IN_TEXT | {"!", "@"}


class ImportedMessage(NamedTuple):
    """One message to import.

    Attributes:
        ms: When it was said, in milliseconds since 1970.
    """

    ms: int
    nick: str
    text: str


@owner_command("put-log", is_for_people=False, is_local=True)
async def put_log(ctx: Context, room: str, rows: str) -> None:
    """Add messages to a room's log, except for those that it has already."""
    messages = _parse_messages(rows)
    if messages and messages[-1].ms > ctx.now * 1000:
        raise OwnerError(
            marked("A message is dated in the future; the server's clock says {now}"),
            now=format_time(ctx.now),
        )
    _check_name(room)
    channel = _find_or_create_channel(ctx, room)
    new = await _find_new_rows(ctx, channel, messages)
    if new:
        _add_rows(ctx, _current_channel(ctx, channel), new)
    ctx.tell(marked("{stored} stored, {known} known"), stored=len(new), known=len(messages) - len(new))


async def _find_new_rows(ctx: Context, channel: Channel, messages: list[ImportedMessage]) -> list[Spoken]:
    """Return the rows that the log lacks; only one import at a time may fill a channel."""
    room, target = channel.name, channel.target
    if target in ctx.hub.importing:
        raise OwnerError(marked("Another import into {room} is running; please try again"), room=room)
    ctx.hub.importing.add(target)
    try:
        await ctx.services.settled()
        return await _rows_to_add(ctx, target, messages)
    finally:
        ctx.hub.importing.discard(target)


def _add_rows(ctx: Context, channel: Channel, rows: list[Spoken]) -> None:
    for row in rows:
        ctx.keep(row)
        channel.last_id = max(channel.last_id, row.id)
    if channel.is_unsaved:
        keep_settings(ctx, channel)
    record_action(ctx, AuditAction.IMPORT, f"{channel.name} {len(rows)}")


def _parse_messages(text: str) -> list[ImportedMessage]:
    """Parse JSON: [[milliseconds since 1970, nick, text], ...], in the order of their times."""
    try:
        rows = [ImportedMessage(*row) for row in json.loads(text)]
        is_good = len(rows) <= MAX_ROWS and all(map(_is_valid, rows))
    except (ValueError, TypeError, RecursionError):
        is_good = False
    if not is_good or rows != sorted(rows, key=lambda row: row.ms):
        raise OwnerError(marked("The rows must be [milliseconds, nick, text], sorted by time"))
    return rows


def _is_valid(row: ImportedMessage) -> bool:
    return (
        type(row.ms) is int
        and EPOCH_MS <= row.ms < EPOCH_MS + (MAX_ID >> TIME_SHIFT)
        and isinstance(row.nick, str)
        and isinstance(row.text, str)
        and is_middle(row.nick)
        and len(row.nick.encode()) <= MAX_NICK_BYTES
        and _NOT_IN_NICKS.isdisjoint(row.nick)
        and 0 < len(row.text.encode()) <= MAX_TEXT_BYTES
        and _NOT_IN_TEXT.isdisjoint(row.text)
    )


def _check_name(name: str) -> None:
    try:
        check_channel_name(name)
    except Refused as refused:
        raise OwnerError(marked("{room} is not a valid room name"), room=name) from refused


def _find_or_create_channel(ctx: Context, name: str) -> Channel:
    """Return the channel that has this name, or had it before; else a new one."""
    rooms = ctx.hub.channel_index
    return rooms.by_name.get(fold(name)) or rooms.find_renamed(name) or ctx.hub.channel_to_join(name)


def _current_channel(ctx: Context, channel: Channel) -> Channel:
    """Return a channel, looked up before an await, as it is now.

    Raises:
        OwnerError: It was new, and somebody else has created it meanwhile.
    """
    rooms = ctx.hub.channel_index
    if channel.target not in rooms.by_target and channel.folded not in rooms.by_name:
        rooms.add(channel)
    there = rooms.by_target.get(channel.target)
    if there is None:
        raise OwnerError(marked("Somebody has just created {room}; please try again"), room=channel.name)
    return there


async def _rows_to_add(ctx: Context, target: str, messages: list[ImportedMessage]) -> list[Spoken]:
    """Return rows for the messages that the log lacks; equal messages are counted, not merged."""
    existing = await _rows_between(ctx, target, messages[0].ms, messages[-1].ms) if messages else []
    known = Counter(
        ImportedMessage(ms_of(row.id), nick_in(row), row.text) for row in existing if row.kind == "PRIVMSG"
    )
    taken = {row.id for row in existing}
    rows: list[Spoken] = []
    for each in messages:
        if known[each] > 0:
            known[each] -= 1
            continue
        number = first_id(each.ms) | IMPORT_NODE
        while number in taken:
            number += 1
        taken.add(number)
        source = f"{each.nick}!import@{ctx.hub.config.server_name}"
        rows.append(Spoken(target, number, "PRIVMSG", 0, "", source, "", each.text, ""))
    return rows


async def _rows_between(ctx: Context, target: str, first_ms: int, last_ms: int) -> list[LogRow]:
    rows: list[LogRow] = []
    after, below = first_id(first_ms) - 1, first_id(last_ms + 1)
    while page := await ctx.services.store.oldest_rows(target, after, MAX_ROWS):
        rows += [row for row in page if row.id < below]
        after = page[-1].id
        if after >= below:
            break
    return rows
