"""KICK: operators remove members from channels.

Spec: https://modern.ircdocs.horse/#kick-message
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import keep_presence
from simplechat.hub.channel import Channel
from simplechat.hub.ids import event_tags
from simplechat.hub.policy import may_kick, must_be_member
from simplechat.hub.user import Author, User
from simplechat.ircv3.message import Message, fit_to_line

MAX_KICK_TARGETS = 10  # by one KICK


@command("KICK", needs=REGISTERED, cost=2)
def kick(ctx: Context, channels: str, nicks: str, reason: str = "") -> None:
    """Remove users from a channel: `KICK #tea ben,eve`, or pair by pair: `KICK #tea,#milk ben,eve`.

    Spec: https://modern.ircdocs.horse/#kick-message
    Spec: https://datatracker.ietf.org/doc/html/rfc2812#section-3.2.8
    """
    names, targets = channels.split(","), nicks.split(",")
    if len(names) == 1:
        must_be_member(ctx.user, ctx.channel(channels))
        names *= len(targets)
    elif len(names) != len(targets):
        ctx.refuse_arity()
    for name, nick in list(zip(names, targets, strict=True))[:MAX_KICK_TARGETS]:
        ctx.attempt(_kick, name, nick, reason or ctx.user.nick)


def _kick(ctx: Context, name: str, nick: str, reason: str) -> None:
    channel = ctx.channel(name)
    must_be_member(ctx.user, channel)
    other = ctx.hub.user(nick)
    may_kick(ctx.user, other, channel)
    remove_member(ctx, channel, other, ctx.user, reason)


def remove_member(ctx: Context, channel: Channel, other: User, by: User | Author, reason: str) -> None:
    """Remove a member from a channel, and tell all members."""
    number = ctx.hub.mint_id(channel)
    params = (channel.name, other.nick, reason)
    message = fit_to_line(Message("KICK", params, by.source, event_tags(number)))
    ctx.send(message, channel.listeners())
    keep_presence(ctx.entry, by, "KICK", number, [channel], " ".join(message.params[1:]))
    ctx.hub.part(other, channel)
