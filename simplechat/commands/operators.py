"""OPER, KILL and WALLOPS: the commands of the server's operators.

Spec: https://modern.ircdocs.horse/#operator-messages
"""

from __future__ import annotations

import hmac

from simplechat.commands.departures import end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, Work, command
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.login import verify_password
from simplechat.hub.errors import Refused
from simplechat.hub.names import sanitize_param
from simplechat.hub.policy import must_be_server_operator
from simplechat.hub.user import User
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NOOPERHOST, ERR_PASSWDMISMATCH, RPL_YOUREOPER
from simplechat.ircv3.saslprep import BadPassword, prepare_password


@command("OPER", needs=REGISTERED, cost=5)
def oper(ctx: Context, name: str, password: str) -> Work | None:
    """Become an operator of the server, by the name and password of an admin's account.

    Spec: https://modern.ircdocs.horse/#oper-message
    """
    given = f"{name}:{password}".encode()
    known = [hmac.compare_digest(given, each.encode()) for each in ctx.hub.config.oper]
    if any(known):
        _promote(ctx, name)
        return None
    return _oper_by_account(ctx, name, password)


async def _oper_by_account(ctx: Context, name: str, password: str) -> None:
    try:
        account = await verify_password(ctx, name, prepare_password(password))
    except (Refused, BadPassword):
        raise Refused(ERR_PASSWDMISMATCH) from None
    if not account.settings.is_admin:
        raise Refused(ERR_NOOPERHOST)
    if not ctx.session.is_leaving:
        _promote(ctx, account.name)


def _promote(ctx: Context, name: str) -> None:
    record_action(ctx, AuditAction.OPER, sanitize_param(name))
    ctx.hub.change_mode(ctx.user, True, "o")
    ctx.reply(RPL_YOUREOPER)
    ctx.send(Message("MODE", (ctx.user.nick, "+o"), ctx.user.source), ctx.user.sessions)


@command("KILL", needs=REGISTERED)
def kill(ctx: Context, nick: User, reason: str = "No reason given") -> None:
    """Close a user's connections.

    Spec: https://modern.ircdocs.horse/#kill-message
    """
    must_be_server_operator(ctx.user)
    record_action(ctx, AuditAction.KILL, f"{nick.nick} {reason}")
    told = f"Killed by {ctx.user.nick}: {reason}"
    ctx.relay(Message("KILL", (nick.nick, told), ctx.user.source), nick.sessions)
    end_user(ctx.hub, ctx.entry, nick, told)


@command("WALLOPS", needs=REGISTERED)
def wallops(ctx: Context, text: str) -> None:
    """Send a message to all users who have mode +w.

    Spec: https://modern.ircdocs.horse/#wallops-message
    """
    must_be_server_operator(ctx.user)
    record_action(ctx, AuditAction.WALLOPS, "")
    listeners = (session for user in ctx.hub.users_by_mode["w"] for session in user.sessions)
    ctx.send(Message("WALLOPS", (text,), ctx.user.source), tuple(listeners))
