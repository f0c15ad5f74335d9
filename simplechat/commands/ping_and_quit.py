"""PING, PONG and QUIT: keeping a connection alive, and ending it."""

from __future__ import annotations

from simplechat.commands.departures import end_lost_session, end_session
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, command
from simplechat.hub.errors import Refused
from simplechat.hub.linger import wants_to_linger
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.numerics import ERR_NOORIGIN


@command("PING", needs=ANYONE)
def ping(ctx: Context, token: str = "") -> None:
    """Return a word, once everything that was sent before it is stored or refused.

    Spec: https://modern.ircdocs.horse/#ping-message
    """
    if not token:
        raise Refused(ERR_NOORIGIN)
    ctx.answer("PONG", ctx.hub.config.server_name, token)


@command("PONG", needs=ANYONE)
def pong(ctx: Context) -> None:
    """Answer a PING of the server.

    Spec: https://modern.ircdocs.horse/#pong-message
    """


@command("QUIT", needs=ANYONE)
def quit_(ctx: Context, reason: str = "") -> None:
    """Leave the server, with a reason for the others.

    Spec: https://modern.ircdocs.horse/#quit-message
    """
    words, user = f"Quit: {reason}" if reason else "Quit", ctx.session.user
    if user is not None:
        ctx.send(fit_to_line(Message("QUIT", (words,), user.source)), (ctx.session,))
    if user is not None and wants_to_linger(ctx.hub, user):
        end_lost_session(ctx.hub, ctx.entry, ctx.session, words)
    else:
        end_session(ctx.hub, ctx.entry, ctx.session, words)
