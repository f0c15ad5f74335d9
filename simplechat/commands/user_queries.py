"""WHOIS, WHOWAS, USERHOST and ISON: facts about users."""

from __future__ import annotations

from datetime import UTC, datetime

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.hub.channel import channels_of
from simplechat.hub.errors import Refused
from simplechat.hub.names import sanitize_param
from simplechat.hub.policy import is_member_visible
from simplechat.hub.profile import user_profile
from simplechat.hub.user import User
from simplechat.ircv3.caps import METADATA
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_WASNOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHOIS,
    RPL_ENDOFWHOWAS,
    RPL_ISON,
    RPL_USERHOST,
    RPL_WHOISACCOUNT,
    RPL_WHOISACTUALLY,
    RPL_WHOISBOT,
    RPL_WHOISCHANNELS,
    RPL_WHOISIDLE,
    RPL_WHOISKEYVALUE,
    RPL_WHOISMODES,
    RPL_WHOISOPERATOR,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOWASUSER,
)

MAX_USERHOST_NICKS = 5  # nicks in one USERHOST


@command("WHOIS", needs=REGISTERED, cost=2)
def whois(ctx: Context, server_or_nick: str = "", nick: str = "") -> None:
    """Show facts about a user.

    Spec: https://modern.ircdocs.horse/#whois-message
    """
    wanted = nick or server_or_nick
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    ctx.attempt(_whois, wanted)
    ctx.reply(RPL_ENDOFWHOIS, sanitize_param(wanted))


def _whois(ctx: Context, nick: str) -> None:
    other = ctx.hub.user(nick)
    name, config = other.nick, ctx.hub.config
    ctx.reply(RPL_WHOISUSER, name, other.username, other.host, "*", other.realname)
    ctx.reply_list(RPL_WHOISCHANNELS, name, words=_channels_seen(ctx, other))
    ctx.reply(RPL_WHOISSERVER, name, config.server_name, config.description)
    if other.away:
        ctx.reply(RPL_AWAY, name, other.away)
    if "o" in other.modes:
        ctx.reply(RPL_WHOISOPERATOR, name)
    if other.account:
        ctx.reply(RPL_WHOISACCOUNT, name, other.account)
    if "B" in other.modes:
        ctx.reply(RPL_WHOISBOT, name)
    if other.is_secure:
        ctx.reply(RPL_WHOISSECURE, name)
    if other is ctx.user or "o" in ctx.user.modes:
        ctx.reply(RPL_WHOISACTUALLY, name, f"{other.username}@{other.host}", other.host)
        ctx.reply(RPL_WHOISMODES, name, f"is using modes +{''.join(sorted(other.modes))}")
    if METADATA in ctx.session.caps:
        for key, value in user_profile(ctx.hub, other).items():
            ctx.reply(RPL_WHOISKEYVALUE, name, key, "*", value)
    ctx.reply(RPL_WHOISIDLE, name, str(int(ctx.now - other.last_spoke)), str(int(other.signed_on)))


def _channels_seen(ctx: Context, other: User) -> list[str]:
    """Return the names of a user's channels that the asking user may see."""
    return [
        channel.members[other].prefixes[:1] + channel.name
        for channel in channels_of(other)
        if is_member_visible(channel, other, ctx.user)
    ]


@command("WHOWAS", needs=REGISTERED, cost=2)
def whowas(ctx: Context, nick: str = "", count: str = "") -> None:
    """Show who used a nick before, the latest first.

    Spec: https://modern.ircdocs.horse/#whowas-message
    """
    if not nick:
        raise Refused(ERR_NONICKNAMEGIVEN)
    gone = ctx.hub.whowas.entries_for(nick)
    if count.isascii() and count.isdecimal() and int(count[:3]) > 0:
        gone = gone[: int(count[:3])]
    if not gone:
        ctx.reply(ERR_WASNOSUCHNICK, sanitize_param(nick))
    for each in gone:
        ctx.reply(RPL_WHOWASUSER, each.nick, each.username, each.host, "*", each.realname)
        ctx.reply(RPL_WHOISSERVER, each.nick, ctx.hub.config.server_name, f"until {_date(each.at)}")
    ctx.reply(RPL_ENDOFWHOWAS, sanitize_param(nick))


def _date(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


@command("USERHOST", needs=REGISTERED)
def userhost(ctx: Context, nick: str, *more: str) -> None:
    """Show the addresses of users, and whether they are away (-) or operators (*).

    Spec: https://modern.ircdocs.horse/#userhost-message
    """
    found = (ctx.hub.users.get(fold(each)) for each in (nick, *more)[:MAX_USERHOST_NICKS])
    ctx.reply(RPL_USERHOST, " ".join(_userhost(user) for user in found if user))


def _userhost(user: User) -> str:
    operator = "*" if "o" in user.modes else ""
    away = "-" if user.away else "+"
    return f"{user.nick}{operator}={away}{user.username}@{user.host}"


@command("ISON", needs=REGISTERED)
def ison(ctx: Context, nick: str, *more: str) -> None:
    """Show which of some nicks are here.

    Spec: https://modern.ircdocs.horse/#ison-message
    """
    words = [word for each in (nick, *more) for word in each.split(" ")]
    here = [user.nick for word in words if (user := ctx.hub.users.get(fold(word)))]
    ctx.reply(RPL_ISON, " ".join(here))
