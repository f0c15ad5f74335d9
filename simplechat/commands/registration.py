"""The verbs by which a connection says who it is.

Spec: https://modern.ircdocs.horse/#connection-registration
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from functools import cache

from simplechat import __version__
from simplechat.commands.channel_lists import MOST_NAMES
from simplechat.commands.channels import MOST_KICKED, show_again
from simplechat.commands.connection import leave
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.events import keep_presence, stamp_tags, tell_away, tell_watchers
from simplechat.commands.framework.table import ANYONE, command
from simplechat.commands.history import MOST_ROWS
from simplechat.commands.log.replay import tell_waiting
from simplechat.commands.metadata import show_own, take_early
from simplechat.commands.metadata_updates import tell_watchers_of
from simplechat.commands.modes import LONGEST_KEY
from simplechat.commands.persistence import show_persistence
from simplechat.commands.sasl import give_up
from simplechat.commands.server import lusers, motd
from simplechat.commands.user_queries import AWAY_LENGTH, REALNAME_LENGTH
from simplechat.hub.channel import MOST_LISTED
from simplechat.hub.errors import Refused
from simplechat.hub.monitor import MOST_WATCHED
from simplechat.hub.names import CHANNEL_LENGTH, NICK_LENGTH, check_nick
from simplechat.hub.policy import MOST_CHANNELS, MOST_TARGETS
from simplechat.hub.records import BAN
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.modes import (
    CHANNEL_MODES,
    FLAG_MODES,
    LIST_MODES,
    MAX_MODE_CHANGES,
    PARAM_MODES,
    SET_PARAM_MODES,
    STATUS_PREFIXES,
    USER_MODES,
)
from simplechat.ircv3.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_NONICKNAMEGIVEN,
    ERR_NOTREGISTERED,
    ERR_PASSWDMISMATCH,
    ERR_YOUREBANNEDCREEP,
    RPL_CREATED,
    RPL_ISUPPORT,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
)
from simplechat.ircv3.selectors import REFERENCE_TYPES

EXTENDED_ISUPPORT = "draft/extended-isupport"
NO_REASON = "no reason was given"
USERNAME_LENGTH = 16  # characters
TOKENS_IN_LINE = 12
MOST_OF = {
    "JOIN": None,
    "KICK": MOST_KICKED,
    "LIST": MOST_NAMES,
    "NAMES": MOST_NAMES,
    "NOTICE": MOST_TARGETS,
    "PART": None,
    "PRIVMSG": MOST_TARGETS,
    "TAGMSG": MOST_TARGETS,
    "WHOIS": 1,
}
"""How many targets one command may have; None for any number."""


@command("PASS", needs=ANYONE)
def pass_(ctx: Context, password: str) -> None:
    """Give the server's password, before NICK and USER.

    Spec: https://modern.ircdocs.horse/#pass-message
    """
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    ctx.session.password = password


@command("NICK", needs=ANYONE, cost=2)
def nick(ctx: Context, wanted: str = "") -> None:
    """Take a nick.

    Spec: https://modern.ircdocs.horse/#nick-message
    """
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    wanted = check_nick(wanted, ctx.hub.config.server_name)
    if ctx.session.user is None:
        _check_may_wait_for(ctx, wanted)
        ctx.session.nick = wanted
        register_if_ready(ctx)
        return
    ctx.hub.claim(wanted, ctx.session.user, ctx.user.account)
    if wanted != ctx.user.nick:
        _rename(ctx, ctx.user, wanted)


def _check_may_wait_for(ctx: Context, wanted: str) -> None:
    """Make sure that a newcomer may have a nick; an account's, once logged in to it."""
    hub, session = ctx.hub, ctx.session
    user = hub.users.get(fold(wanted))
    is_an_accounts = hub.accounts.reserving(wanted) is not None or (user is not None and user.account)
    if not (session.is_negotiating and is_an_accounts):
        _own_or_claim(ctx, wanted)


