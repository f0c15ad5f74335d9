"""NAMES and LIST: channels, and who is in them."""

from __future__ import annotations

import re
from collections.abc import Callable

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.hub.channel import Channel
from simplechat.hub.ids import seconds_of
from simplechat.hub.names import MAX_NICK_BYTES, sanitize_param
from simplechat.hub.policy import is_channel_visible, is_findable
from simplechat.hub.user import Membership
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import mask_matches, truncate_mask
from simplechat.ircv3.message import join_words, spare_bytes
from simplechat.ircv3.numerics import RPL_ENDOFNAMES, RPL_LIST, RPL_LISTEND, RPL_LISTSTART, RPL_NAMREPLY

MAX_NAMES_TARGETS = 10  # channels in one NAMES

Condition = Callable[[Channel], bool]


@command("NAMES", needs=REGISTERED, cost=3)
def names(ctx: Context, channels: str = "") -> None:
    """List the members of channels: #one,#two.

    Spec: https://modern.ircdocs.horse/#names-message
    """
    wanted = [name for name in channels.split(",") if name][:MAX_NAMES_TARGETS]
    for folded in dict.fromkeys(map(fold, wanted)):
        channel = ctx.hub.channels.get(folded)
        if channel is not None and channel.members and is_channel_visible(channel, ctx.user):
            _show_members(ctx, channel)
    ctx.reply(RPL_ENDOFNAMES, _list_for_end(ctx, wanted))


def _list_for_end(ctx: Context, wanted: list[str]) -> str:
    """Return the list of channels as it was given, as far as it fits the line that ends the reply."""
    head = ctx.numeric(RPL_ENDOFNAMES)
    spare = spare_bytes(head._replace(params=head.params[:-1])) - len(f" :{RPL_ENDOFNAMES.text}")
    return next(join_words(map(sanitize_param, wanted or [""]), spare, ","))


def show_names(ctx: Context, channel: Channel) -> None:
    """List a channel's members, and end the list."""
    _show_members(ctx, channel)
    ctx.reply(RPL_ENDOFNAMES, channel.name)


def _show_members(ctx: Context, channel: Channel) -> None:
    """List those members of a channel that the user may see, with the prefixes of their statuses."""
    kind = "@" if "s" in channel.modes else "="
    seen = (
        _name_shown(ctx, member)
        for member in channel.members.values()
        if ctx.user in channel.members or is_findable(member.user, ctx.user)
    )
    ctx.reply_list(RPL_NAMREPLY, kind, channel.name, words=seen)


def _name_shown(ctx: Context, member: Membership) -> str:
    prefixes = member.prefixes if "multi-prefix" in ctx.session.caps else member.prefixes[:1]
    return prefixes + (member.user.source if "userhost-in-names" in ctx.session.caps else member.user.nick)


class CachedNames:
    """The reply to NAMES for many members of one channel at once: built once for each set of capabilities."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lines: dict[frozenset[str], list[str]] = {}

    def show(self, ctx: Context) -> None:
        """List the members for one of them, as `show_names` does."""
        channel, kind = self._channel, "@" if "s" in self._channel.modes else "="
        form = ctx.session.caps & {"multi-prefix", "userhost-in-names"}
        if form not in self._lines:
            words = (_name_shown(ctx, member) for member in channel.members.values())
            head = ctx.numeric(RPL_NAMREPLY, kind, channel.name)
            spare = spare_bytes(head._replace(params=("x" * MAX_NICK_BYTES, *head.params[1:])))
            self._lines[form] = list(join_words(words, spare))
        for line in self._lines[form]:
            ctx.reply(RPL_NAMREPLY, kind, channel.name, line)
        ctx.reply(RPL_ENDOFNAMES, channel.name)


@command("LIST", needs=REGISTERED, cost=5)
def list_(ctx: Context, conditions: str = "") -> None:
    """List channels: all, or those that match conditions such as #tea,*mask*,>3,C<60,T>5.

    Spec: https://modern.ircdocs.horse/#list-message
    """
    words = [truncate_mask(word) for word in conditions.split(",")[:MAX_NAMES_TARGETS] if word]
    wanted = [_condition(ctx, word) for word in words]
    by_name = [word for word in words if word.startswith("#")]
    ctx.reply(RPL_LISTSTART, "Channel")
    for channel in ctx.hub.channels.values():
        if channel.members and is_channel_visible(channel, ctx.user) and _is_wanted(channel, wanted, by_name):
            is_hidden = channel.is_closed and ctx.user not in channel.members
            topic = None if is_hidden else channel.saved_topic()
            ctx.reply(RPL_LIST, channel.name, str(len(channel.members)), topic.text if topic else "")
    ctx.reply(RPL_LISTEND)


def _is_wanted(channel: Channel, conditions: list[Condition], names: list[str]) -> bool:
    """Tell whether a channel matches any of the names (if there are some) and all of the conditions."""
    if names and not any(mask_matches(name, channel.name) for name in names):
        return False
    return all(condition(channel) for condition in conditions)


def _condition(ctx: Context, word: str) -> Condition:
    """Parse one condition; ELIST=CMNTU.

    Spec: https://modern.ircdocs.horse/#elist-parameter
    """
    if word.startswith("#"):
        return lambda channel: True
    if word.startswith("!"):
        return lambda channel: not mask_matches(word[1:], channel.name)
    compared = re.fullmatch(r"([CTct]?)([<>])([0-9]{1,9})", word)
    if not compared:
        return lambda channel: mask_matches(word, channel.name)
    return _comparison(ctx.now, compared[1].upper(), compared[2], int(compared[3]))


def _comparison(now: float, subject: str, sign: str, number: int) -> Condition:
    """Compare the number of members, or the minutes since the creation (C) or since the topic was set (T)."""

    def measure(channel: Channel) -> float | None:
        if subject == "C":
            return (now - seconds_of(channel.created)) / 60
        if subject == "T":
            return (now - channel.topic.at) / 60 if channel.topic else None
        return len(channel.members)

    def holds(channel: Channel) -> bool:
        value = measure(channel)
        return value is not None and (value < number if sign == "<" else value > number)

    return holds
