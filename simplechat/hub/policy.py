"""Permissions.

`may_` and `must_` return None if the user may, and raise `Refused` or `Failed` if not; `is_` returns a bool.
"""

from __future__ import annotations

import math
import re

from simplechat.hub.channel import MAX_LIST_ENTRIES, Channel
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.ids import MAX_ID, seconds_of
from simplechat.hub.names import sanitize_param
from simplechat.hub.records import LogRow
from simplechat.hub.store import ReadableLog
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import ACCOUNT_PREFIX, mask_matches
from simplechat.ircv3.modes import STATUS_PREFIXES
from simplechat.ircv3.numerics import (
    ERR_BADCHANNELKEY,
    ERR_BANLISTFULL,
    ERR_BANNEDFROMCHAN,
    ERR_CANNOTSENDTOCHAN,
    ERR_CHANNELISFULL,
    ERR_CHANOPRIVSNEEDED,
    ERR_INVITEONLYCHAN,
    ERR_NEEDREGGEDNICK,
    ERR_NOPRIVILEGES,
    ERR_NOSUCHCHANNEL,
    ERR_NOTONCHANNEL,
    ERR_TOOMANYCHANNELS,
    ERR_USERNOTINCHANNEL,
)

MAX_CHANNELS = 100  # per user
MAX_MESSAGE_TARGETS = 4  # per message
RENAME_INTERVAL_S = 60  # for users that are not server operators
MAX_REDACT_AGE_S = 86_400  # for the author
MUTE_PREFIX = "m:"  # before a mask in the ban list: the user may join but not speak


def may_join(user: User, channel: Channel, key: str) -> None:
    """Check that a user may join a channel with this key."""
    name = channel.name
    if len(user.channels) >= MAX_CHANNELS:
        raise Refused(ERR_TOOMANYCHANNELS, name, limit=MAX_CHANNELS)
    if user.invitations.get(channel.target) == channel.invitation():
        return
    if channel.founder and channel.founder == user.account:
        return
    if channel.key and channel.key != key:
        raise Refused(ERR_BADCHANNELKEY, name)
    if "i" in channel.modes and not _is_on_list(user, channel, "I"):
        raise Refused(ERR_INVITEONLYCHAN, name)
    if "R" in channel.modes and not user.account:
        raise Refused(ERR_NEEDREGGEDNICK, name)
    if channel.member_limit and len(channel.members) >= channel.member_limit:
        raise Refused(ERR_CHANNELISFULL, name)
    if is_banned(user, channel):
        raise Refused(ERR_BANNEDFROMCHAN, name)


def may_speak(user: User, channel: Channel, text: str) -> None:
    """Check that a user may speak in a channel, and may send this text."""
    member = channel.members.get(user)
    if member is None and "n" in channel.modes:
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why="you are not in that channel (+n)")
    if "C" in channel.modes and text.startswith("\1") and not text.startswith("\1ACTION "):
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why="no CTCP here (+C)")
    if member is not None and member.status:
        return
    if "m" in channel.modes:
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why="only members with voice may speak here (+m)")
    if "M" in channel.modes and not user.account:
        raise Refused(
            ERR_CANNOTSENDTOCHAN, channel.name, why="only users with an account may speak here (+M)"
        )
    if is_banned(user, channel) or is_muted(user, channel):
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why="you are banned or muted (+b)")


def may_speak_now(user: User, channel: Channel, text: str, now: float) -> None:
    """Check the channel's filter and slow mode for a text of a user that may speak there."""
    member = channel.members.get(user)
    if not text or (member is not None and member.status):
        return
    if channel.filter and not set(channel.filter).isdisjoint(re.split(r"\W+", fold(text))):
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why="it contains a word that is not allowed here")
    wait_s = channel.last_spoke.get(user.identity, 0) + channel.slow - now
    if channel.slow and wait_s > 0:
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name, why=f"slow mode: wait {math.ceil(wait_s)} s")


def may_speak_to(user: User, other: User) -> None:
    """Check that a user may send another one a direct message."""
    if "R" in other.modes and not user.account and user is not other:
        raise Refused(ERR_NEEDREGGEDNICK, other.nick)


def is_banned(user: User, channel: Channel) -> bool:
    """Tell whether a user is banned from a channel."""
    return _is_on_list(user, channel, "b") and not _is_on_list(user, channel, "e")


def is_muted(user: User, channel: Channel) -> bool:
    """Tell whether a user is muted in a channel."""
    return _is_on_list(user, channel, "b", MUTE_PREFIX) and not _is_on_list(user, channel, "e", MUTE_PREFIX)


def _is_on_list(user: User, channel: Channel, letter: str, prefix: str = "") -> bool:
    """Tell whether a user matches a mask of a list, of those that begin with `MUTE_PREFIX` or do not."""
    return any(
        _matches_user(user, entry.mask[len(prefix) :])
        for entry in channel.lists[letter].values()
        if entry.mask.startswith(MUTE_PREFIX) is (prefix == MUTE_PREFIX)
    )


def _matches_user(user: User, mask: str) -> bool:
    if mask.startswith(ACCOUNT_PREFIX):
        return user.account != "" and mask_matches(mask[len(ACCOUNT_PREFIX) :], user.account)
    return mask_matches(mask, user.source)


def may_add_list_entry(channel: Channel, letter: str) -> None:
    """Check that a channel's lists have room for one more mask."""
    if sum(map(len, channel.lists.values())) >= MAX_LIST_ENTRIES:
        raise Refused(ERR_BANLISTFULL, channel.name, letter, limit=MAX_LIST_ENTRIES)


