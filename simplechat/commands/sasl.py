"""AUTHENTICATE: logging in by SASL, before or after the registration.

Spec: https://ircv3.net/specs/extensions/sasl-3.1
Spec: https://ircv3.net/specs/extensions/sasl-3.2
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, Work, command
from simplechat.commands.login import (
    NO_MATCH,
    TOO_BUSY,
    count_login_attempt,
    keys_or_decoy,
    log_in,
    record_login,
    verify_password,
)
from simplechat.hub.account import Account
from simplechat.hub.errors import Refused
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.user import Session
from simplechat.ircv3.caps import SASL_MECHANISMS
from simplechat.ircv3.numerics import (
    ERR_NICKLOCKED,
    ERR_SASLABORTED,
    ERR_SASLFAIL,
    ERR_SASLTOOLONG,
    RPL_SASLMECHS,
    RPL_SASLSUCCESS,
)
from simplechat.ircv3.sasl import (
    ABORT_RESPONSE,
    EMPTY_RESPONSE,
    NONCE_BYTES,
    SaslExchange,
    SaslFailed,
    SaslTooLong,
    parse_external,
    parse_plain,
    split_chunks,
)

UNREADABLE = "that was not understood"
UNKNOWN = "there is no such way to log in"


def offered_mechanisms(session: Session) -> tuple[str, ...]:
    """Return the mechanisms that a session can use: EXTERNAL only if it has shown a certificate."""
    return (*SASL_MECHANISMS, "EXTERNAL") if session.fingerprint else SASL_MECHANISMS


@command("AUTHENTICATE", needs=ANYONE)
def authenticate(ctx: Context, data: str) -> Work | None:
    """Log in to an account; your client does this for you.

    Spec: https://ircv3.net/specs/extensions/sasl-3.1#the-authenticate-command
    """
    exchange = ctx.session.exchange
    if data == ABORT_RESPONSE:
        abort_exchange(ctx)
    elif exchange is None:
        _begin(ctx, data)
    else:
        return _continue(ctx, exchange, data)
    return None


def abort_exchange(ctx: Context) -> None:
    """Abort the session's SASL exchange, and answer so."""
    ctx.session.exchange = None
    ctx.reply(ERR_SASLABORTED)


def _begin(ctx: Context, mechanism: str) -> None:
    offered = offered_mechanisms(ctx.session)
    if mechanism.upper() not in offered:
        ctx.reply(RPL_SASLMECHS, ",".join(offered))
        raise Refused(ERR_SASLFAIL, why=UNKNOWN)
    ctx.session.exchange = SaslExchange(mechanism.upper())
    ctx.answer("AUTHENTICATE", EMPTY_RESPONSE)


def _continue(ctx: Context, exchange: SaslExchange, data: str) -> Work | None:
    """Add a line to the response; once it is complete, go on with the mechanism."""
    try:
        response = exchange.chunks.take(data)
    except SaslTooLong:
        ctx.session.exchange = None
        raise Refused(ERR_SASLTOOLONG) from None
    except SaslFailed:
        ctx.session.exchange = None
        raise Refused(ERR_SASLFAIL, why=UNREADABLE) from None
    return None if response is None else _respond(ctx, exchange, response)


async def _respond(ctx: Context, exchange: SaslExchange, response: bytes) -> None:
    ctx.session.exchange = None  # whatever happens; SCRAM sets it again
    try:
        account = await _MECHANISMS[exchange.mechanism](ctx, exchange, response)
    except SaslFailed:
        raise Refused(ERR_SASLFAIL, why=UNREADABLE) from None
    except HasherBusy:
        raise Refused(ERR_SASLFAIL, why=TOO_BUSY) from None
    if account is not None and not ctx.session.is_leaving:
        log_in(ctx, account)
        ctx.reply(RPL_SASLSUCCESS)


async def _plain(ctx: Context, exchange: SaslExchange, response: bytes) -> Account:
    claim = parse_plain(response)
    return await verify_password(ctx, claim.name, claim.password)


async def _external(ctx: Context, exchange: SaslExchange, response: bytes) -> Account:
    name = parse_external(response)
    account = ctx.hub.accounts.find_by_certificate(ctx.session.fingerprint)
    if account is None or (name and ctx.hub.accounts.get(name) is not account):
        raise Refused(ERR_SASLFAIL, why="no account has this certificate")
    return _check_usable(account)


async def _scram(ctx: Context, exchange: SaslExchange, response: bytes) -> Account | None:
    """Handle one of the client's three messages, of which the last is empty."""
    scram = exchange.scram
    if exchange.is_proven:
        record_login(ctx, scram.name)
        return _account_proven(ctx, exchange)
    if scram.keys is None:
        name = scram.begin(response)
        count_login_attempt(ctx, name)
        keys = await keys_or_decoy(ctx, name)
        answer = scram.challenge(keys, ctx.services.passwords.random(NONCE_BYTES))
    else:
        try:
            answer = scram.finish(response)
        except SaslFailed:
            raise Refused(ERR_SASLFAIL, why=NO_MATCH) from None
        exchange.is_proven = True
    ctx.session.exchange = exchange
    for line in split_chunks(answer):
        ctx.answer("AUTHENTICATE", line)
    return None


def _account_proven(ctx: Context, exchange: SaslExchange) -> Account:
    """Return the account whose password was proven.

    Raises:
        Refused: Its password has changed meanwhile, or it was disabled.
    """
    account = ctx.hub.accounts.get(exchange.scram.name)
    if account is None or account.keys != exchange.scram.keys:
        raise Refused(ERR_SASLFAIL, why=NO_MATCH)
    return _check_usable(account)


def _check_usable(account: Account) -> Account:
    if not account.is_usable:
        raise Refused(ERR_NICKLOCKED)
    return account


_MECHANISMS: dict[str, Callable[[Context, SaslExchange, bytes], Awaitable[Account | None]]] = {
    "PLAIN": _plain,
    "EXTERNAL": _external,
    "SCRAM-SHA-256": _scram,
}
