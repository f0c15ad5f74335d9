"""The owner's verbs about what was said and done, and about the file that it is in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.log.event_rows import keep_settings
from simplechat.commands.owner.clients import when
from simplechat.commands.owner.table import Act, act, confirm, is_number, owner, room_of, wrong
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused, StoreError
from simplechat.hub.ids import EPOCH_MS, EVER, SEQUENCE_BITS, TIME_SHIFT, first_id, ms_of, seconds_of
from simplechat.hub.multiline import NEW_LINE, as_people_read_it
from simplechat.hub.names import check_channel_name
from simplechat.hub.owner_answers import Progress, Table
from simplechat.hub.records import AUDIT_TARGET, MESSAGE_KINDS, LogRow, Spoken
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import is_middle
from simplechat.locale import marked

SHOWN = 20  # messages, where nobody says how many
MOST_SHOWN = 1000
FORGOTTEN_AT_ONCE = 500  # rows, between two commits
MOST_LOGGED = 500  # rows in one answer, or in one `put-log`
LONGEST_TEXT_BYTES = 400
LONGEST_NICK_BYTES = 64
BROUGHT = 1 << SEQUENCE_BITS  # the node in the ids of what comes from elsewhere: it never meets our own
LONGEST_ID = len(str(EVER))  # digits

_NO_TEXT = frozenset("\r\n\0")
_NO_NICK = _NO_TEXT | {"!", "@"}


# -- reading -------------------------------------------------------------------------------------------


@owner("messages", "print-msg")
async def print_msg(ctx: Context, room: str = "", count: str = "") -> None:
    """Show what was said last, in a room or in all of them, and so many messages of it."""
    if room.isdecimal() and not count:
        room, count = "", room
    if count and not (is_number(count) and 0 < int(count) <= MOST_SHOWN):
        raise wrong(marked("{word} is not a number from 1 to {most}"), word=count, most=MOST_SHOWN)
    channels = [room_of(ctx, room)] if room else list(ctx.hub.channels.values())
    rows = await _said_last(ctx, channels, int(count or SHOWN))
    names = {channel.target: channel.name for channel in channels}
    ctx.show(
        Table(
            (marked("time"), marked("room"), marked("nick"), marked("message")),
            [(when(seconds_of(row.id)), names[row.target], _nick(row), _words(row)) for row in rows],
        )
    )


async def _said_last(ctx: Context, channels: Iterable[Channel], count: int) -> list[LogRow]:
    await ctx.services.settled()
    rows: list[LogRow] = []
    for channel in channels:
        rows += await ctx.services.store.newest_rows(channel.target, channel.era, EVER, MESSAGE_KINDS, count)
        rows = sorted(rows, key=lambda row: row.id)[-count:]
    return rows


def _nick(row: LogRow) -> str:
    return row.source.partition("!")[0]


def _words(row: LogRow) -> str:
    """Give a message as people read it: what somebody does begins with a star."""
    text = as_people_read_it(row.text).replace(NEW_LINE, " / ")
    done = text.removeprefix("\1ACTION ")
    return text if done == text else "* " + done.removesuffix("\1")


@owner("audit")
async def audit(ctx: Context, count: int = SHOWN) -> None:
    """Show what the owner's verbs have changed, the latest last."""
    await ctx.services.settled()
    rows = await ctx.services.store.newest_rows(AUDIT_TARGET, 0, EVER, tuple(Act), min(count, MOST_SHOWN))
    ctx.show(
        Table(
            (marked("time"), marked("who"), marked("verb"), marked("what")),
            [(when(seconds_of(row.id)), row.source, row.kind.lower(), row.text) for row in rows],
        )
    )


@owner("log", is_for_people=False, is_local=True)
async def log(ctx: Context, room: Channel, after: str, count: int) -> None:
    """Give rows of a room's log above an id, the oldest first."""
    if not (is_number(after, LONGEST_ID) and int(after) <= EVER):
        raise wrong(marked("{word} is not an id"), word=after)
    await ctx.services.settled()
    rows = await ctx.services.store.oldest_rows(room.target, int(after), min(count, MOST_LOGGED))
    ctx.show(
        Table(
            ("id", "kind", "nick", "source", "account", "text", "status", "tags"),
            [
                (row.id, row.kind, _nick(row), row.source, row.account, row.text, row.status, row.tags)
                for row in rows
            ],
        )
    )


