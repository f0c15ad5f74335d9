"""The verbs by which a connection says who it is.

Spec: https://modern.ircdocs.horse/#connection-registration
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from simplechat import __version__
from simplechat.commands.connection import leave
from simplechat.commands.context import Context
from simplechat.commands.events import keep_presence, stamp_tags
from simplechat.commands.table import ANYONE, command
from simplechat.hub.errors import Refused
from simplechat.hub.names import CHANNEL_LENGTH, NICK_LENGTH, check_nick
from simplechat.hub.policy import MOST_TARGETS
from simplechat.hub.user import User
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_NEEDMOREPARAMS,
    ERR_NOMOTD,
    ERR_NONICKNAMEGIVEN,
    ERR_PASSWDMISMATCH,
    RPL_CREATED,
    RPL_ENDOFMOTD,
    RPL_ISUPPORT,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
)

USERNAME_LENGTH = 16  # characters
REALNAME_LENGTH = 150  # characters


@command("PASS", needs=ANYONE)
def pass_(ctx: Context, password: str) -> None:
    """Give the server's password, before NICK and USER.

    Spec: https://modern.ircdocs.horse/#pass-message
    """
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    ctx.session.password = password


@command("NICK", needs=ANYONE)
def nick(ctx: Context, wanted: str = "") -> None:
    """Take a nick.

    Spec: https://modern.ircdocs.horse/#nick-message
    """
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    wanted = check_nick(wanted, ctx.hub.config.server_name)
    ctx.hub.claim(wanted, ctx.session.user)
    if ctx.session.user is None:
        ctx.session.nick = wanted
        register_if_ready(ctx)
    elif wanted != ctx.user.nick:
        _rename(ctx, ctx.user, wanted)


def _rename(ctx: Context, user: User, wanted: str) -> None:
    channels = tuple(user.channels.values())
    if channels:
        number = ctx.hub.stamp(*channels)
        tags = stamp_tags(number)
        keep_presence(ctx.entry, user, "NICK", number, channels, wanted)
    else:
        tags = {}
    ctx.send(Message("NICK", (wanted,), user.source, tags), user.listeners_around())
    ctx.hub.rename(user, wanted)


@command("USER", needs=ANYONE)
def user(ctx: Context, username: str, mode: str, unused: str, realname: str) -> None:
    """Give a username and a real name.

    Spec: https://modern.ircdocs.horse/#user-message
    """
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    kept = "".join(char for char in username if char.isalnum() or char in "-_.")[:USERNAME_LENGTH]
    if not kept or not realname:
        raise Refused(ERR_NEEDMOREPARAMS, "USER", command="USER")
    ctx.session.username = kept
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
    nick, session.password = session.nick, ""
    session.nick = ""
    ctx.hub.claim(nick, None)
    ctx.hub.arrive(session, nick)
    _welcome(ctx)


def _welcome(ctx: Context) -> None:
    config = ctx.hub.config
    started = datetime.fromtimestamp(ctx.hub.started, UTC)
    ctx.reply(RPL_WELCOME, network=config.network, nick=ctx.user.nick)
    ctx.reply(RPL_YOURHOST, server=config.server_name, version=f"simplechat-{__version__}")
    ctx.reply(RPL_CREATED, started=f"{started:%Y-%m-%d %H:%M:%S} UTC")
    ctx.reply(RPL_MYINFO, config.server_name, f"simplechat-{__version__}", "i", "n")
    ctx.reply(RPL_ISUPPORT, *_tokens(ctx))
    _motd(ctx)


def _tokens(ctx: Context) -> list[str]:
    """Give what clients should know of this server.

    Spec: https://modern.ircdocs.horse/#rplisupport-parameters
    """
    return [
        "CASEMAPPING=ascii",
        f"CHANNELLEN={CHANNEL_LENGTH}",
        "CHANTYPES=#",
        "CLIENTTAGDENY=",
        f"NETWORK={ctx.hub.config.network}",
        f"NICKLEN={NICK_LENGTH}",
        "PREFIX=",
        f"TARGMAX=JOIN:,NOTICE:{MOST_TARGETS},PART:,PRIVMSG:{MOST_TARGETS}",
        "UTF8ONLY",
    ]


def _motd(ctx: Context) -> None:
    if not ctx.hub.motd:
        ctx.reply(ERR_NOMOTD)
        return
    ctx.reply(RPL_MOTDSTART, server=ctx.hub.config.server_name)
    for line in ctx.hub.motd:
        ctx.reply(RPL_MOTD, f"- {line}")
    ctx.reply(RPL_ENDOFMOTD)
