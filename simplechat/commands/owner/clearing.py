"""The owner's command that deletes messages for good."""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.owner.table import OwnerError, confirm, find_channel, owner_command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import StoreError
from simplechat.hub.records import MESSAGE_KINDS
from simplechat.locale import marked
from simplechat.owner_answers import Progress

ROWS_PER_STEP = 500  # deleted between two commits


@owner_command("clear", "clear-db")
async def clear_db(ctx: Context, room: str = "", yes: str = "") -> None:
    """Delete all messages of a room, or of all rooms, for good; asks first."""
    if room.lower() == "yes" and not yes:
        room, yes = "", room
    channel = find_channel(ctx, room) if room else None
    below = (channel.last_id if channel else ctx.hub.advance_ids()) + 1
    await ctx.services.settled()
    target = channel.target if channel else None
    count = await ctx.services.store.count_rows(target, below, MESSAGE_KINDS)
    _confirm_clearing(channel, count, yes)
    record_action(ctx, AuditAction.CLEAR, f"{channel.name if channel else '*'} {count}")
    ctx.submit_so_far()
    await _delete_rows(ctx, target, below, count)
    ctx.tell(marked("Messages deleted for good: {count}"), count=count)


def _confirm_clearing(channel: Channel | None, count: int, yes: str) -> None:
    if channel:
        text = marked("This deletes all {count} messages of {room} for good. Really?")
        confirm(yes, f"clear {channel.name} yes", text, count=count, room=channel.name)
    else:
        text = marked("This deletes all {count} messages of all rooms and people for good. Really?")
        confirm(yes, "clear yes", text, count=count)


async def _delete_rows(ctx: Context, target: str | None, below: int, count: int) -> None:
    """Delete rows in small steps, so that no message waits for long; then erase what is left of them."""
    done = 0
    try:
        while deleted := await ctx.services.store.delete_rows(target, below, ROWS_PER_STEP):
            done += deleted
            ctx.show(Progress(done, max(done, count)))
            ctx.submit_so_far()
        if file := ctx.services.store.file:
            await file.wipe_deleted()
    except StoreError as error:
        text = marked("Not everything could be deleted; some may still be on the disk: {why}")
        raise OwnerError(text, why=str(error)) from None
