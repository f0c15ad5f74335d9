"""The owner's commands about channels and their members; they act in the server's name."""

from __future__ import annotations

from functools import partial

from simplechat.commands.channel_settings import change_setting, settings_as_text
from simplechat.commands.framework.context import Context
from simplechat.commands.kicking import remove_member
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.modes import change_modes
from simplechat.commands.owner.table import OwnerError, format_time, owner_command
from simplechat.hub.channel import Channel
from simplechat.hub.ids import seconds_of
from simplechat.hub.policy import MUTE_PREFIX, is_banned
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, is_middle
from simplechat.ircv3.modes import ModeChange
from simplechat.locale import marked
from simplechat.owner_answers import Properties, Table


@owner_command("rooms")
def rooms(ctx: Context) -> None:
    """List the rooms, empty ones included."""
    rows = [
        (
            channel.name,
            len(channel.members),
            "".join(sorted(channel.modes)),
            format_time(seconds_of(channel.created)),
            channel.topic.text if channel.topic else "",
        )
        for channel in sorted(ctx.hub.channels.values(), key=lambda channel: channel.folded)
    ]
    columns = (marked("room"), marked("people"), marked("modes"), marked("since"), marked("topic"))
    ctx.show(Table(columns, rows))


@owner_command("room")
def room(ctx: Context, room: Channel, setting: str = "", value: str = "") -> None:
    """Show a room's settings, or change one: history, retention, slow, filter, registered."""
    if not (setting and value):
        ctx.show(Properties(settings_as_text(room)))
        return
    if not room.members and not room.founder:
        text = marked("{room} is an empty guests' room, and starts afresh when somebody joins")
        raise OwnerError(text, room=room.name)
    try:
        change_setting(ctx, room, setting, value, ctx.hub.server)
    except ValueError as error:
        raise OwnerError("{why}", why=str(error)) from None
    record_action(ctx, AuditAction.ROOM, f"{room.name} {setting} {value}")
    ctx.tell(marked("{room} has {mode} now"), room=room.name, mode=f"{setting} {value}")


@owner_command("kick")
def kick(ctx: Context, room: Channel, nick: User, reason: str = "") -> None:
    """Remove somebody from a room."""
    if nick not in room.members:
        raise OwnerError(marked("{nick} is not in {room}"), nick=nick.nick, room=room.name)
    record_action(ctx, AuditAction.KICK, f"{room.name} {nick.nick} {reason}".strip())
    remove_member(ctx, room, nick, ctx.hub.server, reason or ctx.hub.server.nick)
    ctx.tell(marked("{nick} was removed from {room}"), nick=nick.nick, room=room.name)


@owner_command("ban")
def ban(ctx: Context, room: Channel, mask: str) -> None:
    """Ban a nick or a mask (nick!user@address, with * and ?) from a room."""
    _change_bans(ctx, room, AuditAction.BAN, mask, is_set=True)
    ctx.entry.on_delivered(partial(_remove_banned, ctx, room))


def _remove_banned(ctx: Context, room: Channel) -> None:
    """Remove banned members; called once the ban is on disk, since a KICK cannot be taken back."""
    after = Context(ctx.hub, ctx.services, ctx.session, Message("KICK"))
    for user in tuple(room.members):
        if is_banned(user, room):
            remove_member(after, room, user, ctx.hub.server, "Banned")
    ctx.services.put(after.entry)


@owner_command("unban")
def unban(ctx: Context, room: Channel, mask: str) -> None:
    """Remove a ban from a room."""
    _change_bans(ctx, room, AuditAction.UNBAN, mask, is_set=False)


@owner_command("mute")
def mute(ctx: Context, room: Channel, mask: str) -> None:
    """Mute a nick or a mask in a room."""
    _change_bans(ctx, room, AuditAction.MUTE, MUTE_PREFIX + mask, is_set=True)


@owner_command("unmute")
def unmute(ctx: Context, room: Channel, mask: str) -> None:
    """Remove a mute from a room."""
    _change_bans(ctx, room, AuditAction.UNMUTE, MUTE_PREFIX + mask, is_set=False)


def _change_bans(ctx: Context, room: Channel, action: AuditAction, mask: str, *, is_set: bool) -> None:
    if not is_middle(mask):
        raise OwnerError(marked("A mask is one word, such as eve or eve!*@* or *!*@10.0.0.7"))
    if not room.members and not room.founder:
        text = marked("{room} is an empty guests' room, and starts afresh when somebody joins")
        raise OwnerError(text, room=room.name)
    done = change_modes(ctx, room, ctx.hub.server, [ModeChange(is_set, "b", mask)])
    if not done:
        raise OwnerError(marked("Nothing has changed; clients and rooms show the present state"))
    record_action(ctx, action, f"{room.name} {done[0].param}")
    mode = f"{'+' if is_set else '-'}b {done[0].param}"
    ctx.tell(marked("{room} has {mode} now"), room=room.name, mode=mode)
