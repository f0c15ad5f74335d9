"""WHO and WHOX: users by channel, nick or mask, in columns that the client chooses.

Spec: https://modern.ircdocs.horse/#who-message
Spec: https://ircv3.net/specs/extensions/whox
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.hub.channel import Channel, channels_of
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import is_channel_visible, is_findable, is_member_visible
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import mask_matches, truncate_mask
from simplechat.ircv3.numerics import RPL_ENDOFWHO, RPL_WHOREPLY, RPL_WHOSPCRPL

MAX_WHO_REPLIES = 1000  # users in one answer


class WhoMatch(NamedTuple):
    """A user who was found, and the channel through which; None without one."""

    user: User
    channel: Channel | None


@command("WHO", needs=REGISTERED, cost=5)
def who(ctx: Context, mask: str = "*", options: str = "") -> None:
    """List users of a channel, or whose nick, host or name matches a mask; %fields selects columns.

    Spec: https://modern.ircdocs.horse/#who-message
    """
    flags, _, fields = options.partition("%")
    columns, _, token = fields.partition(",")
    for count, found in enumerate(_find(ctx, truncate_mask(mask))):
        if count >= MAX_WHO_REPLIES:
            break
        if "o" in flags and "o" not in found.user.modes:
            continue
        if columns:
            ctx.reply(RPL_WHOSPCRPL, *_whox_columns(ctx, found, columns, token))
        else:
            _reply(ctx, found)
    ctx.reply(RPL_ENDOFWHO, sanitize_param(mask))


def _find(ctx: Context, mask: str) -> Iterator[WhoMatch]:
    if is_channel_name(mask):
        channel = ctx.hub.channels.get(fold(mask))
        if channel is not None and is_channel_visible(channel, ctx.user):
            yield from _in_channel(ctx, channel)
        return
    exact = ctx.hub.users.get(fold(mask))
    if exact is not None:
        yield WhoMatch(exact, _channel_to_show(ctx, exact))
        return
    for user in ctx.hub.users.values():
        if is_findable(user, ctx.user) and _matches_user(user, mask):
            yield WhoMatch(user, _channel_to_show(ctx, user))


def _in_channel(ctx: Context, channel: Channel) -> Iterator[WhoMatch]:
    for user in channel.members:
        if ctx.user in channel.members or is_findable(user, ctx.user):
            yield WhoMatch(user, channel)


def _matches_user(user: User, mask: str) -> bool:
    if mask in ("*", "0"):
        return True
    return any(
        mask_matches(mask, text) for text in (user.nick, user.username, user.host, user.realname, user.source)
    )


def _channel_to_show(ctx: Context, user: User) -> Channel | None:
    """Return one channel of a user that the asking user may see."""
    return next((each for each in channels_of(user) if is_member_visible(each, user, ctx.user)), None)


def _reply(ctx: Context, found: WhoMatch) -> None:
    user = found.user
    ctx.reply(
        RPL_WHOREPLY,
        found.channel.name if found.channel else "*",
        user.username,
        user.host,
        ctx.hub.config.server_name,
        user.nick,
        _flags(ctx, found),
        f"0 {user.realname}",
    )


def _flags(ctx: Context, found: WhoMatch) -> str:
    """Return letters for here or away, operator of the server, bot, and the statuses in the channel."""
    user = found.user
    prefixes = found.channel.members[user].prefixes if found.channel else ""
    return (
        ("G" if user.away else "H")
        + ("*" if "o" in user.modes else "")
        + (prefixes if "multi-prefix" in ctx.session.caps else prefixes[:1])
        + ("B" if "B" in user.modes else "")
    )


def _whox_columns(ctx: Context, found: WhoMatch, wanted: str, token: str) -> list[str]:
    """Return the selected columns, in the order of the specification."""
    user = found.user
    values: dict[str, Callable[[], str]] = {
        "t": lambda: sanitize_param(token[:3]) if token else "0",
        "c": lambda: found.channel.name if found.channel else "*",
        "u": lambda: user.username,
        "i": lambda: user.host if user is ctx.user or "o" in ctx.user.modes else "255.255.255.255",
        "h": lambda: user.host,
        "s": lambda: ctx.hub.config.server_name,
        "n": lambda: user.nick,
        "f": lambda: _flags(ctx, found),
        "d": lambda: "0",
        "l": lambda: str(int(ctx.now - user.last_spoke)),
        "a": lambda: user.account or "0",
        "o": lambda: "n/a",  # the level of a channel operator: there are no levels here
        "r": lambda: user.realname,
    }
    return [value() for letter, value in values.items() if letter in wanted]
