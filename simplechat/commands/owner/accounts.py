"""The owner's verb about accounts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from typing import Any

from simplechat.commands.accounts import check_password
from simplechat.commands.audit import AuditAction, record_action
from simplechat.commands.departures import end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import Work
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

NEW_PASSWORD_BYTES = 10  # of chance, in a password that nobody chose
DISABLED = "This account was disabled"


@owner_command("account")
def account(ctx: Context, what: str = "list", name: str = "", more: str = "") -> Work | None:
    """List accounts, or: add NAME, passwd NAME, disable NAME, enable NAME, admin NAME [no]."""
    if what == "list":
        _list(ctx)
        return None
    if what not in _CHANGES or not name:
        raise OwnerError(marked("It is: account list, or account add|passwd|disable|enable|admin NAME"))
    return _change(ctx, what, name, more)


def _list(ctx: Context) -> None:
    columns = (
        marked("account"),
        marked("since"),
        marked("admin"),
        marked("disabled"),
        marked("stays"),
        marked("here as"),
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


async def _change(ctx: Context, what: str, name: str, more: str) -> None:
    try:
        await _CHANGES[what](ctx, name, more)
    except HasherBusy:
        raise OwnerError(TOO_BUSY) from None
    except Failed as error:
        raise OwnerError("{why}", why=error.params[-1]) from None


async def _add(ctx: Context, name: str, password: str) -> None:
    name = _check_free(ctx, name)
    said = check_password(name, password or _chosen(ctx))
    row = await set_password(ctx, AccountRow(fold(name), name, 0, int(ctx.now)), said)
    _check_free(ctx, name)
    row = row._replace(identity=ctx.hub.new_identity())
    made = ctx.hub.accounts.add(Account(row))
    if not await save_account(ctx, made, row):
        ctx.hub.accounts.remove(made)
        raise OwnerError(NOT_SAVED)
    record_action(ctx, AuditAction.ACCOUNT, f"add {name}")
    _tell(ctx, marked("There is an account {name} now"), made, "" if password else said)


def _check_free(ctx: Context, name: str) -> str:
    """Give the name in its one spelling, if it can be a new account's."""
    try:
        name = check_nick(name, ctx.hub.config.server_name)
        ctx.hub.check_nick(name, None)
    except Refused as refused:
        words = refused.numeric.text.format(**refused.fields)
        raise OwnerError(marked("{name} cannot be a new account: {why}"), name=name, why=words) from None
    return name


def _chosen(ctx: Context) -> str:
    """Give a new password that nobody knows."""
    return base64.b32encode(ctx.services.passwords.random(NEW_PASSWORD_BYTES)).decode().lower()


def _tell(ctx: Context, text: str, about: Account, password: str) -> None:
    ctx.tell(text, name=about.name)
    if password:
        ctx.tell(marked("Its password is {password}"), password=password)


async def _passwd(ctx: Context, name: str, password: str) -> None:
    about = _the(ctx, name)
    said = check_password(about.name, password or _chosen(ctx))
    row = await set_password(ctx, about.settings, said)
    await _save(ctx, about, copy_keys(about.settings, row), f"passwd {about.name}")
    _tell(ctx, marked("{name} has another password now"), about, "" if password else said)


async def _disable(ctx: Context, name: str, unused: str) -> None:
    about = _the(ctx, name)
    await _save(ctx, about, about.settings._replace(is_disabled=1), f"disable {about.name}")
    for user in tuple(ctx.hub.users_of(about)):
        end_user(ctx.hub, ctx.entry, user, DISABLED)
    ctx.tell(marked("Nobody can log in to {name} now"), name=about.name)


async def _enable(ctx: Context, name: str, unused: str) -> None:
    about = _the(ctx, name)
    await _save(ctx, about, about.settings._replace(is_disabled=0), f"enable {about.name}")
    ctx.tell(marked("{name} can be used again"), name=about.name)


async def _admin(ctx: Context, name: str, more: str) -> None:
    about, is_admin = _the(ctx, name), int(more != "no")
    await _save(ctx, about, about.settings._replace(is_admin=is_admin), f"admin {about.name} {more}".strip())
    if is_admin:
        ctx.tell(marked("{name} may run this server: OPER {name} and the password"), name=about.name)
        return
    for user in ctx.hub.users_of(about):
        if ctx.hub.change_mode(user, False, "o"):
            ctx.relay(Message("MODE", (user.nick, "-o"), ctx.hub.server.source), user.sessions)
    ctx.tell(marked("{name} may not run this server any more"), name=about.name)


def _the(ctx: Context, name: str) -> Account:
    found = ctx.hub.accounts.get(name)
    if found is None:
        raise OwnerError(marked("There is no account {name}; account list shows them"), name=name)
    return found


async def _save(ctx: Context, about: Account, row: AccountRow, words: str) -> None:
    if not await save_account(ctx, about, row):
        raise OwnerError(NOT_SAVED)
    record_action(ctx, AuditAction.ACCOUNT, words)


_CHANGES: dict[str, Callable[[Context, str, str], Coroutine[Any, Any, None]]] = {
    "add": _add,
    "passwd": _passwd,
    "disable": _disable,
    "enable": _enable,
    "admin": _admin,
}