def _own_or_claim(ctx: Context, nick: str) -> User | None:
    """Give the user of this nick if the session has logged in as them; else make sure that it is free."""
    account = ctx.session.account
    own = ctx.hub.owned(nick, account)
    if own is None:
        ctx.hub.claim(nick, None, account.name if account else "")
    return own


def _rename(ctx: Context, user: User, wanted: str) -> None:
    channels = tuple(user.channels.values())
    if channels:
        number = ctx.hub.stamp(*channels)
        tags = stamp_tags(number)
        keep_presence(ctx.entry, user, "NICK", number, channels, wanted)
    else:
        tags = {}
    ctx.send(Message("NICK", (wanted,), user.source, tags), user.listeners_around())
    old, is_other = user.nick, fold(wanted) != user.folded
    ctx.hub.rename(user, wanted)
    if is_other:
        tell_watchers(ctx.hub, ctx.entry, RPL_MONOFFLINE, old, old)
        tell_watchers(ctx.hub, ctx.entry, RPL_MONONLINE, wanted, user.source)
        tell_watchers_of(ctx, user)


@command("USER", needs=ANYONE)
def user(ctx: Context, username: str, mode: str, unused: str, realname: str) -> None:
    """Give a username and a real name.

    Spec: https://modern.ircdocs.horse/#user-message
    """
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not username or not realname:
        ctx.refuse_arity()
    ctx.session.username = re.sub("[^A-Za-z0-9._-]", "", username)[:USERNAME_LENGTH] or "user"
    ctx.session.realname = realname[:REALNAME_LENGTH]
    register_if_ready(ctx)


def register_if_ready(ctx: Context) -> None:
    """Let the session in once it has said all that is needed."""
    session = ctx.session
    if session.user is not None or session.is_negotiating or not (session.nick and session.username):
        return
    wanted = ctx.hub.config.password
    if wanted and not hmac.compare_digest(wanted.encode(), session.password.encode()):
        ctx.reply(ERR_PASSWDMISMATCH)
        leave(ctx.hub, ctx.entry, session, "Wrong password")
        return
    nick, session.nick = session.nick, ""
    own = _own_or_claim(ctx, nick)
    session.password = ""
    ban = ctx.hub.bans.of_session(session, BAN, ctx.now)
    if ban is not None:
        ctx.reply(ERR_YOUREBANNEDCREEP, why=ban.reason or NO_REASON)
        leave(ctx.hub, ctx.entry, session, "Banned")
        return
    if session.exchange is not None:
        give_up(ctx)
    if own is None:
        _arrive(ctx, nick)
    else:
        _come_back(ctx, own)
    tell_waiting(ctx)


def _arrive(ctx: Context, nick: str) -> None:
    user = ctx.hub.arrive(ctx.session, nick)
    user.excuse = ctx.session.excuse
    _welcome(ctx)
    tell_watchers(ctx.hub, ctx.entry, RPL_MONONLINE, user.nick, user.source)
    tell_watchers_of(ctx, user)


def _come_back(ctx: Context, user: User) -> None:
    """Let one more connection speak for a user who is here; others see no more than that they are back."""
    session, before, was_absent = ctx.session, user.away, not user.sessions
    ctx.hub.attach(session, user)
    if session.excuse or (was_absent and not session.is_background):
        user.excuse = session.excuse
    tell_away(ctx.hub, ctx.entry, user, before, session)
    _welcome(ctx)
    for channel in user.channels.values():
        show_again(ctx, channel, was_absent=was_absent)


