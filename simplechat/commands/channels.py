"""The verbs for coming into channels, going out of them, and what they are about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import zip_longest

from simplechat.commands.channel_lists import show_names
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.events import RENAMES, keep_event, keep_presence, stamp_tags
from simplechat.commands.framework.table import REGISTERED, Work, command
from simplechat.commands.log.replay import replay
from simplechat.commands.metadata_updates import show_profiles, tell_members
from simplechat.commands.read_markers import show_mark
from simplechat.hub.channel import Channel, Topic
from simplechat.hub.errors import Refused
from simplechat.hub.names import check_channel_name
from simplechat.hub.policy import (
    may_be_led_to,
    may_invite,
    may_join,
    may_kick,
    may_set_topic,
    must_be_member,
)
from simplechat.hub.session import having, lacking
from simplechat.hub.store import Store
from simplechat.hub.user import Author, User
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
    RPL_NOTOPIC,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
)

MOST_KICKED = 10  # by one KICK
NO_IMPLICIT_NAMES = frozenset({"no-implicit-names", "draft/no-implicit-names", "soju.im/no-implicit-names"})


@command("JOIN", needs=REGISTERED, cost=2)
def join(ctx: Context, channels: str, keys: str = "") -> Work | None:
    """Come into channels: #one,#two, with their keys; `JOIN 0` leaves all.

    Spec: https://modern.ircdocs.horse/#join-message
    """
    if channels == "0":
        for channel in tuple(ctx.user.channels.values()):
            _part(ctx, channel, "")
        return None
    names = channels.split(",")
    if not _are_settled(ctx, names):
        return _join_later(ctx, names, keys)
    _join_all(ctx, names, keys)
    return None


def _are_settled(ctx: Context, names: list[str]) -> bool:
    return all(map(ctx.hub.channel_index.is_settled, names))


async def _join_later(ctx: Context, names: list[str], keys: str) -> None:
    """Come into channels once their new names are stored: who comes cannot be told that a name returned."""
    while not _are_settled(ctx, names):
        await ctx.services.settled()
    if not ctx.session.is_leaving:
        _join_all(ctx, names, keys)


def _join_all(ctx: Context, names: list[str], keys: str) -> None:
    for name, key in zip_longest(names, keys.split(",")[: len(names)], fillvalue=""):
        ctx.attempt(_join, name, key)


def _join(ctx: Context, name: str, key: str) -> None:
    check_channel_name(name)
    if fold(name) in ctx.user.channels or _is_led_on(ctx, name, key):
        return
    channel = ctx.hub.room(name)
    may_join(ctx.user, channel, key)
    if channel.is_new and not ctx.hub.addresses.may_found(ctx.session.host, ctx.now):
        raise Refused(ERR_UNAVAILRESOURCE, channel.name)
    number = ctx.hub.join(ctx.user, channel)
    keep_presence(ctx.entry, ctx.user, "JOIN", number, [channel])
    _announce(ctx, channel, number)
    show_mark(ctx, channel, ctx.user.sessions)
    for session in ctx.user.sessions:
        show_channel(ctx.at(session), channel)
    replay(ctx, channel, number)
    tell_members(ctx, channel)


def _is_led_on(ctx: Context, name: str, key: str) -> bool:
    """Answer who looks for a channel by a name that it had; False where the name is free.

    Spec: https://ircv3.net/specs/extensions/channel-rename#channel-redirection
    """
    channel = ctx.hub.channel_index.successor(name)
    if channel is None or not may_be_led_to(ctx.user, channel):
        return False
    if RENAMES in ctx.session.caps:
        ctx.answer("FAIL", "JOIN", "CHANNEL_RENAMED", name, channel.name, "The channel has another name now")
        return True
    ctx.reply(ERR_LINKCHANNEL, name, channel.name)
    if ctx.user not in channel.members:
        _join(ctx, channel.name, key)
    return True


def show_channel(ctx: Context, channel: Channel) -> None:
    """Tell a session that is in a channel now what it is like there."""
    show_channel_by(ctx, channel, lambda ctx: show_names(ctx, channel))


def show_channel_by(ctx: Context, channel: Channel, names: Callable[[Context], None]) -> None:
    """Do what `show_channel` does, with another way to list the members."""
    if channel.topic:
        show_topic(ctx, channel)
    if NO_IMPLICIT_NAMES.isdisjoint(ctx.session.caps):
        names(ctx)
    show_profiles(ctx, channel)


def show_again(ctx: Context, channel: Channel, *, was_absent: bool) -> None:
    """Tell a session that its user is in a channel, and what was said while no session was there."""
    is_long = "extended-join" in ctx.session.caps
    ctx.send(join_messages(ctx.user, channel, channel.members[ctx.user].joined)[is_long], (ctx.session,))
    show_mark(ctx, channel, (ctx.session,))
    show_channel(ctx, channel)
    if was_absent:
        replay(ctx, channel, channel.last_id + 1)


def join_messages(user: User, channel: Channel, number: int) -> tuple[Message, Message]:
    """Give a JOIN, in its short form and in its long one.

    Spec: https://ircv3.net/specs/extensions/extended-join
    """
    short = Message("JOIN", (channel.name,), user.source, stamp_tags(number))
    return short, fit_to_line(short._replace(params=(channel.name, user.account or "*", user.realname)))


def _announce(ctx: Context, channel: Channel, number: int) -> None:
    """Say that somebody came, to each as its capabilities want it.

    Spec: https://ircv3.net/specs/extensions/away-notify
    """
    user = ctx.user
    short, long = join_messages(user, channel, number)
    ctx.send(short, lacking(channel.listeners(), "extended-join"))
    ctx.send(long, having(channel.listeners(), "extended-join"))
    if user.away:
        others = channel.listeners_but(ctx.session)
        ctx.relay(Message("AWAY", (user.away,), user.source), having(others, "away-notify"))


@command("PART", needs=REGISTERED)
def part(ctx: Context, channels: str, reason: str = "") -> None:
    """Go out of channels: #one,#two.

    Spec: https://modern.ircdocs.horse/#part-message
    """
    for name in channels.split(","):
        ctx.attempt(_part_from, name, reason)


def _part_from(ctx: Context, name: str, reason: str) -> None:
    channel = ctx.channel(name)
    must_be_member(ctx.user, channel)
    _part(ctx, channel, reason)


def _part(ctx: Context, channel: Channel, reason: str) -> None:
    number = ctx.hub.stamp(channel)
    message = Message("PART", (channel.name,), ctx.user.source, stamp_tags(number))
    if reason:
        message = fit_to_line(message._replace(params=(channel.name, reason)))
    ctx.send(message, channel.listeners())
    keep_presence(ctx.entry, ctx.user, "PART", number, [channel], "".join(message.params[1:]))
    ctx.hub.part(ctx.user, channel)


@command("TOPIC", needs=REGISTERED, cost=2)
def topic(ctx: Context, channel: Channel, text: str | None = None) -> None:
    """Show or set what a channel is about.

    Spec: https://modern.ircdocs.horse/#topic-message
    """
    must_be_member(ctx.user, channel)
    if text is None:
        show_topic(ctx, channel)
        return
    may_set_topic(ctx.user, channel)
    number = ctx.hub.stamp(channel)
    message = fit_to_line(Message("TOPIC", (channel.name, text), ctx.user.source, stamp_tags(number)))
    kept = message.params[1]
    channel.topic = Topic(kept, ctx.user.source, int(ctx.now)) if kept else None
    keep_event(ctx, channel, ctx.user, "TOPIC", number, kept)
    ctx.send(message, channel.listeners())


def show_topic(ctx: Context, channel: Channel) -> None:
    """Tell what a channel is about, who said so, and when.

    While a new topic is on its way to the disk, this is told once it got there, or did not.
    """
    if channel.unsettled:
        ctx.entry.read(ctx.session, partial(_settled_topic, ctx, channel))
        return
    for message in _topic(ctx, channel, channel.topic):
        ctx.send(message, (ctx.session,))


async def _settled_topic(ctx: Context, channel: Channel, store: Store) -> list[Message]:
    return _topic(ctx, channel, channel.saved_topic())


def _topic(ctx: Context, channel: Channel, topic: Topic | None) -> list[Message]:
    if topic is None:
        return [ctx.numeric(RPL_NOTOPIC, channel.name)]
    return [
        ctx.numeric(RPL_TOPIC, channel.name, topic.text),
        ctx.numeric(RPL_TOPICWHOTIME, channel.name, topic.by, str(topic.at)),
    ]


@command("KICK", needs=REGISTERED, cost=2)
def kick(ctx: Context, channel: Channel, nicks: str, reason: str = "") -> None:
    """Put users out of a channel: ben,eve.

    Spec: https://modern.ircdocs.horse/#kick-message
    """
    must_be_member(ctx.user, channel)
    for nick in nicks.split(",")[:MOST_KICKED]:
        ctx.attempt(_kick, channel, nick, reason or ctx.user.nick)


def _kick(ctx: Context, channel: Channel, nick: str, reason: str) -> None:
    other = ctx.hub.user(nick)
    may_kick(ctx.user, other, channel)
    put_out(ctx, channel, other, ctx.user, reason)


def put_out(ctx: Context, channel: Channel, other: User, by: User | Author, reason: str) -> None:
    """Put a member out of a channel, and tell who is in it."""
    number = ctx.hub.stamp(channel)
    params = (channel.name, other.nick, reason)
    message = fit_to_line(Message("KICK", params, by.source, stamp_tags(number)))
    ctx.send(message, channel.listeners())
    keep_presence(ctx.entry, by, "KICK", number, [channel], " ".join(message.params[1:]))
    ctx.hub.part(other, channel)


@command("INVITE", needs=REGISTERED, cost=2)
def invite(ctx: Context, nick: User | None = None, channel: str = "") -> None:
    """Ask somebody into a channel; alone, list the channels that you were asked into.

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
    ctx.relay(message, having(operators, "invite-notify"))
