"""JOIN, PART and INVITE: how users enter and leave channels.

Spec: https://modern.ircdocs.horse/#channel-operations
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import zip_longest

from simplechat.commands.channel_lists import show_names
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, Work, command
from simplechat.commands.log.log_rows import CHANNEL_RENAME, keep_presence
from simplechat.commands.log.replay import replay_channel
from simplechat.commands.metadata_notifications import notify_members_of_profile, show_channel_profiles
from simplechat.commands.read_markers import show_read_marker
from simplechat.commands.topics import show_topic
from simplechat.hub.channel import Channel, channels_of
from simplechat.hub.errors import Refused
from simplechat.hub.hub import Hub
from simplechat.hub.ids import event_tags
from simplechat.hub.names import check_channel_name
from simplechat.hub.policy import may_be_forwarded_to, may_invite, may_join, must_be_member
from simplechat.hub.user import User, sessions_with, sessions_without
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.numerics import (
    ERR_LINKCHANNEL,
    ERR_UNAVAILRESOURCE,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFINVITELIST,
    RPL_INVITELIST,
    RPL_INVITING,
)

NO_IMPLICIT_NAMES = frozenset({"no-implicit-names", "draft/no-implicit-names", "soju.im/no-implicit-names"})


@command("JOIN", needs=REGISTERED, cost=2)
def join(ctx: Context, channels: str, keys: str = "") -> Work | None:
    """Join channels: #one,#two, with their keys; `JOIN 0` leaves all.

    Spec: https://modern.ircdocs.horse/#join-message
    """
    if channels == "0":
        for channel in channels_of(ctx.user):
            _part(ctx, channel, "")
        return None
    names = channels.split(",")
    if not _are_names_settled(ctx, names):
        return _join_later(ctx, names, keys)
    _join_all(ctx, names, keys)
    return None


def _are_names_settled(ctx: Context, names: list[str]) -> bool:
    return all(map(ctx.hub.channel_index.is_settled, names))


async def _join_later(ctx: Context, names: list[str], keys: str) -> None:
    """Join channels once their new names are stored.

    Until then a rename may be undone, and a newcomer could not be told that the old name is back.
    """
    while not _are_names_settled(ctx, names):
        await ctx.services.settled()
    if not ctx.session.is_leaving:
        _join_all(ctx, names, keys)


def _join_all(ctx: Context, names: list[str], keys: str) -> None:
    for name, key in zip_longest(names, keys.split(",")[: len(names)], fillvalue=""):
        ctx.attempt(_join, name, key)


def _join(ctx: Context, name: str, key: str) -> None:
    check_channel_name(name)
    if fold(name) in ctx.user.channels or _redirect(ctx, name, key):
        return
    channel = ctx.hub.channel_to_join(name)
    may_join(ctx.user, channel, key)
    if channel.is_new and not ctx.hub.address_limits.may_create_channel(ctx.session.host, ctx.now):
        raise Refused(ERR_UNAVAILRESOURCE, channel.name)
    number = ctx.hub.join(ctx.user, channel)
    ctx.entry.on_refused(partial(_undo_join, ctx.hub, ctx.user, channel, number))
    keep_presence(ctx.entry, ctx.user, "JOIN", number, [channel])
    _announce(ctx, channel, number)
    show_read_marker(ctx, channel, ctx.user.sessions)
    for session in ctx.user.sessions:
        show_channel(ctx.for_session(session), channel)
    replay_channel(ctx, channel, number)
    notify_members_of_profile(ctx, channel)


def _undo_join(hub: Hub, user: User, channel: Channel, joined: int) -> None:
    """Remove a user whose JOIN nobody was told of; a later one of the same user stays."""
    member = channel.members.get(user)
    if member is not None and member.joined == joined:
        hub.part(user, channel)


def _redirect(ctx: Context, name: str, key: str) -> bool:
    """Redirect a user who joins a channel by a former name; return False if the name leads nowhere.

    Spec: https://ircv3.net/specs/extensions/channel-rename#channel-redirection
    """
    channel = ctx.hub.channel_index.find_renamed(name)
    if channel is None or not may_be_forwarded_to(ctx.user, channel):
        return False
    if CHANNEL_RENAME in ctx.session.caps:
        ctx.answer("FAIL", "JOIN", "CHANNEL_RENAMED", name, channel.name, "The channel has another name now")
        return True
    ctx.reply(ERR_LINKCHANNEL, name, channel.name)
    if ctx.user not in channel.members:
        _join(ctx, channel.name, key)
    return True


def show_channel(ctx: Context, channel: Channel) -> None:
    """Show a session the topic, members and profiles of a channel that its user is in."""
    show_channel_with(ctx, channel, lambda ctx: show_names(ctx, channel))


def show_channel_with(ctx: Context, channel: Channel, names: Callable[[Context], None]) -> None:
    """Do what `show_channel` does, with another function that lists the members."""
    if channel.topic:
        show_topic(ctx, channel)
    if NO_IMPLICIT_NAMES.isdisjoint(ctx.session.caps):
        names(ctx)
    show_channel_profiles(ctx, channel)


def show_channel_again(ctx: Context, channel: Channel, *, was_absent: bool) -> None:
    """Show a session a channel that its user is in already, and the messages since no session was there."""
    is_extended = "extended-join" in ctx.session.caps
    ctx.send(join_messages(ctx.user, channel, channel.members[ctx.user].joined)[is_extended], (ctx.session,))
    show_read_marker(ctx, channel, (ctx.session,))
    show_channel(ctx, channel)
    if was_absent:
        replay_channel(ctx, channel, channel.last_id + 1)


def join_messages(user: User, channel: Channel, number: int) -> tuple[Message, Message]:
    """Return a JOIN in its short and in its extended form.

    Spec: https://ircv3.net/specs/extensions/extended-join
    """
    short = Message("JOIN", (channel.name,), user.source, event_tags(number))
    return short, fit_to_line(short._replace(params=(channel.name, user.account or "*", user.realname)))


def _announce(ctx: Context, channel: Channel, number: int) -> None:
    """Tell all members that the user joined, in the form that their capabilities want.

    Spec: https://ircv3.net/specs/extensions/away-notify
    """
    user = ctx.user
    short, long = join_messages(user, channel, number)
    ctx.send(short, sessions_without(channel.listeners(), "extended-join"))
    ctx.send(long, sessions_with(channel.listeners(), "extended-join"))
    if user.away:
        others = channel.listeners_except(ctx.session)
        ctx.relay(Message("AWAY", (user.away,), user.source), sessions_with(others, "away-notify"))


@command("PART", needs=REGISTERED)
def part(ctx: Context, channels: str, reason: str = "") -> None:
    """Leave channels: #one,#two.

    Spec: https://modern.ircdocs.horse/#part-message
    """
    for name in channels.split(","):
        ctx.attempt(_part_from, name, reason)


def _part_from(ctx: Context, name: str, reason: str) -> None:
    channel = ctx.channel(name)
    must_be_member(ctx.user, channel)
    _part(ctx, channel, reason)


def _part(ctx: Context, channel: Channel, reason: str) -> None:
    number = ctx.hub.mint_id(channel)
    message = Message("PART", (channel.name,), ctx.user.source, event_tags(number))
    if reason:
        message = fit_to_line(message._replace(params=(channel.name, reason)))
    ctx.send(message, channel.listeners())
    keep_presence(ctx.entry, ctx.user, "PART", number, [channel], "".join(message.params[1:]))
    ctx.hub.part(ctx.user, channel)


@command("INVITE", needs=REGISTERED, cost=2)
def invite(ctx: Context, nick: User | None = None, channel: str = "") -> None:
    """Invite somebody to a channel; without parameters, list the channels that you were invited to.

    Spec: https://modern.ircdocs.horse/#invite-message
    """
    if nick is None:
        for channel_asked, _ in ctx.user.invitations.values():
            ctx.reply(RPL_INVITELIST, channel_asked.name)
        ctx.reply(RPL_ENDOFINVITELIST)
    elif channel:
        _invite(ctx, nick, ctx.channel(channel))
    else:
        ctx.refuse_arity()


def _invite(ctx: Context, other: User, channel: Channel) -> None:
    may_invite(ctx.user, channel)
    if other in channel.members:
        raise Refused(ERR_USERONCHANNEL, other.nick, channel.name)
    if channel.has(ctx.user, "o"):
        other.invite(channel)
    ctx.reply(RPL_INVITING, other.nick, channel.name)
    if other.away:
        ctx.reply(RPL_AWAY, other.nick, other.away)
    message = Message("INVITE", (other.nick, channel.name), ctx.user.source)
    ctx.relay(message, other.sessions)
    operators = (each for each in channel.listeners_of("o") if each is not ctx.session)
    ctx.relay(message, sessions_with(operators, "invite-notify"))
