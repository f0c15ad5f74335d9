"""AWAY and SETNAME: what a user tells about themselves."""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.notifications import notify_away, sessions_to_notify
from simplechat.commands.framework.table import ANYONE, REGISTERED, command
from simplechat.hub.errors import Refused
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NOTREGISTERED, RPL_NOWAWAY, RPL_UNAWAY

BACKGROUND = "*"  # in AWAY: nobody is at this connection
AWAY_LENGTH = 200  # characters
REALNAME_LENGTH = 150  # characters


@command("AWAY", needs=ANYONE, cost=2)
def away(ctx: Context, why: str = "") -> None:
    """Mark yourself as away, with a reason; without one, as back.

    Spec: https://modern.ircdocs.horse/#away-message
    Spec: https://ircv3.net/specs/extensions/pre-away
    """
    session, user = ctx.session, ctx.session.user
    knows_background = "draft/pre-away" in session.caps
    if user is None and not knows_background:
        raise Refused(ERR_NOTREGISTERED)
    who, before = user or session, user.away if user else ""
    session.is_background = knows_background and why == BACKGROUND
    if not session.is_background:
        who.away_message = why[:AWAY_LENGTH]
    if user is not None:
        notify_away(ctx.hub, ctx.entry, user, before, session)
        ctx.hub.unsaved.mark_changed(user)
    ctx.reply(RPL_NOWAWAY if why else RPL_UNAWAY)


@command("SETNAME", needs=REGISTERED, cost=2)
def setname(ctx: Context, realname: str) -> None:
    """Change your real name.

    Spec: https://ircv3.net/specs/extensions/setname
    """
    if not realname or len(realname) > REALNAME_LENGTH:
        ctx.fail("INVALID_REALNAME", f"A real name has 1 to {REALNAME_LENGTH} characters")
        return
    message = Message("SETNAME", (realname,), ctx.user.source)
    ctx.relay(message, _others_to_notify(ctx, "setname"))
    if "setname" in ctx.session.caps:
        ctx.send(message, (ctx.session,))
    ctx.user.realname = realname


def _others_to_notify(ctx: Context, cap: str) -> tuple[Session, ...]:
    """Return the other sessions that are notified of a change in the user."""
    return tuple(
        session for session in sessions_to_notify(ctx.hub, ctx.user, cap) if session is not ctx.session
    )
