"""PASS, NICK and USER: how a connection becomes a user.

Spec: https://modern.ircdocs.horse/#connection-registration
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

from simplechat import __version__
from simplechat.commands.departures import end_session
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.notifications import notify_away, notify_monitors
from simplechat.commands.framework.table import ANYONE, command
from simplechat.commands.isupport import USERNAME_LENGTH, _show_tokens
from simplechat.commands.joining import show_channel_again
from simplechat.commands.log.log_rows import keep_presence
from simplechat.commands.log.replay import replay_missed
from simplechat.commands.metadata import adopt_early_profile, show_own_profile
from simplechat.commands.metadata_notifications import notify_monitors_of_profile
from simplechat.commands.persistence import show_persistence
from simplechat.commands.sasl import abort_exchange
from simplechat.commands.server_queries import lusers, motd
from simplechat.commands.user_status import REALNAME_LENGTH
from simplechat.hub.channel import channels_of
from simplechat.hub.errors import Refused
from simplechat.hub.ids import event_tags
from simplechat.hub.names import check_nick
from simplechat.hub.records import BAN
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.modes import CHANNEL_MODES, USER_MODES
from simplechat.ircv3.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_NONICKNAMEGIVEN,
    ERR_PASSWDMISMATCH,
    ERR_YOUREBANNEDCREEP,
    RPL_CREATED,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
)

NO_REASON = "no reason was given"


@command("PASS", needs=ANYONE)
def pass_(ctx: Context, password: str) -> None:
    """Send the server's password, before NICK and USER.

    Spec: https://modern.ircdocs.horse/#pass-message
    """
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    ctx.session.password = password


@command("NICK", needs=ANYONE, cost=2)
def nick(ctx: Context, wanted: str = "") -> None:
    """Choose a nick, or change it.

    Spec: https://modern.ircdocs.horse/#nick-message
    """
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    if ctx.session.user is None:
        ctx.session.requested_nick = wanted
    wanted = check_nick(wanted, ctx.hub.config.server_name)
    if ctx.session.user is None:
        _check_may_request(ctx, wanted)
        ctx.session.nick = wanted
        register_if_ready(ctx)
        return
    ctx.hub.check_nick_is_free(wanted, ctx.session.user, ctx.user.account)
    if wanted != ctx.user.nick:
        _rename(ctx, ctx.user, wanted)


def _check_may_request(ctx: Context, wanted: str) -> None:
    """Check that a session may take a nick; one of an account if it can still log in."""
    hub, session = ctx.hub, ctx.session
    user = hub.users.get(fold(wanted))
    is_an_accounts = hub.accounts.find_by_nick(wanted) is not None or (user is not None and user.account)
    if not (session.is_negotiating and is_an_accounts):
        _own_user_or_free(ctx, wanted)


def _own_user_or_free(ctx: Context, nick: str) -> User | None:
    """Return the user of a nick if the session has logged in as them, None if the nick is free.

    Raises:
        Refused: Somebody else has the nick.
    """
    account = ctx.session.account
    own = ctx.hub.find_own_user(nick, account)
    if own is None:
        ctx.hub.check_nick_is_free(nick, None, account.name if account else "")
    return own


def _rename(ctx: Context, user: User, wanted: str) -> None:
    channels = channels_of(user)
    if channels:
        number = ctx.hub.mint_id(*channels)
        tags = event_tags(number)
        keep_presence(ctx.entry, user, "NICK", number, channels, wanted)
    else:
        tags = {}
    ctx.send(Message("NICK", (wanted,), user.source, tags), user.listeners_around())
    old, is_other = user.nick, fold(wanted) != user.folded
    ctx.hub.rename(user, wanted)
    if is_other:
        notify_monitors(ctx.hub, ctx.entry, RPL_MONOFFLINE, old, old)
        notify_monitors(ctx.hub, ctx.entry, RPL_MONONLINE, wanted, user.source)
        notify_monitors_of_profile(ctx, user)


@command("USER", needs=ANYONE)
def user(ctx: Context, username: str, mode: str, unused: str, realname: str) -> None:
    """Send your username and real name.

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
    """Register the session once it has sent everything that is needed."""
    session = ctx.session
    if session.user is not None or session.is_negotiating or not (session.nick and session.username):
        return
    wanted = ctx.hub.config.password
    if wanted and not hmac.compare_digest(wanted.encode(), session.password.encode()):
        ctx.reply(ERR_PASSWDMISMATCH)
        end_session(ctx.hub, ctx.entry, session, "Wrong password")
        return
    nick, session.nick = session.nick, ""
    own = _own_user_or_free(ctx, nick)
    session.password = ""
    ban = ctx.hub.bans.find_for_session(session, BAN, ctx.now)
    if ban is not None:
        ctx.reply(ERR_YOUREBANNEDCREEP, why=ban.reason or NO_REASON)
        end_session(ctx.hub, ctx.entry, session, "Banned")
        return
    if session.exchange is not None:
        abort_exchange(ctx)
    if own is None:
        _add_user(ctx, nick)
    else:
        _attach_to_user(ctx, own)
    replay_missed(ctx)


def _add_user(ctx: Context, nick: str) -> None:
    user = ctx.hub.create_user(ctx.session, nick)
    user.away_message = ctx.session.away_message
    _welcome(ctx)
    notify_monitors(ctx.hub, ctx.entry, RPL_MONONLINE, user.nick, user.source)
    notify_monitors_of_profile(ctx, user)


def _attach_to_user(ctx: Context, user: User) -> None:
    """Add the session to a user who is here already; others see at most that the user is back."""
    session, before, was_absent = ctx.session, user.away, not user.sessions
    ctx.hub.attach(session, user)
    if session.away_message or (was_absent and not session.is_background):
        user.away_message = session.away_message
    notify_away(ctx.hub, ctx.entry, user, before, session)
    _welcome(ctx)
    for channel in channels_of(user):
        show_channel_again(ctx, channel, was_absent=was_absent)


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
    show_own_profile(ctx, adopt_early_profile(ctx))
    motd(ctx)
