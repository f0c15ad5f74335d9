"""Lingering: users with an account stay for a while without a session, across restarts too."""

from __future__ import annotations

import json
from collections.abc import Sequence

from simplechat.hub.channel import channels_of
from simplechat.hub.hub import Hub
from simplechat.hub.records import UserRow
from simplechat.hub.user import User, UserNames
from simplechat.ircv3.casemap import fold

MAX_LINGERING = 5  # users per account without a session
HOUR_S = 3600


def wants_to_linger(hub: Hub, user: User) -> bool:
    """Tell whether a user's account has persistence on (`PERSISTENCE SET ON`)."""
    account = hub.accounts.get(user.account)
    return account is not None and account.settings.persistence == "ON"


def may_linger(hub: Hub, user: User) -> bool:
    """Tell whether a user may stay when the last session ends."""
    account = hub.accounts.get(user.account)
    if account is None or account.settings.is_disabled:
        return False
    if len(hub.users_of(account) & hub.lingering) >= MAX_LINGERING and user not in hub.lingering:
        return False
    persistence = account.settings.persistence
    return persistence == "ON" or (persistence != "OFF" and hub.config.linger > 0 and bool(user.channels))


def start_lingering(hub: Hub, user: User) -> None:
    """Keep a user whose last session ended."""
    user.disconnected_at = user.disconnected_at or hub.now()
    hub.lingering.add(user)
    for channel in channels_of(user):
        channel.note_shown(user)
    account = hub.accounts.get(user.account)
    assert account is not None
    hub.unsaved.mark_changed(user)
    hub.unsaved.mark_seen(account)


def expired_users(hub: Hub) -> list[User]:
    """Return the lingering users whose time is over."""
    deadline = hub.now() - hub.config.linger * HOUR_S
    return [
        user
        for user in hub.lingering
        if not may_linger(hub, user) or (user.disconnected_at <= deadline and not wants_to_linger(hub, user))
    ]


def restore_users(hub: Hub, rows: Sequence[UserRow]) -> None:
    """Restore the users that were here when the server last stopped, without sessions."""
    for row in rows:
        _restore_user(hub, row)


def _restore_user(hub: Hub, row: UserRow) -> None:
    account = hub.accounts.get(row.account)
    if account is None:
        return
    about = json.loads(row.about)
    user = User(UserNames(*about["names"]), account.identity, about["arrived"])
    user.disconnected_at = about["gone_at"] or hub.started
    user.away_message = about["excuse"]
    hub.add_user(user)
    hub.log_in(user, account)
    hub.lingering.add(user)
    for letter in about["modes"]:
        hub.change_mode(user, True, letter)
    for name, joined, status, is_caught_up in about["rooms"]:
        _restore_membership(hub, name, user, joined, status, is_caught_up)


def _restore_membership(
    hub: Hub, name: str, user: User, joined: int, status: str, is_caught_up: bool
) -> None:
    channel = hub.channels.get(fold(name))
    if channel is None:
        channel = hub.channel_to_join(name)
        hub.channel_index.add(channel)
        channel.set_founder(user.account if "o" in status else "")
    hub.occupied_channels += not channel.members
    member = channel.add(user, joined)
    member.status, member.is_caught_up = status, is_caught_up
