"""Profiles: what users and channels tell of themselves, by key, such as display-name and avatar.

Those of accounts and channels are settings of theirs; a guest's lasts as long as the guest is here.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from simplechat.hub.channel import Channel
from simplechat.hub.hub import Hub
from simplechat.hub.records import AccountRow, ChannelRow
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.caps import MAX_METADATA_KEY_BYTES, MAX_METADATA_VALUE_BYTES, METADATA

Profile = Mapping[str, str]

CHANGES_PER_S = 0.5  # of one user's
CHANGE_BURST = 10.0
SYNCS_PER_S = 0.5  # of one session's
SYNC_BURST = 10.0

_KEY = re.compile(rf"[a-z0-9_./-]{{1,{MAX_METADATA_KEY_BYTES}}}")

_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def is_metadata_key(text: str) -> bool:
    """Tell whether a text can be a key."""
    return _KEY.fullmatch(text) is not None


def is_metadata_value(text: str) -> bool:
    """Tell whether a text can be a value: not too long, and nothing that drives a terminal.

    Controls of direction are among that: they turn around what stands behind the value too.
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
    """Give a user's profile: of an account, as it is on disk."""
    account = hub.accounts.get(user.account)
    return _stored(account.saved_row) if account else user.profile


def channel_profile(channel: Channel) -> Profile:
    """Give a channel's profile as it is on disk."""
    return _stored(channel.saved_row)


def pending_user_profile(hub: Hub, user: User) -> Profile:
    """Give a user's profile with what is on its way to the disk."""
    account = hub.accounts.get(user.account)
    return _read(account.settings.profile) if account else user.profile


def profile_of(hub: Hub, one: User | Channel) -> Profile:
    """Give a user's or a channel's profile; see `user_profile` and `channel_profile`."""
    return user_profile(hub, one) if isinstance(one, User) else channel_profile(one)


def subjects_around(user: User, session: Session, hub: Hub) -> dict[str, User | Channel]:
    """Give everything whose profile a session is told of, by name."""
    members = dict.fromkeys(member for channel in user.channels.values() for member in channel.members)
    watched = (hub.users[folded] for folded in session.monitored if folded in hub.users)
    around: dict[str, User | Channel] = {each.nick: each for each in (user, *members, *watched)}
    return around | {channel.name: channel for channel in user.channels.values()}


def subjects_in(channel: Channel) -> dict[str, User | Channel]:
    """Give a channel and its members, by name."""
    return {channel.name: channel, **{member.nick: member for member in channel.members}}


def is_subscribed(session: Session, key: str) -> bool:
    """Tell whether a session is told of changes of a key."""
    return key in session.subscribed and METADATA in session.caps
