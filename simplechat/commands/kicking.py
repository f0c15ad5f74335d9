"""KICK: operators remove members from channels.

Spec: https://modern.ircdocs.horse/#kick-message
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.event_rows import event_tags, keep_presence
from simplechat.hub.channel import Channel
from simplechat.hub.policy import may_kick, must_be_member
from simplechat.hub.user import Author, User
from simplechat.ircv3.message import Message, fit_to_line

MAX_KICK_TARGETS = 10  # by one KICK


@command("KICK", needs=REGISTERED, cost=2)
def kick(ctx: Context, channel: Channel, nicks: str, reason: str = "") -> None:
    """Put users out of a channel: ben,eve.

    Spec: https://modern.ircdocs.horse/#kick-message
    """
    must_be_member(ctx.user, channel)
    for nick in nicks.split(",")[:MAX_KICK_TARGETS]:
        ctx.attempt(_kick, channel, nick, reason or ctx.user.nick)


def _kick(ctx: Context, channel: Channel, nick: str, reason: str) -> None:
    other = ctx.hub.user(nick)
    may_kick(ctx.user, other, channel)
    remove_member(ctx, channel, other, ctx.user, reason)


def remove_member(ctx: Context, channel: Channel, other: User, by: User | Author, reason: str) -> None:
    """Put a member out of a channel, and tell who is in it."""
    number = ctx.hub.mint_id(channel)
    params = (channel.name, other.nick, reason)
    message = fit_to_line(Message("KICK", params, by.source, event_tags(number)))
    ctx.send(message, channel.listeners())
    keep_presence(ctx.entry, by, "KICK", number, [channel], " ".join(message.params[1:]))
    ctx.hub.part(other, channel)
