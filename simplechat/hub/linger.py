"""Who is here without any connection: those with an account, for a while, across restarts too."""

from __future__ import annotations

import json
from collections.abc import Sequence

from simplechat.hub.hub import Hub
from simplechat.hub.records import UserRow
from simplechat.hub.user import Names, User
from simplechat.ircv3.casemap import fold

MOST_ABSENT = 5  # users of one account without a connection
HOUR_S = 3600


def wants_to_stay(hub: Hub, user: User) -> bool:
    """Tell whether a user has asked to be here even when no connection is."""
    account = hub.accounts.get(user.account)
    return account is not None and account.settings.persistence == "ON"


def may_stay(hub: Hub, user: User) -> bool:
    """Tell whether a user is expected back when the last connection breaks."""
    account = hub.accounts.get(user.account)
    if account is None or account.settings.is_disabled:
        return False
    if len(account.users & hub.absent) >= MOST_ABSENT and user not in hub.absent:
        return False
    wanted = account.settings.persistence
    return wanted == "ON" or (wanted != "OFF" and hub.config.linger > 0 and bool(user.channels))


def stay(hub: Hub, user: User) -> None:
    """Have a user be here without any connection."""
    user.gone_at = user.gone_at or hub.now()
    hub.absent.add(user)
    for channel in user.channels.values():
        channel.left_behind(user)
    account = hub.accounts.get(user.account)
    assert account is not None
    hub.unsaved.changed(user)
    hub.unsaved.has_seen(account)


def lapsed(hub: Hub) -> list[User]:
    """Give those who were expected back and did not come in time."""
    too_early = hub.now() - hub.config.linger * HOUR_S
    return [
        user
        for user in hub.absent
        if not may_stay(hub, user) or (user.gone_at <= too_early and not wants_to_stay(hub, user))
    ]


def bring_back(hub: Hub, stays: Sequence[UserRow]) -> None:
    """Let those who were here at the end of the last run be here again, without a connection."""
    for row in stays:
        _bring_back(hub, row)


def _bring_back(hub: Hub, row: UserRow) -> None:
    account = hub.accounts.get(row.account)
    if account is None:
        return
    about = json.loads(row.about)
    user = User(Names(*about["names"]), account.identity, about["arrived"])
    user.gone_at = about["gone_at"] or hub.started
    user.excuse = about["excuse"]
    hub.enter(user)
    hub.own(user, account)
    hub.absent.add(user)
    for letter in about["modes"]:
        hub.change_mode(user, True, letter)
    for name, joined, status, is_caught_up in about["rooms"]:
        _bring_into(hub, name, user, joined, status, is_caught_up)


def _bring_into(hub: Hub, name: str, user: User, joined: int, status: str, is_caught_up: bool) -> None:
    channel = hub.channels.get(fold(name))
    if channel is None:
        channel = hub.room(name)
        hub.channel_index.add(channel)
        channel.found(user.account if "o" in status else "")
    hub.formed += not channel.members
    member = channel.add(user, joined)
    member.status, member.is_caught_up = status, is_caught_up