def may_redact(user: User, channel: Channel | None, row: LogRow, now: float, about: tuple[str, str]) -> None:
    """Check that a user may redact a row that they may read.

    Args:
        channel: None for a row of a direct conversation.
        about: The target and the msgid, for the reply.
    """
    if channel is not None and (channel.has(user, "o") or "o" in user.modes):
        return
    if row.sender != user.identity:
        raise Failed("REDACT_FORBIDDEN", *about, "Only its author and operators may delete it")
    if now - seconds_of(row.id) > MAX_REDACT_AGE_S:
        why = "The message is too old to be deleted"
        raise Failed("REDACT_WINDOW_EXPIRED", *about, str(MAX_REDACT_AGE_S), why)


def must_be_member(user: User, channel: Channel) -> None:
    """Check that a user is a member of a channel."""
    if user not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)


def must_be_operator(user: User, channel: Channel) -> None:
    """Check that a user is an operator of a channel."""
    if not channel.has(user, "o"):
        raise Refused(ERR_CHANOPRIVSNEEDED, channel.name)


def must_be_server_operator(user: User) -> None:
    """Check that a user is a server operator."""
    if "o" not in user.modes:
        raise Refused(ERR_NOPRIVILEGES)


def may_change_settings(user: User, channel: Channel) -> None:
    """Check that a user may change the settings that the ROOM command shows."""
    if "o" not in user.modes:
        must_be_operator(user, channel)


def may_set_topic(user: User, channel: Channel) -> None:
    """Check that a user may change a channel's topic."""
    must_be_member(user, channel)
    if "t" in channel.modes:
        must_be_operator(user, channel)


def may_invite(user: User, channel: Channel) -> None:
    """Check that a user may invite others to a channel."""
    must_be_member(user, channel)
    if "i" in channel.modes:
        must_be_operator(user, channel)


def may_kick(user: User, other: User, channel: Channel) -> None:
    """Check that a user may kick another one."""
    must_be_member(user, channel)
    must_be_operator(user, channel)
    if other not in channel.members:
        raise Refused(ERR_USERNOTINCHANNEL, other.nick, channel.name)


def may_rename(user: User, channel: Channel, name: str, now: float, *, is_throttled: bool) -> None:
    """Check that a user may rename a channel."""
    if "o" in user.modes:
        return
    must_be_member(user, channel)
    must_be_operator(user, channel)
    about = (channel.name, sanitize_param(name))
    if channel.founder and channel.founder != user.account:
        raise Failed("CANNOT_RENAME", *about, f"Only its founder {channel.founder} may rename the channel")
    if is_throttled and now - channel.renamed_at < RENAME_INTERVAL_S:
        raise Failed("CANNOT_RENAME", *about, "The channel was renamed a moment ago; please wait a minute")


def may_be_forwarded_to(user: User, channel: Channel) -> bool:
    """Tell whether a user that joins a channel by a former name is forwarded to it.

    A member is not: members know the new name, so they mean another channel.
    """
    is_alive = bool(channel.founder or channel.members) and is_channel_visible(channel, user)
    return is_alive and user not in channel.members


def may_see_profile(user: User, channel: Channel) -> None:
    """Check that a user may see a channel's profile."""
    if user not in channel.members and "o" not in user.modes:
        raise Failed("KEY_NO_PERMISSION", channel.name, "*", "Only members of the channel may see that")


def may_change_profile(user: User, other: User | Channel, name: str, key: str) -> None:
    """Check that a user may change the profile of a user or channel.

    Args:
        name: The subject's name, for the reply.
        key: The key to change, "*" for all.
    """
    is_own = other is user if isinstance(other, User) else other.has(user, "o")
    if not (is_own or "o" in user.modes):
        raise Failed("KEY_NO_PERMISSION", name, key, "You may not change that")


def is_channel_visible(channel: Channel, user: User) -> bool:
    """Tell whether a user may know that a channel exists."""
    return "s" not in channel.modes or user in channel.members


def is_member_visible(channel: Channel, other: User, user: User) -> bool:
    """Tell whether a user may know that another one is in a channel."""
    return user in channel.members or (is_channel_visible(channel, user) and "i" not in other.modes)


def must_see_channel(channel: Channel, user: User, asked: str) -> None:
    """Check that a user may know that a channel exists.

    Args:
        asked: The name as the user wrote it, for the reply.
    """
    if not is_channel_visible(channel, user):
        raise Refused(ERR_NOSUCHCHANNEL, sanitize_param(asked))


def is_findable(other: User, user: User) -> bool:
    """Tell whether WHO by mask shows a user another one: invisible ones only if they share a channel."""
    return "i" not in other.modes or user.shares_a_channel_with(other)


def first_readable_id(user: User, channel: Channel) -> int:
    """Return the lowest id in a channel's log that a user may read; `MAX_ID` for none."""
    member = channel.members.get(user)
    if member is None or channel.history == "none":
        return MAX_ID
    return max(channel.era, member.joined) if channel.history == "joined" else channel.era


def readable_log(user: User, channel: Channel) -> ReadableLog:
    """Return the part of a channel's log that a user may read."""
    member, prefixes = channel.members.get(user), "".join(STATUS_PREFIXES.values())
    highest = member.prefixes[:1] if member else ""
    statuses = prefixes[prefixes.index(highest) :] if highest else ""
    return ReadableLog(channel.target, first_readable_id(user, channel), statuses, channel.status_reset_id)


def may_read(user: User, channel: Channel, row: LogRow) -> bool:
    """Tell whether a user may read a row of a channel's log."""
    log = readable_log(user, channel)
    return row.id >= log.since and (
        not row.status
        or row.sender == user.identity
        or (row.id >= log.statuses_since and row.status in log.statuses)
    )