def _welcome(ctx: Context) -> None:
    config = ctx.hub.config
    started = datetime.fromtimestamp(ctx.hub.started, UTC)
    ctx.reply(RPL_WELCOME, network=config.network, nick=ctx.user.nick)
    ctx.reply(RPL_YOURHOST, server=config.server_name, version=f"simplechat-{__version__}")
    ctx.reply(RPL_CREATED, started=f"{started:%Y-%m-%d %H:%M:%S} UTC")
    ctx.reply(RPL_MYINFO, config.server_name, f"simplechat-{__version__}", USER_MODES, CHANNEL_MODES)
    _show_tokens(ctx)
    show_persistence(ctx)
    if {"draft/whoami", "chghost"} <= ctx.session.caps:
        ctx.send(fit_to_line(Message("SETNAME", (ctx.user.realname,), ctx.user.source)), (ctx.session,))
    lusers(ctx)
    show_own(ctx, take_early(ctx))
    motd(ctx)


@command("ISUPPORT", needs=ANYONE, cost=2)
def isupport(ctx: Context) -> None:
    """Tell what clients should know of this server.

    Spec: https://ircv3.net/specs/extensions/extended-isupport
    """
    if ctx.session.user is None and EXTENDED_ISUPPORT not in ctx.session.caps:
        raise Refused(ERR_NOTREGISTERED)
    _show_tokens(ctx)


def _show_tokens(ctx: Context) -> None:
    """Tell it, in a batch where that is understood."""
    is_batched = {"batch", EXTENDED_ISUPPORT} <= ctx.session.caps
    tags = {"batch": "isupport"} if is_batched else {}
    if is_batched:
        ctx.answer("BATCH", "+isupport", "draft/isupport")
    for tokens in _token_lines(ctx.hub.config.network, ctx.hub.config.icon):
        ctx.send(ctx.numeric(RPL_ISUPPORT, *tokens)._replace(tags=tags), (ctx.session,))
    if is_batched:
        ctx.answer("BATCH", "-isupport")


def _escaped(value: str) -> str:
    """Write a token's value so that it holds no backslash and no equals sign."""
    return value.replace("\\", r"\x5C").replace("=", r"\x3D")


@cache
def _token_lines(network: str, icon: str) -> list[list[str]]:
    """Give what clients should know of this server, in lines.

    Spec: https://ircv3.net/specs/extensions/network-icon
    Spec: https://modern.ircdocs.horse/#rplisupport-parameters
    """
    targets = ",".join(f"{verb}:{most or ''}" for verb, most in MOST_OF.items())
    tokens = [
        f"AWAYLEN={AWAY_LENGTH}",
        "BOT=B",
        "CASEMAPPING=ascii",
        f"CHATHISTORY={MOST_ROWS}",
        f"CHANLIMIT=#:{MOST_CHANNELS}",
        f"CHANMODES={LIST_MODES},{PARAM_MODES},{SET_PARAM_MODES},{FLAG_MODES}",
        f"CHANNELLEN={CHANNEL_LENGTH}",
        "CHANTYPES=#",
        "CLIENTTAGDENY=",
        "ELIST=CMNTU",
        "EXCEPTS=e",
        "EXTBAN=,am",
        "ACCOUNTEXTBAN=a",
        "INVEX=I",
        f"KEYLEN={LONGEST_KEY}",
        f"MAXLIST={LIST_MODES}:{MOST_LISTED}",
        f"MAXTARGETS={MOST_TARGETS}",
        f"MODES={MAX_MODE_CHANGES}",
        f"MONITOR={MOST_WATCHED}",
        f"MSGREFTYPES={','.join(REFERENCE_TYPES)}",
        f"NAMELEN={REALNAME_LENGTH}",
        f"NETWORK={network}",
        f"NICKLEN={NICK_LENGTH}",
        f"PREFIX=({''.join(STATUS_PREFIXES)}){''.join(STATUS_PREFIXES.values())}",
        f"STATUSMSG={''.join(STATUS_PREFIXES.values())}",
        f"TARGMAX={targets}",
        f"USERLEN={USERNAME_LENGTH}",
        "UTF8ONLY",
        "WHOX",
    ]
    if icon:
        tokens.append(f"draft/ICON={_escaped(icon)}")
    return [tokens[place : place + TOKENS_IN_LINE] for place in range(0, len(tokens), TOKENS_IN_LINE)]
