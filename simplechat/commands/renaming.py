"""RENAME: a channel gets another name and keeps everything else.

Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.commands.channel_lists import CachedNames
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.joining import join_messages, show_channel_with
from simplechat.commands.log.log_rows import (
    CHANNEL_RENAME,
    AuditAction,
    keep_event,
    keep_settings,
    record_action,
)
from simplechat.commands.read_markers import show_read_marker
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Failed
from simplechat.hub.ids import event_tags
from simplechat.hub.names import check_channel_name, sanitize_param
from simplechat.hub.policy import may_rename
from simplechat.hub.user import sessions_with, sessions_without
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.numerics import RPL_ENDOFNAMES

MAX_MEMBERS_SHOWN = 500  # to clients that see a rename as leaving one channel and joining another
ShowNames = Callable[[Context], None]


@command("RENAME", needs=REGISTERED, cost=5)
def rename(ctx: Context, channel: Channel, name: str, reason: str = "") -> None:
    """Rename a channel; members, modes, lists, settings and history stay.

    Spec: https://ircv3.net/specs/extensions/channel-rename
    """
    may_rename(ctx.user, channel, name, ctx.now, is_throttled=not ctx.hub.config.no_throttling)
    check_channel_name(name)
    _check_free(ctx, channel, name)
    if not channel.has(ctx.user, "o"):
        record_action(ctx, AuditAction.ROOM, f"{channel.name} name {name}")
    _rename(ctx, channel, name, reason)


def _check_free(ctx: Context, channel: Channel, name: str) -> None:
    """Raise Failed if another channel has the name, or had it and still redirects from it."""
    index = ctx.hub.channel_index
    holder = index.by_name.get(fold(name)) or index.find_renamed(name)
    if name == channel.name or holder not in (None, channel):
        raise Failed("CHANNEL_NAME_IN_USE", channel.name, sanitize_param(name), "That name is taken already")


def _rename(ctx: Context, channel: Channel, name: str, reason: str) -> None:
    before, renamed_at = channel.name, channel.renamed_at
    number = ctx.hub.mint_id(channel)
    message = fit_to_line(Message("RENAME", (before, name, reason), ctx.user.source, event_tags(number)))
    renaming = ctx.hub.channel_index.rename(channel, name)
    channel.renamed_at = ctx.now

    def undo_all() -> None:
        renaming.undo()
        channel.renamed_at = renamed_at

    ctx.entry.on_refused(undo_all)
    ctx.entry.on_delivered(renaming.confirm)
    for user in channel.members:
        ctx.hub.unsaved.mark_changed(user)
    keep_settings(ctx, channel)
    keep_event(ctx, channel, ctx.user, "RENAME", number, " ".join(message.params))
    ctx.send(message, sessions_with(channel.listeners(), CHANNEL_RENAME))
    if fold(before) != channel.folded:
        show = _choose_names_reply(channel)
        for session in sessions_without(channel.listeners(), CHANNEL_RENAME):
            _leave_and_join(ctx.for_session(session), channel, before, message.params[-1], show)


def _choose_names_reply(channel: Channel) -> ShowNames:
    """Return the function that lists the members; if they are many, one that lists nobody.

    To list all members for all members takes quadratic time, during which everybody else would wait.
    """
    if len(channel.members) <= MAX_MEMBERS_SHOWN:
        return CachedNames(channel).show
    return lambda ctx: ctx.reply(RPL_ENDOFNAMES, channel.name)


def _leave_and_join(ctx: Context, channel: Channel, before: str, reason: str, names: ShowNames) -> None:
    """Tell a client without the capability that its user left one channel and joined another."""
    number = channel.last_id
    left = Message("PART", (before, reason) if reason else (before,), ctx.user.source, event_tags(number))
    ctx.send(fit_to_line(left), (ctx.session,))
    is_extended = "extended-join" in ctx.session.caps
    ctx.send(join_messages(ctx.user, channel, number)[is_extended], (ctx.session,))
    show_read_marker(ctx, channel, (ctx.session,))
    show_channel_with(ctx, channel, names)
