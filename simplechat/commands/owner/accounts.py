"""The owner's command account accounts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from typing import Any

from simplechat.commands.accounts import check_password
from simplechat.commands.departures import end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import Work
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.login import NOT_SAVED, TOO_BUSY, copy_keys, save_account, set_password
from simplechat.commands.owner.table import OwnerError, format_time, owner_command
from simplechat.hub.account import Account
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.names import check_nick
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.records import AccountRow
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.locale import marked
from simplechat.owner_answers import Table

NEW_PASSWORD_BYTES = 10  # random, in a generated password
DISABLED = "This account was disabled"


@owner_command("account")
def account(ctx: Context, action: str = "list", name: str = "", more: str = "") -> Work | None:
    """List accounts, or: add NAME, passwd NAME, disable NAME, enable NAME, admin NAME [no]."""
    if action == "list":
        _list_accounts(ctx)
        return None
    if action not in _ACTIONS or not name:
        raise OwnerError(marked("Usage: account list, or account add|passwd|disable|enable|admin NAME"))
    return _run_action(ctx, action, name, more)


def _list_accounts(ctx: Context) -> None:
    columns = (
        marked("account"),
        marked("since"),
        marked("admin"),
        marked("disabled"),
        marked("stays"),
        marked("connected as"),
    )
    rows = [
        (
            each.name,
            format_time(each.settings.created),
            "yes" if each.settings.is_admin else "",
            "yes" if each.settings.is_disabled else "",
            each.settings.persistence,
            " ".join(sorted(user.nick for user in ctx.hub.users_of(each))),
        )
        for each in sorted(ctx.hub.accounts, key=lambda each: each.folded)
    ]
    ctx.show(Table(columns, rows))


async def _run_action(ctx: Context, action: str, name: str, more: str) -> None:
    try:
        await _ACTIONS[action](ctx, name, more)
    except HasherBusy:
        raise OwnerError(TOO_BUSY) from None
    except Failed as error:
        raise OwnerError("{why}", why=error.params[-1]) from None


async def _add(ctx: Context, name: str, password: str) -> None:
    name = _check_free(ctx, name)
    said = check_password(name, password or _random_password(ctx))
    row = await set_password(ctx, AccountRow(fold(name), name, 0, int(ctx.now)), said)
    _check_free(ctx, name)
    row = row._replace(identity=ctx.hub.new_identity())
    account = ctx.hub.accounts.add(Account(row))
    if not await save_account(ctx, account, row):
        ctx.hub.accounts.remove(account)
        raise OwnerError(NOT_SAVED)
    record_action(ctx, AuditAction.ACCOUNT, f"add {name}")
    _tell_result(ctx, marked("There is an account {name} now"), account, "" if password else said)


def _check_free(ctx: Context, name: str) -> str:
    """Return the name, normalized.

    Raises:
        OwnerError: It cannot be the name of a new account.
    """
    try:
        name = check_nick(name, ctx.hub.config.server_name)
        ctx.hub.check_nick_is_free(name, None)
    except Refused as refused:
        words = refused.numeric.text.format(**refused.fields)
        raise OwnerError(marked("{name} cannot be a new account: {why}"), name=name, why=words) from None
    return name


def _random_password(ctx: Context) -> str:
    """Return a new random password."""
    return base64.b32encode(ctx.services.passwords.random(NEW_PASSWORD_BYTES)).decode().lower()


def _tell_result(ctx: Context, text: str, account: Account, password: str) -> None:
    ctx.tell(text, name=account.name)
    if password:
        ctx.tell(marked("Its password is {password}"), password=password)


async def _passwd(ctx: Context, name: str, password: str) -> None:
    account = _find_account(ctx, name)
    said = check_password(account.name, password or _random_password(ctx))
    row = await set_password(ctx, account.settings, said)
    await _save(ctx, account, copy_keys(account.settings, row), f"passwd {account.name}")
    _tell_result(ctx, marked("{name} has another password now"), account, "" if password else said)


async def _disable(ctx: Context, name: str, more: str) -> None:
    account = _find_account(ctx, name)
    await _save(ctx, account, account.settings._replace(is_disabled=1), f"disable {account.name}")
    for user in tuple(ctx.hub.users_of(account)):
        end_user(ctx.hub, ctx.entry, user, DISABLED)
    ctx.tell(marked("Nobody can log in to {name} now"), name=account.name)


async def _enable(ctx: Context, name: str, more: str) -> None:
    account = _find_account(ctx, name)
    await _save(ctx, account, account.settings._replace(is_disabled=0), f"enable {account.name}")
    ctx.tell(marked("{name} can be used again"), name=account.name)


async def _admin(ctx: Context, name: str, more: str) -> None:
    account, is_admin = _find_account(ctx, name), int(more != "no")
    await _save(
        ctx, account, account.settings._replace(is_admin=is_admin), f"admin {account.name} {more}".strip()
    )
    if is_admin:
        ctx.tell(marked("{name} may run this server: OPER {name} and the password"), name=account.name)
        return
    for user in ctx.hub.users_of(account):
        if ctx.hub.change_mode(user, False, "o"):
            ctx.relay(Message("MODE", (user.nick, "-o"), ctx.hub.server.source), user.sessions)
    ctx.tell(marked("{name} may not run this server any more"), name=account.name)


def _find_account(ctx: Context, name: str) -> Account:
    found = ctx.hub.accounts.get(name)
    if found is None:
        raise OwnerError(marked("There is no account {name}; account list shows them"), name=name)
    return found


async def _save(ctx: Context, account: Account, row: AccountRow, words: str) -> None:
    if not await save_account(ctx, account, row):
        raise OwnerError(NOT_SAVED)
    record_action(ctx, AuditAction.ACCOUNT, words)


_ACTIONS: dict[str, Callable[[Context, str, str], Coroutine[Any, Any, None]]] = {
    "add": _add,
    "passwd": _passwd,
    "disable": _disable,
    "enable": _enable,
    "admin": _admin,
}
