"""Profiles, told to those who want to know of them: on JOIN, on arrival, and when they change.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.reply_batches import batch_delimiters, wrap_in_batch
from simplechat.hub.channel import Channel
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.profile import Profile, is_subscribed, profile_of, subjects_in, user_profile
from simplechat.hub.session import Session, sessions_with
from simplechat.hub.store import Store
from simplechat.hub.user import User
from simplechat.ircv3.caps import METADATA
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_METADATASYNCLATER, RPL_KEYNOTSET, RPL_KEYVALUE

ALL = "*ALL"
MAX_LINES_ON_JOIN = 200  # lines, unasked
MAX_MEMBERS_ON_JOIN = 500
MAX_PROFILES_UNASKED = 5  # nicks whose profiles are told unasked
EVERYBODY = "*"  # in place of the nick of who is told, so that a line is written once for all


def value_message(hub: Hub, to: str, name: str, key: str, value: str) -> Message:
    """Tell that a key has a value, or none."""
    if value:
        return Message(RPL_KEYVALUE.code, (to, name, key, "*", value), hub.config.server_name)
    return Message(RPL_KEYNOTSET.code, (to, name, key, RPL_KEYNOTSET.text), hub.config.server_name)


def subscribed_values(hub: Hub, session: Session, profiles: Iterable[tuple[str, Profile]]) -> list[Message]:
    """Tell a session of the keys that it wants to know."""
    return [
        value_message(hub, session.display_nick, name, key, value)
        for name, profile in profiles
        for key, value in profile.items()
        if key in session.subscribed
    ]


def wrap_in_metadata_batch(hub: Hub, session: Session, messages: list[Message], name: str) -> list[Message]:
    """Put messages into the batch of what was asked for, where batches are understood."""
    if "batch" not in session.caps:
        return messages
    reference = hub.outbox.next_batch_reference()
    return wrap_in_batch(
        messages, *batch_delimiters(reference, "metadata", name, source=hub.config.server_name)
    )


def sync_later(ctx: Context, name: str, seconds: int = 0) -> Message:
    """Tell that something is to be asked for with SYNC."""
    return ctx.numeric(ERR_METADATASYNCLATER, name, str(seconds))


# -- unasked -------------------------------------------------------------------------------------------


def show_channel_profiles(ctx: Context, channel: Channel) -> None:
    """Tell a session that comes into a channel of its profile and its members', or to ask for them."""
    if METADATA not in ctx.session.caps:
        return
    is_alone = ctx.message.command == "JOIN" and "," not in ctx.message.params[0]
    if is_alone and len(channel.members) <= MAX_MEMBERS_ON_JOIN:
        ctx.entry.read(ctx.session, partial(_read_profiles, ctx, channel))
    else:
        ctx.send(sync_later(ctx, channel.name), (ctx.session,))


async def _read_profiles(ctx: Context, channel: Channel, store: Store) -> list[Message]:
    """Give what is true once the JOIN has been spoken, so that nothing on its way is missed."""
    messages = subscribed_values(
        ctx.hub,
        ctx.session,
        ((name, profile_of(ctx.hub, each)) for name, each in subjects_in(channel).items()),
    )
    if len(messages) > MAX_LINES_ON_JOIN:
        return [sync_later(ctx, channel.name)]
    return wrap_in_metadata_batch(ctx.hub, ctx.session, messages, channel.name)


def notify_members_of_profile(ctx: Context, channel: Channel) -> None:
    """Tell those who are in a channel of the profile of who came into it."""
    user = ctx.user

    def tell(entry: Entry) -> None:
        others = [each for each in channel.listeners() if each.user is not user]
        notify_value_changes(ctx.hub, entry, user.nick, {}, user_profile(ctx.hub, user), others)

    _put_afterwards(ctx, tell)


def notify_monitors_of_profile(ctx: Context, user: User) -> None:
    """Tell those who watch a nick of the profile of who has it now."""

    def tell(entry: Entry) -> None:
        for session in sessions_with(ctx.hub.monitor.watchers_of(user.nick), METADATA):
            for message in _user_values(ctx.hub, session, user):
                entry.relay(message, (session,))

    _put_afterwards(ctx, tell)


def show_monitored_profiles(ctx: Context, users: list[User]) -> None:
    """Tell a session of the profiles of those whom it watches, or to ask for them."""
    if METADATA not in ctx.session.caps or not users:
        return
    if len(users) > MAX_PROFILES_UNASKED:
        ctx.send(sync_later(ctx, ALL), (ctx.session,))
        return
    for user in users:
        for message in _user_values(ctx.hub, ctx.session, user):
            ctx.send(message, (ctx.session,))


def _user_values(hub: Hub, session: Session, user: User) -> list[Message]:
    messages = subscribed_values(hub, session, [(user.nick, user_profile(hub, user))])
    return wrap_in_metadata_batch(hub, session, messages, user.nick)


def _put_afterwards(ctx: Context, tell: Callable[[Entry], None]) -> None:
    """Have something told once this command was spoken: by then what was on its way is true."""

    def put() -> None:
        entry = Entry(None, ctx.message.command)
        tell(entry)
        if entry.deliveries:
            ctx.services.put(entry)

    ctx.entry.on_delivered(put)


# -- changes -------------------------------------------------------------------------------------------


def notify_profile_change(ctx: Context, user: User, before: Profile, after: Profile) -> None:
    """Tell those around a user, and who watches the nick, of what is another value now."""
    account = ctx.hub.accounts.get(user.account)
    for each in account.users if account else (user,):
        around = dict.fromkeys((*each.listeners_around(), *ctx.hub.monitor.watchers_of(each.nick)))
        others = [session for session in around if session is not ctx.session]
        notify_value_changes(ctx.hub, ctx.entry, each.nick, before, after, others)


def notify_value_changes(
    hub: Hub, entry: Entry, name: str, before: Profile, after: Profile, others: Iterable[Session]
) -> None:
    """Tell sessions of those values of a name, a user's or a channel's, that have changed and they want."""
    sessions = [session for session in others if session.subscribed]
    if not sessions:
        return
    for key in dict.fromkeys((*before, *after)):
        listeners = tuple(each for each in sessions if is_subscribed(each, key))
        if before.get(key) != after.get(key) and listeners:
            entry.relay(value_message(hub, EVERYBODY, name, key, after.get(key, "")), listeners)