# -- forgetting ----------------------------------------------------------------------------------------


@owner("clear", "clear-db")
async def clear_db(ctx: Context, room: str = "", yes: str = "") -> None:
    """Delete for good what was said in a room, or everywhere; asks first."""
    if room.lower() == "yes" and not yes:
        room, yes = "", room
    channel = room_of(ctx, room) if room else None
    below = (channel.last_id if channel else ctx.hub.draw_line()) + 1
    await ctx.services.settled()
    target = channel.target if channel else None
    count = await ctx.services.store.count_rows(target, below, MESSAGE_KINDS)
    _confirm_clearing(channel, count, yes)
    act(ctx, Act.CLEAR, f"{channel.name if channel else '*'} {count}")
    ctx.submit_so_far()
    await _forget(ctx, target, below, count)
    ctx.tell(marked("Messages deleted for good: {count}"), count=count)


def _confirm_clearing(channel: Channel | None, count: int, yes: str) -> None:
    if channel:
        text = marked("This deletes all {count} messages of {room} for good. Really?")
        confirm(yes, f"clear {channel.name} yes", text, count=count, room=channel.name)
    else:
        text = marked("This deletes all {count} messages of all rooms and people for good. Really?")
        confirm(yes, "clear yes", text, count=count)


async def _forget(ctx: Context, target: str | None, below: int, count: int) -> None:
    """Delete rows in small steps, so that nobody who speaks waits; then leave no trace of them."""
    done = 0
    try:
        while gone := await ctx.services.store.delete_rows(target, below, FORGOTTEN_AT_ONCE):
            done += gone
            ctx.show(Progress(done, max(done, count)))
            ctx.submit_so_far()
        await ctx.services.store.wipe_deleted()
    except StoreError as error:
        text = marked("It could not be finished, and some of it may still be on the disk: {why}")
        raise wrong(text, why=str(error)) from None


# -- the file ------------------------------------------------------------------------------------------


@owner("backup", is_local=True)
async def backup(ctx: Context, path: str) -> None:
    """Write everything that is kept into one new file, while the server goes on."""
    if not Path(path).is_absolute():
        raise wrong(marked("{path} is not a whole path: it begins with a slash"), path=path)
    await ctx.services.settled()
    act(ctx, Act.BACKUP, path)
    ctx.submit_so_far()

    try:
        size = await ctx.services.store.copy_to(Path(path), partial(_tell_progress, ctx))
    except StoreError as error:
        act(ctx, Act.BACKUP, f"{path} failed")
        raise wrong(marked("There is no backup: {why}"), why=str(error)) from None
    ctx.tell(marked("{path} holds everything that was said so far, in {size} bytes"), path=path, size=size)


def _tell_progress(ctx: Context, done: int, all_: int) -> None:
    ctx.show(Progress(done, all_))
    ctx.submit_so_far()


# -- what was said elsewhere ---------------------------------------------------------------------------


class Brought(NamedTuple):
    """A message from elsewhere: when it was said, in milliseconds since 1970, by whom, and what."""

    ms: int
    nick: str
    text: str


@owner("put-log", is_for_people=False, is_local=True)
async def put_log(ctx: Context, room: str, rows: str) -> None:
    """Take messages from elsewhere into a room's log: those that are not there yet."""
    brought = _read_brought(rows)
    if brought and brought[-1].ms > ctx.now * 1000:
        raise wrong(marked("What comes later than now, which is {now} here, is not taken"), now=when(ctx.now))
    _check_room(room)
    channel = _room_named(ctx, room)
    new = await _while_alone(ctx, channel, brought)
    if new:
        _fill(ctx, _still_there(ctx, channel), new)
    ctx.tell(marked("{stored} stored, {known} known"), stored=len(new), known=len(brought) - len(new))


