"""Who somebody is: a password is checked, and from then on a connection or a user is an account's owner."""

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
TOO_BUSY = marked("too many people log in just now; please try again")


async def verify_password(ctx: Context, name: str, password: str) -> Account:
    """Give the account of this name, whose password this is; it takes as long where there is none.

    Raises:
        Refused: It is not, or must not be tried now.
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
    """Note that somebody tries to log in to an account.

    Raises:
        Refused: It was tried too often.
    """
    if not ctx.hub.login_limits.may_log_in(ctx.session.host, fold(name)[:MAX_NICK_CHARS], ctx.now):
        raise Refused(ERR_SASLFAIL, why=TOO_OFTEN)


def record_login(ctx: Context, name: str) -> None:
    """Note that a try was right."""
    ctx.hub.login_limits.refund_login(ctx.session.host, fold(name)[:MAX_NICK_CHARS], ctx.now)


async def keys_or_decoy(ctx: Context, name: str) -> ScramKeys:
    """Give what the password of an account is checked with; keys that nothing fits, where there is none.

    Raises:
        HasherBusy: Not now.
    """
    iterations = ctx.hub.accounts.iterations or await _choose_iterations(ctx)
    return ctx.hub.accounts.keys_or_fake(name, iterations)


async def _choose_iterations(ctx: Context) -> int:
    """Give how often a new password is to be hashed; where nobody set it, as often as the last one was."""
    wanted = ctx.hub.config.password_cost or ctx.hub.accounts.iterations
    return max(MIN_ITERATIONS, wanted or await ctx.services.passwords.iterations())


async def set_password(ctx: Context, row: AccountRow, password: str) -> AccountRow:
    """Give an account's row with a new password.

    Raises:
        HasherBusy: Not now.
    """
    salt = ctx.services.passwords.random(SALT_BYTES)
    iterations = await _choose_iterations(ctx)
    salted = await ctx.services.passwords.salted(password, salt, iterations)
    return replace_keys(row, derive_keys(salted, salt, iterations))


def copy_keys(row: AccountRow, other: AccountRow) -> AccountRow:
    """Give a row with another one's keys; whatever else changed meanwhile stays."""
    keys = {name: getattr(other, name) for name in ("salt", "iterations", "stored_key", "server_key")}
    return row._replace(**keys)


async def save_account(ctx: Context, account: Account, row: AccountRow) -> bool:
    """Have an account's settings written; tell whether they were, or else what was before goes on."""
    account.settings = row
    written: list[bool] = []
    entry = Entry(None, ctx.message.command)
    entry.keep_settings(account)
    entry.on_delivered(lambda: written.append(True))
    ctx.services.put(entry)
    await ctx.services.settled()
    return bool(written)


def log_in(ctx: Context, account: Account) -> None:
    """Let who asks be an account's owner from now on, and tell those who want to know.

    Raises:
        Refused: They are another one's already, and cannot change that as they are.

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
    """Make sure that a user can be another account's: alone on its connection, under a free nick."""
    if user.account and len(user.sessions) > 1:
        raise Refused(ERR_SASLALREADY, why="leave with your other connections first")
    if ctx.hub.accounts.find_by_nick(user.nick) is ctx.hub.accounts.get(user.account) is not None:
        raise Refused(ERR_SASLALREADY, why="take another nick first, since this one is your account's")
