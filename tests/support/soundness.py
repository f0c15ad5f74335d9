"""Invariants of a hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from simplechat.hub.account import MAX_UNREAD, Account
from simplechat.hub.channel import MAX_LIST_ENTRIES, Channel, channels_of
from simplechat.hub.hub import Hub
from simplechat.hub.linger import MAX_LINGERING
from simplechat.hub.monitor import MAX_MONITORED
from simplechat.hub.names import MAX_CHANNEL_BYTES, MAX_NICK_CHARS
from simplechat.hub.policy import MAX_CHANNELS
from simplechat.hub.user import MAX_INVITATIONS, MAX_SHOWN_CHANNELS, Session, User
from simplechat.ircv3.caps import CAPABILITIES
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import MAX_MASK_BYTES

MAX_MEMBER_LIMIT = 1_000_000  # members, in MODE +l

UNSEEN = re.compile(
    "[\\x00-\\x20\\x7f-\\xa0\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202f"
    "\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U000e0000-\\U000e0fff]"
)
"""Characters that are not shown: with one of them a name looks like another."""


def unsound(hub: Hub) -> Iterator[str]:
    """Return the invariants that a hub at rest breaks."""
    for folded, channel in hub.channels.items():
        yield from _true(f"channel {folded}", _about_channel(hub, folded, channel))
    for folded, user in hub.users.items():
        yield from _true(f"user {folded}", _about_user(hub, folded, user))
    for account in hub.accounts:
        yield from _true(f"account {account.folded}", _about_account(hub, account))
    for session in hub.sessions:
        yield from _true(f"session of {session.display_nick}", _about_session(hub, session))
    yield from _true("hub", _about_hub(hub))


def _true(subject: str, wrongs: Mapping[str, bool]) -> Iterator[str]:
    return (f"{subject}: {wrong}" for wrong, is_so in wrongs.items() if is_so)


def _about_channel(hub: Hub, folded: str, channel: Channel) -> dict[str, bool]:
    is_settled = not channel.is_unsaved and not channel.pending_saves
    return {
        "under a wrong name": not folded == channel.folded == fold(channel.name),
        "not found by its log": hub.channel_index.by_target.get(channel.target) is not channel,
        "name too long": len(channel.name.encode()) > MAX_CHANNEL_BYTES,
        "name with what is not seen": UNSEEN.search(channel.name) is not None,
        "members who are not here": any(hub.users.get(user.folded) is not user for user in channel.members),
        "members who do not know": any(user.channels.get(folded) is not channel for user in channel.members),
        "not forgotten": channel.is_removable(),
        "never settled": channel.pending_saves != 0 or channel.pending_renames != 0,
        "other settings than on disk": is_settled and channel.row() != channel.saved_row,
        "too many masks": sum(map(len, channel.lists.values())) > MAX_LIST_ENTRIES,
        "a mask too long": any(
            len(each.mask.encode()) > MAX_MASK_BYTES
            for listed in channel.lists.values()
            for each in listed.values()
        ),
        "an absurd limit": not 0 <= channel.member_limit <= MAX_MEMBER_LIMIT,
    }


def _about_user(hub: Hub, folded: str, user: User) -> dict[str, bool]:
    return {
        "under a wrong nick": not folded == user.folded == fold(user.nick),
        "nick too long": len(user.nick) > MAX_NICK_CHARS,
        "nick with what is not seen": UNSEEN.search(user.nick) is not None,
        "no session": not user.sessions and user not in hub.lingering,
        "absent on a connection": bool(user.sessions)
        and (user in hub.lingering or user.disconnected_at != 0),
        "absent without an account": user in hub.lingering and not user.account,
        "an account that knows nothing of it": not _is_owned(hub, user),
        "another's nick": _is_anothers(hub, user),
        "a session that is gone": any(each not in hub.sessions for each in user.sessions),
        "a session that speaks for another": any(each.user is not user for each in user.sessions),
        "not in a channel of theirs": any(user not in channel.members for channel in channels_of(user)),
        "in a channel that is not there": any(
            hub.channels.get(name) is not channel for name, channel in user.channels.items()
        ),
        "too many channels": len(user.channels) > MAX_CHANNELS,
        "too many invitations": len(user.invitations) > MAX_INVITATIONS,
        "an operator of the server": "o" in user.modes,
    }


def _is_owned(hub: Hub, user: User) -> bool:
    account = hub.accounts.get(user.account)
    if account is None:
        return not user.account
    is_the_same = (user.account, user.identity) == (account.name, account.identity)
    return is_the_same and user in hub.users_of(account) and user.last_shown is account.last_shown


def _is_anothers(hub: Hub, user: User) -> bool:
    owner = hub.accounts.find_by_nick(user.nick)
    return owner is not None and owner.name != user.account


def _about_account(hub: Hub, account: Account) -> dict[str, bool]:
    users = hub.users_of(account)
    return {
        "under a wrong name": hub.accounts.get(account.name) is not account,
        "other settings than on disk": account.settings != account.saved_row or account._unsettled != 0,
        "users who are not here": any(hub.users.get(user.folded) is not user for user in users),
        "users who do not know": any(user.account != account.name for user in users),
        "too many absent users": len(users & hub.lingering) > MAX_LINGERING,
        "too many rooms left": len(account.last_shown) > MAX_SHOWN_CHANNELS,
        "too many conversations that wait": len(account.unread) > MAX_UNREAD,
    }


def _about_session(hub: Hub, session: Session) -> dict[str, bool]:
    return {
        "is leaving": session.is_leaving,
        "lines that were not written": bool(session.out) or session.placeholders != 0,
        "watches too many": len(session.monitored) > MAX_MONITORED,
        "capabilities that there are not": not session.caps <= CAPABILITIES.keys(),
        "a user who is not here": session.user is not None and session.user not in hub.users.values(),
    }


def _about_hub(hub: Hub) -> dict[str, bool]:
    watchers = [watcher for watching in hub.monitor._watchers.values() for watcher in watching]
    return {
        "entries that were not spoken": len(hub.outbox) > 0,
        "stays that were not written": not hub.unsaved.is_empty,
        "absent and not here": any(hub.users.get(each.folded) is not each for each in hub.lingering),
        "watchers that are gone": not hub.sessions.issuperset(watchers),
        "watchers miscounted": len(watchers) != sum(len(session.monitored) for session in hub.sessions),
        "connections miscounted": sum(hub.address_limits._open.open.values()) != len(hub.sessions),
        "strangers miscounted": hub.unregistered != {each for each in hub.sessions if each.user is None},
        "channels miscounted": hub.occupied_channels
        != sum(bool(each.members) for each in hub.channels.values()),
        "modes miscounted": any(
            having != {user for user in hub.users.values() if letter in user.modes}
            for letter, having in hub.users_by_mode.items()
        ),
        "former names that lead nowhere": any(
            name not in (*channel.former_names, channel.folded)
            or hub.channels.get(channel.folded) is not channel
            for name, channel in hub.channel_index.former_names()
        ),
        "looks misremembered": set(hub._by_skeleton.values())
        != {user for user in hub.users.values() if not user.nick.isascii()},
    }
