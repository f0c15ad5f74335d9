"""Profiles: the metadata of users and channels by key, such as display-name and avatar.

Profiles of accounts and channels are part of their settings; a guest's is lost when the guest leaves.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from simplechat.hub.channel import Channel, channels_of
from simplechat.hub.hub import Hub
from simplechat.hub.records import AccountRow, ChannelRow
from simplechat.hub.user import Session, User
from simplechat.ircv3.caps import MAX_METADATA_KEY_BYTES, MAX_METADATA_VALUE_BYTES, METADATA

Profile = Mapping[str, str]

CHANGES_PER_S = 0.5  # per user
CHANGE_BURST = 10.0
SYNCS_PER_S = 0.5  # per session
SYNC_BURST = 10.0

_KEY = re.compile(rf"[a-z0-9_./-]{{1,{MAX_METADATA_KEY_BYTES}}}")

_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def is_metadata_key(text: str) -> bool:
    """Tell whether a text is a valid key."""
    return _KEY.fullmatch(text) is not None


def is_metadata_value(text: str) -> bool:
    """Tell whether a text is a valid value: not too long, and without control characters.

    Direction controls are not allowed either: they would also turn around the text behind the value.
    """
    is_short = 0 < len(text.encode()) <= MAX_METADATA_VALUE_BYTES
    return is_short and not any(
        unicodedata.category(char) in _CONTROLS or unicodedata.bidirectional(char) in _DIRECTIONS
        for char in text
    )


@lru_cache(1024)
def _read(text: str) -> Profile:
    return MappingProxyType(json.loads(text))


def _stored(row: AccountRow | ChannelRow | None) -> Profile:
    return _read(row.profile if row else "{}")


def user_profile(hub: Hub, user: User) -> Profile:
    """Return a user's profile; an account's as it is stored."""
    account = hub.accounts.get(user.account)
    return _stored(account.saved_row) if account else user.profile


def channel_profile(channel: Channel) -> Profile:
    """Return a channel's profile as it is stored."""
    return _stored(channel.saved_row)


def pending_user_profile(hub: Hub, user: User) -> Profile:
    """Return a user's profile with changes that are not stored yet."""
    account = hub.accounts.get(user.account)
    return _read(account.settings.profile) if account else user.profile


def profile_of(hub: Hub, one: User | Channel) -> Profile:
    """Return the profile of a user or channel; see `user_profile` and `channel_profile`."""
    return user_profile(hub, one) if isinstance(one, User) else channel_profile(one)


def subjects_around(user: User, session: Session, hub: Hub) -> dict[str, User | Channel]:
    """Return all users and channels whose profile a session is notified of, by name."""
    members = dict.fromkeys(member for channel in channels_of(user) for member in channel.members)
    watched = (hub.users[folded] for folded in session.monitored if folded in hub.users)
    around: dict[str, User | Channel] = {each.nick: each for each in (user, *members, *watched)}
    return around | {channel.name: channel for channel in channels_of(user)}


def subjects_in(channel: Channel) -> dict[str, User | Channel]:
    """Return a channel and its members, by name."""
    return {channel.name: channel, **{member.nick: member for member in channel.members}}


def is_subscribed(session: Session, key: str) -> bool:
    """Tell whether a session is notified of changes of a key."""
    return key in session.subscribed and METADATA in session.caps
