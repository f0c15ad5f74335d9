"""The verbs by which a guest becomes an account's owner, and an owner changes the account.

Spec: https://ircv3.net/specs/extensions/account-registration
"""

from __future__ import annotations

import base64
import hmac
import json

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, REGISTERED, Work, command
from simplechat.commands.login import (
    MAX_PASSWORD_BYTES,
    NOT_SAVED,
    TOO_BUSY,
    copy_keys,
    log_in,
    save_account,
    set_password,
    verify_password,
)
from simplechat.hub.account import Account
from simplechat.hub.errors import Refused
from simplechat.hub.names import check_nick, sanitize_param
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.records import AccountRow
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.saslprep import BadPassword, prepare_password

CLOSED = "Accounts are made by whoever runs this server; ask there"
FULL = "Too many accounts were made from your address; please wait a while"
BASE64 = "BASE64"  # in place of an old password, before the old one
IN_USE = "Somebody else is using that nick"


class Impossible(Exception):
    """It is not done: a code, what it is about, and words."""


@command("REGISTER", needs=ANYONE, cost=5)
def register(ctx: Context, account: str, email: str, password: str) -> Work | None:
    """Make an account of your nick, or of another name: REGISTER * * password.

    Spec: https://ircv3.net/specs/extensions/account-registration#commands
    """
    name = ctx.session.display_nick if account == "*" else account
    try:
        _check_may_register(ctx, name)
        name = _check_name(ctx, name)
        prepared = check_password(name, password)
        if not ctx.hub.login_limits.may_create_account(ctx.session.host, ctx.now):
            raise Impossible("TEMPORARILY_UNAVAILABLE", name, FULL)
    except Impossible as error:
        ctx.fail(*error.args)
        return None
    return _register(ctx, name, prepared)


@command("VERIFY", needs=ANYONE)
def verify(ctx: Context, account: str, code: str) -> None:
    """Finish making an account; here nothing is left to be finished after REGISTER.

    Spec: https://ircv3.net/specs/extensions/account-registration#commands
    """
    own = _own_account(ctx)
    if own is not None:
        ctx.fail("ALREADY_AUTHENTICATED", own.name, "You are logged in already")
    elif ctx.session.user is None and ctx.hub.config.registration != "before-connect":
        ctx.fail("COMPLETE_CONNECTION_REQUIRED", "Say who you are first: NICK and USER")
    else:
        ctx.fail(
            "INVALID_CODE",
            sanitize_param(account),
            "Nothing waits for a code; an account is made by REGISTER",
        )


def _own_account(ctx: Context) -> Account | None:
    """Give the account that who asks is logged in to."""
    session = ctx.session
    return ctx.hub.accounts.get(session.user.account) if session.user else session.account


def _check_may_register(ctx: Context, name: str) -> None:
    session, config = ctx.session, ctx.hub.config
    own = _own_account(ctx)
    if own is not None:
        raise Impossible("ALREADY_AUTHENTICATED", own.name, "You are logged in already")
    if config.registration == "closed":
        raise Impossible("TEMPORARILY_UNAVAILABLE", sanitize_param(name), CLOSED)
    if session.user is not None:
        return
    if config.registration != "before-connect":
        raise Impossible("COMPLETE_CONNECTION_REQUIRED", "Say who you are first: NICK and USER")
    if not session.nick:
        raise Impossible("NEED_NICK", "*", "Choose a nick first")
    if config.password and not hmac.compare_digest(config.password.encode(), session.password.encode()):
        raise Impossible("TEMPORARILY_UNAVAILABLE", sanitize_param(name), "Give the server's password first")


def _check_name(ctx: Context, name: str) -> str:
    """Give the name in its one spelling, if it can be an account's and nobody else uses it."""
    try:
        name = check_nick(name, ctx.hub.config.server_name)
    except Refused as refused:
        words = refused.numeric.text.format(**refused.fields)
        raise Impossible("BAD_ACCOUNT_NAME", sanitize_param(name), words) from None
    if ctx.hub.accounts.find_by_nick(name) is not None:
        raise Impossible(
            "ACCOUNT_EXISTS", name, "There is an account of that name, or of one that looks like it"
        )
    try:
        ctx.hub.check_nick(name, ctx.session.user)
    except Refused:
        raise Impossible("ACCOUNT_EXISTS", name, IN_USE) from None
    return name


