"""Log views: the part of a channel's or direct conversation's log that a user may see."""

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
        name: The channel, or the other user's nick.
        target: The log.
        since: Rows below this id are not visible.
        allows: Tells whether a row is visible, now.
        addressee: Returns the target of a row's message, under its present name.
        channel: None for a direct conversation.
        other: The identity of the other user of a direct conversation.
    """

    name: str
    target: str
    since: int
    allows: Callable[[LogRow], bool]
    addressee: Callable[[LogRow], str]
    channel: Channel | None = None
    other: int = 0


async def find_view(ctx: Context, name: str) -> LogView:
    """Return the view of a channel or direct conversation by name.

    Raises:
        Refused: The user can see none of that name.
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
    """Return the view that a member has of a channel."""
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
    """Return a view of all rows, for operators who delete messages that they need not be able to see."""
    return channel_view(ctx, channel)._replace(since=0, allows=lambda row: not ctx.hub.is_redacted(row))


def direct_view(ctx: Context, other: int, nick: str) -> LogView:
    """Return the view of the user's direct conversation with another identity."""
    user = ctx.user
    return LogView(
        name=nick,
        target=direct_target_of(user.identity, other),
        since=0,
        allows=lambda row: not ctx.hub.is_redacted(row),
        addressee=lambda row: nick if row.sender == user.identity else user.nick,
        other=other,
    )
