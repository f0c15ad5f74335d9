"""Targets of METADATA, and replies about them."""

from __future__ import annotations

from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.metadata_notifications import value_message
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import may_see_profile
from simplechat.hub.profile import Profile, channel_profile, user_profile
from simplechat.hub.user import User
from simplechat.ircv3.caps import MAX_METADATA_KEY_BYTES
from simplechat.ircv3.message import Message

OWN = "*"
BAD_KEY = f"A key is 1 to {MAX_METADATA_KEY_BYTES} of the letters a-z, digits and _./-"


class MetadataTarget(NamedTuple):
    """The user or channel whose profile is meant; if both are None, the session before it is registered.

    Attributes:
        name: The name in the replies.
    """

    name: str
    user: User | None = None
    channel: Channel | None = None


def find_metadata_target(ctx: Context, target: str) -> MetadataTarget:
    """Return the user or channel of a name.

    Raises:
        Failed: The user can see none of that name.
    """
    user = ctx.session.user
    if user is None and target == OWN:
        return MetadataTarget(OWN)
    if user is not None and target == OWN:
        return MetadataTarget(user.nick, user)
    try:
        if user is not None and is_channel_name(target):
            channel = ctx.channel(target)
            return MetadataTarget(channel.name, channel=channel)
        if user is not None:
            other = ctx.hub.user(target)
            return MetadataTarget(other.nick, other)
    except Refused:
        pass
    raise Failed("INVALID_TARGET", sanitize_param(target), "There is no user or channel of that name")


def visible_profile(ctx: Context, subject: MetadataTarget) -> Profile:
    """Return a profile as it is on disk.

    Raises:
        Failed: The user may not see it.
    """
    if subject.channel:
        may_see_profile(ctx.user, subject.channel)
        return channel_profile(subject.channel)
    return user_profile(ctx.hub, subject.user) if subject.user else ctx.session.profile


def value_reply(ctx: Context, subject: MetadataTarget, key: str, value: str) -> Message:
    """Return a reply with the value of a key, or that it has none."""
    return value_message(
        ctx.hub, ctx.session.display_nick if subject.name != OWN else OWN, subject.name, key, value
    )


def invalid_key_warning(ctx: Context, key: str) -> Message:
    """Return a warning that a key is not valid."""
    about = ("METADATA", "INVALID_KEY", sanitize_param(key), BAD_KEY)
    return Message("WARN", about, ctx.hub.config.server_name)
