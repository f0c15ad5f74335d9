"""Notifications of profiles: on JOIN, on arrival, and when they change.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from simplechat.commands.framework.context import Context, batch_delimiters, wrap_in_batch
from simplechat.hub.channel import Channel
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.profile import Profile, is_subscribed, profile_of, subjects_in, user_profile
from simplechat.hub.store import Store
from simplechat.hub.user import Session, User, sessions_with
from simplechat.ircv3.caps import METADATA
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_METADATASYNCLATER, RPL_KEYNOTSET, RPL_KEYVALUE

ALL = "*ALL"
MAX_LINES_ON_JOIN = 200  # lines, without being asked
MAX_MEMBERS_ON_JOIN = 500
MAX_PROFILES_UNASKED = 5  # nicks, likewise
EVERYBODY = "*"  # in place of a nick, so that one line serves all recipients


def value_message(hub: Hub, to: str, name: str, key: str, value: str) -> Message:
    """Return the numeric that tells the value of a key, or that it has none."""
    if value:
        return Message(RPL_KEYVALUE.code, (to, name, key, "*", value), hub.config.server_name)
    return Message(RPL_KEYNOTSET.code, (to, name, key, RPL_KEYNOTSET.text), hub.config.server_name)


def subscribed_values(hub: Hub, session: Session, profiles: Iterable[tuple[str, Profile]]) -> list[Message]:
    """Return messages with the values of the keys that a session has subscribed to."""
    return [
        value_message(hub, session.display_nick, name, key, value)
        for name, profile in profiles
        for key, value in profile.items()
        if key in session.subscribed
    ]


def wrap_in_metadata_batch(hub: Hub, session: Session, messages: list[Message], name: str) -> list[Message]:
    """Put messages into a metadata batch, if the session understands batches."""
    if "batch" not in session.caps:
        return messages
    reference = hub.outbox.next_batch_reference()
    return wrap_in_batch(
        messages, *batch_delimiters(reference, "metadata", name, source=hub.config.server_name)
    )


def sync_later(ctx: Context, name: str, seconds: int = 0) -> Message:
    """Return the numeric that asks the client to send SYNC, after so many seconds."""
    return ctx.numeric(ERR_METADATASYNCLATER, name, str(seconds))


# -- unasked -------------------------------------------------------------------------------------------


def show_channel_profiles(ctx: Context, channel: Channel) -> None:
    """Send a session the profiles of a channel that it joins and of the members.

    If they are many, or the JOIN names several channels, ask the client to send SYNC.
    """
    if METADATA not in ctx.session.caps:
        return
    is_alone = ctx.message.command == "JOIN" and "," not in ctx.message.params[0]
    if is_alone and len(channel.members) <= MAX_MEMBERS_ON_JOIN:
        ctx.entry.read(ctx.session, partial(_read_profiles, ctx, channel))
    else:
        ctx.send(sync_later(ctx, channel.name), (ctx.session,))


async def _read_profiles(ctx: Context, channel: Channel, store: Store) -> list[Message]:
    """Return the profiles at the time when the JOIN is sent, so that no change in between is missed."""
    messages = subscribed_values(
        ctx.hub,
        ctx.session,
        ((name, profile_of(ctx.hub, each)) for name, each in subjects_in(channel).items()),
    )
    if len(messages) > MAX_LINES_ON_JOIN:
        return [sync_later(ctx, channel.name)]
    return wrap_in_metadata_batch(ctx.hub, ctx.session, messages, channel.name)


def notify_members_of_profile(ctx: Context, channel: Channel) -> None:
    """Send the user's profile to the members of a channel that the user joined."""
    user = ctx.user

    def tell(entry: Entry) -> None:
        others = [each for each in channel.listeners() if each.user is not user]
        notify_value_changes(ctx.hub, entry, user.nick, {}, user_profile(ctx.hub, user), others)

    _put_afterwards(ctx, tell)


def notify_monitors_of_profile(ctx: Context, user: User) -> None:
    """Send the profile of a user to the sessions that monitor the nick."""

    def tell(entry: Entry) -> None:
        for session in sessions_with(ctx.hub.monitor.watchers_of(user.nick), METADATA):
            for message in _user_values(ctx.hub, session, user):
                entry.relay(message, (session,))

    _put_afterwards(ctx, tell)


def show_monitored_profiles(ctx: Context, users: list[User]) -> None:
    """Send a session the profiles of users whom it monitors; if they are many, ask for SYNC."""
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
    """Queue a notification once this command has been sent: by then earlier changes are on disk."""

    def put() -> None:
        entry = Entry(None, ctx.message.command)
        tell(entry)
        if entry.deliveries:
            ctx.services.put(entry)

    ctx.entry.on_delivered(put)


# -- changes -------------------------------------------------------------------------------------------


def notify_profile_change(ctx: Context, user: User, before: Profile, after: Profile) -> None:
    """Send the changed values of a user's profile to those around and those who monitor the nick."""
    account = ctx.hub.accounts.get(user.account)
    for each in ctx.hub.users_of(account) if account else (user,):
        around = dict.fromkeys((*each.listeners_around(), *ctx.hub.monitor.watchers_of(each.nick)))
        others = [session for session in around if session is not ctx.session]
        notify_value_changes(ctx.hub, ctx.entry, each.nick, before, after, others)


def notify_value_changes(
    hub: Hub, entry: Entry, name: str, before: Profile, after: Profile, others: Iterable[Session]
) -> None:
    """Send the changed values of a profile to the sessions that have subscribed to the keys."""
    sessions = [session for session in others if session.subscribed]
    if not sessions:
        return
    for key in dict.fromkeys((*before, *after)):
        listeners = tuple(each for each in sessions if is_subscribed(each, key))
        if before.get(key) != after.get(key) and listeners:
            entry.relay(value_message(hub, EVERYBODY, name, key, after.get(key, "")), listeners)
