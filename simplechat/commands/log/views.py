"""Views: what somebody can look at in the log, by the name they give it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.hub import direct_target_of
from simplechat.hub.names import is_channel_name
from simplechat.hub.policy import first_readable_id, may_read, must_be_member
from simplechat.hub.records import LogRow
from simplechat.ircv3.casemap import fold


class LogView(NamedTuple):
    """One log, as a user may see it.

    Attributes:
        name: The channel, or the other's nick.
        target: The log.
        since: Nothing below this id is shown.
        admits: Tells whether a row is shown, now.
        addressee: Gives whom a row's message was for, as it is named now.
        channel: None for a conversation.
        other: The identity of who a conversation is with.
    """

    name: str
    target: str
    since: int
    allows: Callable[[LogRow], bool]
    addressee: Callable[[LogRow], str]
    channel: Channel | None = None
    other: int = 0


async def find_view(ctx: Context, name: str) -> LogView:
    """Give what a user means by a name.

    Raises:
        Refused: There is no such channel or conversation, as far as this user may know.
    """
    if is_channel_name(name):
        channel = ctx.channel(name)
        must_be_member(ctx.user, channel)
        return channel_view(ctx, channel)
    other = ctx.hub.users.get(fold(name)) or ctx.hub.accounts.get(name)
    if other is not None:
        return direct_view(ctx, other.identity, other.nick)
    known = await ctx.services.store.direct_conversations(ctx.user.identity)
    talks = [talk for talk in known if fold(talk.nick) == fold(name)]
    if not talks:
        return direct_view(ctx, ctx.hub.user(name).identity, name)
    latest = max(talks, key=lambda talk: talk.newest_id)
    return direct_view(ctx, latest.other, latest.nick)


def channel_view(ctx: Context, channel: Channel) -> LogView:
    """Give a channel as a user may see it, who is in it."""
    user = ctx.user
    return LogView(
        name=channel.name,
        target=channel.target,
        since=first_readable_id(user, channel),
        allows=lambda row: may_read(user, channel, row) and not ctx.hub.is_redacted(row),
        addressee=lambda row: row.status + channel.name,
        channel=channel,
    )


def unfiltered_channel_view(ctx: Context, channel: Channel) -> LogView:
    """Give a channel as nobody is shown it: for who takes something back that they need not see."""
    return channel_view(ctx, channel)._replace(since=0, allows=lambda row: not ctx.hub.is_redacted(row))


def direct_view(ctx: Context, other: int, nick: str) -> LogView:
    """Give a conversation with another identity, which belongs to both of the two."""
    user = ctx.user
    return LogView(
        name=nick,
        target=direct_target_of(user.identity, other),
        since=0,
        allows=lambda row: not ctx.hub.is_redacted(row),
        addressee=lambda row: nick if row.sender == user.identity else user.nick,
        other=other,
    )