async def _while_alone(ctx: Context, channel: Channel, brought: list[Brought]) -> list[Spoken]:
    """Find what is not there yet, while nobody else does so for the same room."""
    room, target = channel.name, channel.target
    if target in ctx.hub.filling:
        raise wrong(marked("Another program is bringing messages into {room}; please try again"), room=room)
    ctx.hub.filling.add(target)
    try:
        await ctx.services.settled()
        return await _not_there_yet(ctx, target, brought)
    finally:
        ctx.hub.filling.discard(target)


def _fill(ctx: Context, channel: Channel, rows: list[Spoken]) -> None:
    for row in rows:
        ctx.keep(row)
        channel.last_id = max(channel.last_id, row.id)
    if channel.is_unsaved:
        keep_settings(ctx, channel)
    act(ctx, Act.IMPORT, f"{channel.name} {len(rows)}")


def _read_brought(text: str) -> list[Brought]:
    """Read rows out of JSON: [[milliseconds since 1970, nick, text], ...], in the order of their times."""
    try:
        rows = [Brought(*row) for row in json.loads(text)]
        is_good = len(rows) <= MOST_LOGGED and all(map(_is_sayable, rows))
    except (ValueError, TypeError, RecursionError):
        is_good = False
    if not is_good or rows != sorted(rows, key=lambda row: row.ms):
        raise wrong(marked("These are not rows of [milliseconds, nick, text] in the order of their times"))
    return rows


def _is_sayable(row: Brought) -> bool:
    return (
        type(row.ms) is int
        and EPOCH_MS <= row.ms < EPOCH_MS + (EVER >> TIME_SHIFT)
        and isinstance(row.nick, str)
        and isinstance(row.text, str)
        and is_middle(row.nick)
        and len(row.nick.encode()) <= LONGEST_NICK_BYTES
        and _NO_NICK.isdisjoint(row.nick)
        and 0 < len(row.text.encode()) <= LONGEST_TEXT_BYTES
        and _NO_TEXT.isdisjoint(row.text)
    )


def _check_room(name: str) -> None:
    try:
        check_channel_name(name)
    except Refused as refused:
        raise wrong(marked("{room} cannot be a room"), room=name) from refused


def _room_named(ctx: Context, name: str) -> Channel:
    """Give the room of this name, or which had it before; a new one where there is none."""
    rooms = ctx.hub.channel_index
    return rooms.by_name.get(fold(name)) or rooms.successor(name) or ctx.hub.room(name)


def _still_there(ctx: Context, channel: Channel) -> Channel:
    """Give a room that was looked up a while ago as it is now; who came into a new one may have made it."""
    rooms = ctx.hub.channel_index
    if channel.target not in rooms.by_log and channel.folded not in rooms.by_name:
        rooms.add(channel)
    there = rooms.by_log.get(channel.target)
    if there is None:
        raise wrong(marked("{room} was made by somebody just now; please try again"), room=channel.name)
    return there


async def _not_there_yet(ctx: Context, target: str, brought: list[Brought]) -> list[Spoken]:
    """Give rows for those messages that the log does not have; equal ones count as often as they come."""
    there = await _rows_between(ctx, target, brought[0].ms, brought[-1].ms) if brought else []
    known = Counter(Brought(ms_of(row.id), _nick(row), row.text) for row in there if row.kind == "PRIVMSG")
    taken = {row.id for row in there}
    rows: list[Spoken] = []
    for each in brought:
        if known[each] > 0:
            known[each] -= 1
            continue
        number = first_id(each.ms) | BROUGHT
        while number in taken:
            number += 1
        taken.add(number)
        source = f"{each.nick}!import@{ctx.hub.config.server_name}"
        rows.append(Spoken(target, number, "PRIVMSG", 0, "", source, "", each.text, ""))
    return rows


async def _rows_between(ctx: Context, target: str, first_ms: int, last_ms: int) -> list[LogRow]:
    rows: list[LogRow] = []
    after, below = first_id(first_ms) - 1, first_id(last_ms + 1)
    while page := await ctx.services.store.oldest_rows(target, after, MOST_LOGGED):
        rows += [row for row in page if row.id < below]
        after = page[-1].id
        if after >= below:
            break
    return rows
