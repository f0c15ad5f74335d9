"""REGISTER, VERIFY and PASSWD: how a guest creates an account, and how its owner changes the password.

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
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.names import check_nick, sanitize_param
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.records import AccountRow
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.saslprep import BadPassword, prepare_password

OWN_NICK = "*"  # in REGISTER, in place of an account's name
BASE64 = "BASE64"  # in PASSWD: the old password follows, encoded

CLOSED = "The owner of this server creates the accounts; ask them for one"
CONNECT_FIRST = "Register first with NICK and USER"
IN_USE = "Somebody else is using that nick"
LOGGED_IN = "You are logged in already"
NO_CODE = "No code is needed here; REGISTER creates an account at once"
TOO_MANY_ACCOUNTS = "Too many accounts were created from your address; please wait a while"


@command("REGISTER", needs=ANYONE, cost=5)
def register(ctx: Context, account: str, email: str, password: str) -> Work:
    """Create an account for your nick, or for another name: REGISTER * * password.

    Spec: https://ircv3.net/specs/extensions/account-registration#commands
    """
    name = ctx.session.display_nick if account == OWN_NICK else account
    _check_may_register(ctx, name)
    name = _check_name(ctx, name)
    prepared = check_password(name, password)
    if not ctx.hub.login_limits.may_create_account(ctx.session.host, ctx.now):
        raise Failed("TEMPORARILY_UNAVAILABLE", name, TOO_MANY_ACCOUNTS)
    return _register(ctx, name, prepared)


@command("VERIFY", needs=ANYONE)
def verify(ctx: Context, account: str, code: str) -> None:
    """Confirm a new account by a code; this server needs none, REGISTER is enough.

    Spec: https://ircv3.net/specs/extensions/account-registration#commands
    """
    own = _own_account(ctx)
    if own is not None:
        raise Failed("ALREADY_AUTHENTICATED", own.name, LOGGED_IN)
    if ctx.session.user is None and ctx.hub.config.registration != "before-connect":
        raise Failed("COMPLETE_CONNECTION_REQUIRED", sanitize_param(account), CONNECT_FIRST)
    raise Failed("INVALID_CODE", sanitize_param(account), NO_CODE)


def _own_account(ctx: Context) -> Account | None:
    """Return the account that the session is logged in to."""
    session = ctx.session
    return ctx.hub.accounts.get(session.user.account) if session.user else session.account


def _check_may_register(ctx: Context, name: str) -> None:
    """Raise Failed if the session may not create an account now."""
    session, config = ctx.session, ctx.hub.config
    own, shown = _own_account(ctx), sanitize_param(name)
    if own is not None:
        raise Failed("ALREADY_AUTHENTICATED", own.name, LOGGED_IN)
    if config.registration == "closed":
        raise Failed("TEMPORARILY_UNAVAILABLE", shown, CLOSED)
    if session.user is not None:
        return
    if config.registration != "before-connect":
        raise Failed("COMPLETE_CONNECTION_REQUIRED", shown, CONNECT_FIRST)
    if not session.nick:
        if name == OWN_NICK and session.requested_nick:
            _check_name(ctx, session.requested_nick)  # tells why that nick was refused
        raise Failed("NEED_NICK", "*", "Choose a nick first")
    if config.password and not hmac.compare_digest(config.password.encode(), session.password.encode()):
        raise Failed("TEMPORARILY_UNAVAILABLE", shown, "Send the server's password first: PASS")


def _check_name(ctx: Context, name: str) -> str:
    """Return a name in its normal form.

    Raises:
        Failed: It cannot be an account's name, or somebody else has it.
    """
    try:
        name = check_nick(name, ctx.hub.config.server_name)
    except Refused as refused:
        words = refused.numeric.text.format(**refused.fields)
        raise Failed("BAD_ACCOUNT_NAME", sanitize_param(name), words) from None
    if ctx.hub.accounts.find_by_nick(name) is not None:
        raise Failed("ACCOUNT_EXISTS", name, "There is an account of that name, or of one that looks like it")
    try:
        ctx.hub.check_nick_is_free(name, ctx.session.user)
    except Refused:
        raise Failed("ACCOUNT_EXISTS", name, IN_USE) from None
    return name


def check_password(name: str, password: str) -> str:
    """Return an account's new password, prepared for hashing.

    Raises:
        Failed: It is too long, too easy to guess, or has characters that a password cannot have.
    """
    try:
        prepared = prepare_password(password)
    except BadPassword as error:
        raise Failed("UNACCEPTABLE_PASSWORD", name, f"That cannot be a password: {error}") from None
    if len(prepared.encode()) > MAX_PASSWORD_BYTES:
        raise Failed("UNACCEPTABLE_PASSWORD", name, f"A password has at most {MAX_PASSWORD_BYTES} bytes")
    if fold(prepared) == fold(name):
        raise Failed("WEAK_PASSWORD", name, "The account's own name is the first that others would try")
    return prepared


async def _register(ctx: Context, name: str, password: str) -> None:
    try:
        row = await set_password(ctx, AccountRow(fold(name), name, 0, int(ctx.now)), password)
    except HasherBusy:
        raise Failed("TEMPORARILY_UNAVAILABLE", name, TOO_BUSY.capitalize()) from None
    if ctx.session.is_leaving:
        return
    _check_may_register(ctx, name)
    _check_name(ctx, name)
    await _create_account(ctx, row)


async def _create_account(ctx: Context, row: AccountRow) -> None:
    """Store a new account, then log the session in to it; forget it if it could not be stored."""
    user = ctx.session.user
    if user:
        row = row._replace(identity=user.identity, profile=json.dumps(user.profile))
    else:
        row = row._replace(identity=ctx.hub.new_identity())
    account, is_saved = ctx.hub.accounts.add(Account(row)), False
    try:
        is_saved = await save_account(ctx, account, row)
    finally:
        if not is_saved:
            ctx.hub.accounts.remove(account)
    if not is_saved:
        raise Failed("TEMPORARILY_UNAVAILABLE", row.name, NOT_SAVED)
    _keep_read_markers(ctx, account)
    if not ctx.session.is_leaving:
        ctx.answer("REGISTER", "SUCCESS", account.name, f"{account.name} is your account now")
        log_in(ctx, account)


def _keep_read_markers(ctx: Context, account: Account) -> None:
    """Store the read markers that the owner set as a guest."""
    entry = Entry(None, ctx.message.command)
    for row in ctx.hub.read_markers.rows(account.identity):
        entry.keep(row)
    ctx.services.put(entry)


@command("PASSWD", needs=REGISTERED, cost=5)
def passwd(ctx: Context, old: str, new: str, more: str | None = None) -> Work:
    """Change your account's password: PASSWD old new.

    If the old password has a space, or begins with a colon: PASSWD BASE64 <old, as UTF-8 in base64> new.
    """
    account = _own_account(ctx)
    if account is None:
        raise Failed("ACCOUNT_REQUIRED", "You are not logged in to an account")
    if more is not None and old != BASE64:
        raise Failed("INVALID_PARAMS", "PASSWD", "It is PASSWD old new, or PASSWD BASE64 old new")
    try:
        old = prepare_password(old if more is None else _decode_base64(new))
    except (BadPassword, ValueError):
        raise Failed("WRONG_PASSWORD", account.name, "The old password is not right") from None
    new = check_password(account.name, new if more is None else more)
    return _change_password(ctx, account, old, new)


def _decode_base64(text: str) -> str:
    """Decode a password that no parameter can hold as it is.

    Raises:
        ValueError: It is not base64, or not UTF-8.
    """
    return base64.b64decode(text, validate=True).decode()


async def _change_password(ctx: Context, account: Account, old: str, new: str) -> None:
    try:
        await verify_password(ctx, account.name, old)
        row = await set_password(ctx, account.settings, new)
    except Refused as refused:
        words = refused.numeric.text.format(**refused.fields)
        raise Failed("WRONG_PASSWORD", account.name, words) from None
    except HasherBusy:
        raise Failed("TEMPORARILY_UNAVAILABLE", account.name, TOO_BUSY.capitalize()) from None
    if not await save_account(ctx, account, copy_keys(account.settings, row)):
        raise Failed("NOT_SAVED", account.name, NOT_SAVED)
    ctx.answer("NOTE", "PASSWD", "PASSWORD_CHANGED", account.name, "Your password has been changed")
