"""PERSISTENCE: whether a user stays in channels without a connection.

Spec: https://github.com/ircv3/ircv3-specifications/pull/503
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, Work, command
from simplechat.commands.login import NOT_SAVED, save_account
from simplechat.hub.account import Account
from simplechat.hub.user import sessions_with
from simplechat.ircv3.message import Message

PERSISTENCE = "draft/persistence"
DEFAULT = "DEFAULT"
SETTINGS = {"ON": "ON", "OFF": "OFF", DEFAULT: ""}


@command("PERSISTENCE", needs=REGISTERED, cost=2)
def persistence(ctx: Context, subcommand: str, setting: str = "") -> Work | None:
    """Stay in your channels when you have no connection: PERSISTENCE SET ON, OFF or DEFAULT; or GET.

    Spec: https://github.com/ircv3/ircv3-specifications/pull/503
    """
    account = ctx.hub.accounts.get(ctx.user.account)
    if subcommand.upper() not in ("GET", "SET"):
        return None
    if account is None:
        ctx.fail("ACCOUNT_REQUIRED", "An account is needed for that; see HELP REGISTER")
    elif subcommand.upper() == "GET":
        ctx.send(_status(ctx, account), (ctx.session,))
    elif setting.upper() not in SETTINGS:
        ctx.fail("INVALID_PARAMETERS", "It is ON, OFF or DEFAULT")
    else:
        return _set(ctx, account, SETTINGS[setting.upper()])
    return None


async def _set(ctx: Context, account: Account, setting: str) -> None:
    if not await save_account(ctx, account, account.settings._replace(persistence=setting)):
        ctx.fail("INTERNAL_ERROR", NOT_SAVED)
        return
    users = ctx.hub.users_of(account)
    others = sessions_with((session for user in users for session in user.sessions), PERSISTENCE)
    listeners = dict.fromkeys((ctx.session, *others))
    ctx.send(_status(ctx, account), tuple(listeners))


def _status(ctx: Context, account: Account) -> Message:
    wanted = account.settings.persistence or DEFAULT
    is_on = "ON" if wanted == "ON" else "OFF"
    return Message("PERSISTENCE", ("STATUS", wanted, is_on), ctx.hub.config.server_name)


def show_persistence(ctx: Context) -> None:
    """Send the setting to a session that has the capability."""
    account = ctx.hub.accounts.get(ctx.user.account)
    if account is not None and PERSISTENCE in ctx.session.caps:
        ctx.send(_status(ctx, account), (ctx.session,))
