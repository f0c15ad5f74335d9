"""Logging in: a password is checked, then the session or its user belongs to an account."""

from __future__ import annotations

from simplechat.commands.departures import end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.notifications import sessions_to_notify
from simplechat.commands.metadata_notifications import notify_profile_change
from simplechat.hub.account import Account, replace_keys
from simplechat.hub.errors import Refused
from simplechat.hub.names import MAX_NICK_CHARS
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.profile import user_profile
from simplechat.hub.records import BAN, AccountRow
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NICKLOCKED, ERR_SASLALREADY, ERR_SASLFAIL, RPL_LOGGEDIN
from simplechat.ircv3.sasl import MIN_ITERATIONS, SALT_BYTES, ScramKeys, derive_keys, is_password_of
from simplechat.locale import marked

MAX_PASSWORD_BYTES = 300  # bytes, as the specification of REGISTER advises
NO_MATCH = "there is no such account with that password"
NOT_SAVED = marked("The server cannot store anything now; please try again")
TOO_OFTEN = "too many tries; please wait a while"
TOO_BUSY = marked("too many people are logging in; please try again")


async def verify_password(ctx: Context, name: str, password: str) -> Account:
    """Return the account with this name and password; take the same time if there is none.

    Raises:
        Refused: The password is wrong, or was tried too often, or the account is disabled.
    """
    count_login_attempt(ctx, name)
    try:
        keys = await keys_or_decoy(ctx, name)
        salted = await ctx.services.passwords.salted(password, keys.salt, keys.iterations)
    except HasherBusy:
        raise Refused(ERR_SASLFAIL, why=TOO_BUSY) from None
    is_right = is_password_of(salted, keys)
    account = ctx.hub.accounts.get(name)
    if not is_right or account is None or account.keys != keys:
        raise Refused(ERR_SASLFAIL, why=NO_MATCH)
    if not account.is_usable:
        raise Refused(ERR_NICKLOCKED)
    record_login(ctx, name)
    return account


def count_login_attempt(ctx: Context, name: str) -> None:
    """Count an attempt to log in to an account.

    Raises:
        Refused: There were too many.
    """
    if not ctx.hub.login_limits.may_log_in(ctx.session.host, fold(name)[:MAX_NICK_CHARS], ctx.now):
        raise Refused(ERR_SASLFAIL, why=TOO_OFTEN)


def record_login(ctx: Context, name: str) -> None:
    """Take back the count of an attempt that succeeded."""
    ctx.hub.login_limits.refund_login(ctx.session.host, fold(name)[:MAX_NICK_CHARS], ctx.now)


async def keys_or_decoy(ctx: Context, name: str) -> ScramKeys:
    """Return the keys that check the password of an account; keys that no password fits if there is none.

    Raises:
        HasherBusy: Too many passwords wait to be hashed.
    """
    iterations = ctx.hub.accounts.iterations or await _choose_iterations(ctx)
    return ctx.hub.accounts.keys_or_fake(name, iterations)


async def _choose_iterations(ctx: Context) -> int:
    """Return the iterations for a new password: as configured, else as many as the last one had."""
    wanted = ctx.hub.config.password_cost or ctx.hub.accounts.iterations
    return max(MIN_ITERATIONS, wanted or await ctx.services.passwords.iterations())


async def set_password(ctx: Context, row: AccountRow, password: str) -> AccountRow:
    """Return an account's row with the keys of a new password.

    Raises:
        HasherBusy: Too many passwords wait to be hashed.
    """
    salt = ctx.services.passwords.random(SALT_BYTES)
    iterations = await _choose_iterations(ctx)
    salted = await ctx.services.passwords.salted(password, salt, iterations)
    return replace_keys(row, derive_keys(salted, salt, iterations))


def copy_keys(row: AccountRow, other: AccountRow) -> AccountRow:
    """Return a row with the keys of another one; its other fields, which may have changed, stay."""
    keys = {name: getattr(other, name) for name in ("salt", "iterations", "stored_key", "server_key")}
    return row._replace(**keys)


async def save_account(ctx: Context, account: Account, row: AccountRow) -> bool:
    """Store an account's settings; return whether that succeeded, else the earlier ones are restored."""
    account.settings = row
    written: list[bool] = []
    entry = Entry(None, ctx.message.command)
    entry.keep_settings(account)
    entry.on_delivered(lambda: written.append(True))
    ctx.services.put(entry)
    await ctx.services.settled()
    return bool(written)


def log_in(ctx: Context, account: Account) -> None:
    """Log the session or its user in to an account, and notify sessions that asked for it.

    Raises:
        Refused: The user belongs to another account and cannot change that now.

    Spec: https://ircv3.net/specs/extensions/account-notify
    """
    session, user = ctx.session, ctx.session.user
    is_another = user is not None and user.account != account.name
    if user is None:
        session.account = account
    elif is_another:
        _check_may_change(ctx, user)
        before = user_profile(ctx.hub, user)
        ctx.hub.log_in(user, account)
        notify_profile_change(ctx, user, before, user_profile(ctx.hub, user))
        _end_if_banned(ctx, user)
    mask = user.source if user else f"{session.display_nick}!{session.username or '*'}@{session.host}"
    ctx.reply(RPL_LOGGEDIN, mask, account.name, account=account.name)
    if user is not None and is_another:
        message = Message("ACCOUNT", (account.name,), user.source)
        ctx.send(message, sessions_to_notify(ctx.hub, user, "account-notify"))


def _end_if_banned(ctx: Context, user: User) -> None:
    if ctx.hub.bans.find_for_user(user, BAN, ctx.now) is not None:
        end_user(ctx.hub, ctx.entry, user, "Banned")


def _check_may_change(ctx: Context, user: User) -> None:
    """Raise Refused unless the user can change accounts: with one session, under a nick that is free."""
    if user.account and len(user.sessions) > 1:
        raise Refused(ERR_SASLALREADY, why="close your other connections first")
    if ctx.hub.accounts.find_by_nick(user.nick) is ctx.hub.accounts.get(user.account) is not None:
        raise Refused(ERR_SASLALREADY, why="change your nick first; this one belongs to your account")
