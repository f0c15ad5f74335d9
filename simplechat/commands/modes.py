"""MODE: the modes, lists and member statuses of channels, and the modes of users.

Spec: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import keep_event, keep_settings
from simplechat.hub.channel import Channel, ListEntry
from simplechat.hub.errors import Refused
from simplechat.hub.ids import event_tags, seconds_of
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import (
    MUTE_PREFIX,
    may_add_list_entry,
    must_be_member,
    must_be_operator,
)
from simplechat.hub.user import Author, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import ACCOUNT_PREFIX, MAX_MASK_BYTES, complete_mask
from simplechat.ircv3.message import Message, is_middle
from simplechat.ircv3.modes import (
    CHANNEL_MODES,
    FLAG_MODES,
    LIST_MODES,
    STATUS_PREFIXES,
    USER_MODES,
    ModeChange,
    encode_modes,
    parse_modes,
    split_changes,
)
from simplechat.ircv3.numerics import (
    ERR_INVALIDMODEPARAM,
    ERR_UMODEUNKNOWNFLAG,
    ERR_UNKNOWNMODE,
    ERR_USERNOTINCHANNEL,
    ERR_USERSDONTMATCH,
    RPL_BANLIST,
    RPL_CHANNELMODEIS,
    RPL_CREATIONTIME,
    RPL_ENDOFBANLIST,
    RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVEXLIST,
    RPL_EXCEPTLIST,
    RPL_INVEXLIST,
    RPL_UMODEIS,
)

MAX_KEY_LENGTH = 32  # characters
MAX_MEMBER_LIMIT = 1_000_000  # members

_LIST_REPLIES = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVEXLIST, RPL_ENDOFINVEXLIST),
}


@command("MODE", needs=REGISTERED, cost=2)
def mode(ctx: Context, target: str, *changes: str) -> None:
    """Show or change modes: `MODE #tea +o-v ben eve`, `MODE #tea +b` lists, `MODE mynick +i`.

    Spec: https://modern.ircdocs.horse/#mode-message
    """
    if not is_channel_name(target):
        _user_mode(ctx, ctx.hub.user(target), changes)
        return
    channel = ctx.channel(target)
    if changes:
        _change_channel(ctx, channel, parse_modes(changes))
    else:
        _show_channel(ctx, channel)


# -- channels ------------------------------------------------------------------------------------------


def _show_channel(ctx: Context, channel: Channel) -> None:
    is_member = ctx.user in channel.members
    flags = "".join(sorted(channel.modes))
    params = []
    if channel.key:
        flags += "k"
        params.append(channel.key if is_member else "*")
    if channel.member_limit:
        flags += "l"
        params.append(str(channel.member_limit))
    ctx.reply(RPL_CHANNELMODEIS, channel.name, f"+{flags}", *params)
    ctx.reply(RPL_CREATIONTIME, channel.name, str(int(seconds_of(channel.created))))


def _change_channel(ctx: Context, channel: Channel, changes: list[ModeChange]) -> None:
    if not all(map(_is_query, changes)):
        must_be_member(ctx.user, channel)
        must_be_operator(ctx.user, channel)
    change_modes(ctx, channel, ctx.user, changes)


def change_modes(
    ctx: Context, channel: Channel, by: User | Author, changes: list[ModeChange]
) -> list[ModeChange]:
    """Make those changes that are possible, tell all members, and return them."""
    done: list[ModeChange] = []
    try:
        for change in changes:
            ctx.attempt(_apply_change, channel, by, change, done)
    finally:  # so that the changes are undone if anything raises from here on
        if done:
            keep_settings(ctx, channel)
    for fitting in split_changes(done):
        number = ctx.hub.mint_id(channel)
        words = encode_modes(fitting)
        message = Message("MODE", (channel.name, *words), by.source, event_tags(number))
        keep_event(ctx, channel, by, "MODE", number, " ".join(words))
        ctx.send(message, channel.listeners())
    return done


def _apply_change(
    ctx: Context, channel: Channel, by: User | Author, change: ModeChange, done: list[ModeChange]
) -> None:
    """Make one change; append it to `done` if it changed something.

    Raises:
        Refused: The user may not make it, or it makes no sense.
    """
    if change.letter not in CHANNEL_MODES:
        raise Refused(ERR_UNKNOWNMODE, sanitize_param(change.letter))
    if _is_query(change):
        _show_list(ctx, channel, change.letter)
        return
    if change.letter in LIST_MODES:
        made = _change_list(ctx, channel, by, change)
    elif change.letter in STATUS_PREFIXES:
        made = _change_status(ctx, channel, change)
    elif change.letter in FLAG_MODES:
        made = _change_flag(channel, change)
    else:
        made = _change_key(channel, change) if change.letter == "k" else _change_limit(channel, change)
    if made:
        done.append(made)


def _is_query(change: ModeChange) -> bool:
    return change.letter in LIST_MODES and not change.param


def _show_list(ctx: Context, channel: Channel, letter: str) -> None:
    if letter != "b":
        must_be_operator(ctx.user, channel)
    item, end = _LIST_REPLIES[letter]
    for listed in channel.lists[letter].values():
        ctx.reply(item, channel.name, listed.mask, listed.by, str(listed.at))
    ctx.reply(end, channel.name)


def _change_list(ctx: Context, channel: Channel, by: User | Author, change: ModeChange) -> ModeChange | None:
    mask = _mask(channel, change)
    listed = channel.lists[change.letter]
    if change.is_set is (fold(mask) in listed):
        return None
    if change.is_set:
        may_add_list_entry(channel, change.letter)
        listed[fold(mask)] = ListEntry(mask, by.nick, int(ctx.now))
    else:
        del listed[fold(mask)]
    return change._replace(param=mask)


def _mask(channel: Channel, change: ModeChange) -> str:
    """Return the whole mask, after `m:` for a mute; an account, `a:name`, stays as it is."""
    text = change.param or ""
    kind = MUTE_PREFIX if text.startswith(MUTE_PREFIX) else ""
    rest = text.removeprefix(kind)
    if not rest:
        raise Refused(ERR_INVALIDMODEPARAM, channel.name, change.letter, "*", why="There is no mask")
    mask = kind + (rest if rest.startswith(ACCOUNT_PREFIX) else complete_mask(rest))
    if len(mask.encode()) > MAX_MASK_BYTES or not is_middle(mask):
        why = f"A mask has at most {MAX_MASK_BYTES} bytes, no space, and does not begin with a colon"
        raise Refused(ERR_INVALIDMODEPARAM, channel.name, change.letter, "*", why=why)
    return mask


def _change_status(ctx: Context, channel: Channel, change: ModeChange) -> ModeChange | None:
    if not change.param:
        return None
    user = ctx.hub.user(change.param)
    member = channel.members.get(user)
    if member is None:
        raise Refused(ERR_USERNOTINCHANNEL, user.nick, channel.name)
    if not member.change(change.is_set, change.letter):
        return None
    ctx.entry.on_refused(lambda: member.change(not change.is_set, change.letter))
    ctx.hub.unsaved.mark_changed(user)
    return change._replace(param=user.nick)


def _change_flag(channel: Channel, change: ModeChange) -> ModeChange | None:
    if change.is_set is (change.letter in channel.modes):
        return None
    if change.is_set:
        channel.modes.add(change.letter)
    else:
        channel.modes.discard(change.letter)
    return change


def _change_key(channel: Channel, change: ModeChange) -> ModeChange | None:
    if not change.is_set:
        gone, channel.key = channel.key, ""
        return change._replace(param="*") if gone else None
    key = change.param or ""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isprintable() or set(key) & set(" ,") or key[0] == ":":
        why = f"A key has 1 to {MAX_KEY_LENGTH} visible characters, no comma, and does not begin with a colon"
        raise Refused(ERR_INVALIDMODEPARAM, channel.name, "k", "*", why=why)
    if channel.key == key:
        return None
    channel.key = key
    return change


def _change_limit(channel: Channel, change: ModeChange) -> ModeChange | None:
    if not change.is_set:
        gone, channel.member_limit = channel.member_limit, 0
        return change if gone else None
    number = change.param or ""
    if not (
        number.isascii() and number.isdecimal() and len(number) < 9 and 0 < int(number) <= MAX_MEMBER_LIMIT
    ):
        why = f"A limit is a number from 1 to {MAX_MEMBER_LIMIT}"
        raise Refused(ERR_INVALIDMODEPARAM, channel.name, "l", sanitize_param(number), why=why)
    if channel.member_limit == int(number):
        return None
    channel.member_limit = int(number)
    return change._replace(param=str(channel.member_limit))


# -- users ---------------------------------------------------------------------------------------------


def _user_mode(ctx: Context, user: User, words: tuple[str, ...]) -> None:
    if user is not ctx.user:
        raise Refused(ERR_USERSDONTMATCH)
    if not words:
        ctx.reply(RPL_UMODEIS, "+" + "".join(sorted(user.modes)))
        return
    changes = parse_modes(words[:1])
    unknown = {change.letter for change in changes} - set(USER_MODES)
    done = [change._replace(param=None) for change in changes if _change_user(ctx, change)]
    if done:
        ctx.send(Message("MODE", (user.nick, *encode_modes(done)), user.source), user.sessions)
    if unknown:
        raise Refused(ERR_UMODEUNKNOWNFLAG, letters=sanitize_param("".join(sorted(unknown))))


def _change_user(ctx: Context, change: ModeChange) -> bool:
    """Change one of the user's own modes; return whether it changed. +o is ignored."""
    if change.letter not in USER_MODES or (change.is_set and change.letter == "o"):
        return False
    return ctx.hub.change_mode(ctx.user, change.is_set, change.letter)