def check_password(name: str, password: str) -> str:
    """Give a password as it is hashed, if it can be one."""
    try:
        prepared = prepare_password(password)
    except BadPassword as error:
        raise Impossible("UNACCEPTABLE_PASSWORD", name, f"That cannot be a password: {error}") from None
    if len(prepared.encode()) > MAX_PASSWORD_BYTES:
        raise Impossible("UNACCEPTABLE_PASSWORD", name, f"A password has at most {MAX_PASSWORD_BYTES} bytes")
    if fold(prepared) == fold(name):
        raise Impossible("WEAK_PASSWORD", name, "The account's own name is the first that others would try")
    return prepared


async def _register(ctx: Context, name: str, password: str) -> None:
    try:
        row = await set_password(ctx, AccountRow(fold(name), name, 0, int(ctx.now)), password)
        if ctx.session.is_leaving:
            return
        _check_may_register(ctx, name)
        _check_name(ctx, name)
        await _create_account(ctx, row)
    except HasherBusy:
        ctx.fail("TEMPORARILY_UNAVAILABLE", name, TOO_BUSY.capitalize())
    except Impossible as error:
        ctx.fail(*error.args)


async def _create_account(ctx: Context, row: AccountRow) -> None:
    """Let there be an account, and who asks be its owner once it is on disk."""
    user = ctx.session.user
    if user:
        row = row._replace(identity=user.identity, profile=json.dumps(user.profile))
    else:
        row = row._replace(identity=ctx.hub.new_identity())
    account = ctx.hub.accounts.add(Account(row))
    if not await save_account(ctx, account, row):
        ctx.hub.accounts.remove(account)
        raise Impossible("TEMPORARILY_UNAVAILABLE", row.name, NOT_SAVED)
    _keep_read_markers(ctx, account)
    if not ctx.session.is_leaving:
        ctx.answer("REGISTER", "SUCCESS", account.name, f"{account.name} is your account now")
        log_in(ctx, account)


def _keep_read_markers(ctx: Context, account: Account) -> None:
    """Have what a guest has read kept, now that they have an account."""
    entry = Entry(None, ctx.message.command)
    for row in ctx.hub.read_markers.rows(account.identity):
        entry.keep(row)
    ctx.services.put(entry)


@command("PASSWD", needs=REGISTERED, cost=5)
def passwd(ctx: Context, old: str, new: str, more: str | None = None) -> Work | None:
    """Change your account's password: PASSWD old new.

    An old password with a space in it, or a colon before it: PASSWD BASE64 <old, as UTF-8 in base64> new.
    """
    account = _own_account(ctx)
    if account is None:
        ctx.fail("ACCOUNT_REQUIRED", "You are not logged in to an account")
        return None
    if more is not None and old != BASE64:
        ctx.fail("INVALID_PARAMS", "PASSWD", "It is PASSWD old new, or PASSWD BASE64 old new")
        return None
    try:
        old = prepare_password(old if more is None else _from_base64(new))
        new = check_password(account.name, new if more is None else more)
    except (BadPassword, ValueError):
        ctx.fail("WRONG_PASSWORD", account.name, "The old password is not right")
        return None
    except Impossible as error:
        ctx.fail(*error.args)
        return None
    return _change_password(ctx, account, old, new)


def _from_base64(text: str) -> str:
    """Read a password that can stand in no parameter as it is.

    Raises:
        ValueError: It is no base64, or not UTF-8.
    """
    return base64.b64decode(text, validate=True).decode()


async def _change_password(ctx: Context, account: Account, old: str, new: str) -> None:
    try:
        await verify_password(ctx, account.name, old)
        row = await set_password(ctx, account.settings, new)
    except Refused as refused:
        ctx.fail("WRONG_PASSWORD", account.name, refused.numeric.text.format(**refused.fields))
        return
    except HasherBusy:
        ctx.fail("TEMPORARILY_UNAVAILABLE", account.name, TOO_BUSY.capitalize())
        return
    if await save_account(ctx, account, copy_keys(account.settings, row)):
        ctx.answer("NOTE", "PASSWD", "PASSWORD_CHANGED", account.name, "Your password is another one now")
    else:
        ctx.fail("NOT_SAVED", account.name, NOT_SAVED)
