"""The verbs for coming into channels and going out of them."""

from __future__ import annotations

from simplechat.commands.context import Context
from simplechat.commands.events import keep_presence, stamp_tags
from simplechat.commands.table import REGISTERED, command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.names import check_channel_name, presentable
from simplechat.hub.policy import may_join_another
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NOTONCHANNEL, RPL_ENDOFNAMES, RPL_NAMREPLY

NAMES_BYTES = 400  # of nicks in one line


@command("JOIN", needs=REGISTERED)
def join(ctx: Context, names: str, keys: str = "") -> None:
    """Come into channels: #one,#two; `JOIN 0` leaves all.

    Spec: https://modern.ircdocs.horse/#join-message
    """
    if names == "0":
        for channel in tuple(ctx.user.channels.values()):
            _part(ctx, channel, "")
        return
    for name in names.split(","):
        try:
            _join(ctx, name)
        except Refused as refused:
            ctx.reply(refused.numeric, *refused.params, **refused.fields)


def _join(ctx: Context, name: str) -> None:
    check_channel_name(name)
    if fold(name) in ctx.user.channels:
        return
    may_join_another(ctx.user, name)
    channel, number = ctx.hub.join(ctx.user, name)
    keep_presence(ctx.entry, ctx.user, "JOIN", number, [channel])
    ctx.send(Message("JOIN", (channel.name,), ctx.user.source, stamp_tags(number)), channel.listeners())
    show_names(ctx, channel)


def show_names(ctx: Context, channel: Channel) -> None:
    """List a channel's members."""
    line: list[str] = []
    for nick in (user.nick for user in channel.members):
        if sum(map(len, line)) + len(line) + len(nick) > NAMES_BYTES // 4:
            ctx.reply(RPL_NAMREPLY, "=", channel.name, " ".join(line))
            line = []
        line.append(nick)
    ctx.reply(RPL_NAMREPLY, "=", channel.name, " ".join(line))
    ctx.reply(RPL_ENDOFNAMES, channel.name)


@command("PART", needs=REGISTERED)
def part(ctx: Context, names: str, reason: str = "") -> None:
    """Go out of channels: #one,#two.

    Spec: https://modern.ircdocs.horse/#part-message
    """
    for name in names.split(","):
        try:
            _part(ctx, _own_channel(ctx, name), reason)
        except Refused as refused:
            ctx.reply(refused.numeric, *refused.params, **refused.fields)


def _own_channel(ctx: Context, name: str) -> Channel:
    channel = ctx.hub.channel(name)
    if ctx.user not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, presentable(name))
    return channel


def _part(ctx: Context, channel: Channel, reason: str) -> None:
    number = ctx.hub.stamp(channel)
    params = (channel.name, reason) if reason else (channel.name,)
    ctx.send(Message("PART", params, ctx.user.source, stamp_tags(number)), channel.listeners())
    keep_presence(ctx.entry, ctx.user, "PART", number, [channel], reason)
    ctx.hub.part(ctx.user, channel)
