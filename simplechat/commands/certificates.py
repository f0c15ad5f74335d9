"""CERT: the certificates by which an account's owner can log in, for SASL EXTERNAL.

Spec: https://ircv3.net/specs/extensions/sasl-3.1
"""

from __future__ import annotations

import json
import re

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, Work, command
from simplechat.commands.login import NOT_SAVED, save_account
from simplechat.hub.account import Account
from simplechat.hub.errors import Failed
from simplechat.hub.names import sanitize_param

MAX_CERTIFICATES = 10  # of one account
_FINGERPRINT = re.compile("[0-9a-f]{64}")


@command("CERT", needs=REGISTERED, cost=2)
def cert(ctx: Context, subcommand: str, fingerprint: str = "") -> Work | None:
    """Log in by a certificate, without a password: CERT ADD adds the one that your client shows now.

    CERT ADD <fingerprint> adds another one (SHA-256, in hexadecimal digits); CERT LIST shows them all;
    CERT DEL <fingerprint> removes one.

    Spec: https://ircv3.net/specs/extensions/sasl-3.1
    """
    account = ctx.hub.accounts.get(ctx.user.account)
    if account is None:
        raise Failed("ACCOUNT_REQUIRED", "You are not logged in to an account")
    known = _fingerprints(account)
    match subcommand.upper():
        case "LIST":
            _list(ctx, known)
            return None
        case "ADD":
            return _add(ctx, account, known, _parse_fingerprint(fingerprint or ctx.session.fingerprint))
        case "DEL":
            return _delete(ctx, account, known, _parse_fingerprint(fingerprint))
    raise Failed("INVALID_PARAMS", sanitize_param(subcommand), "It is CERT ADD, CERT LIST or CERT DEL")


def _fingerprints(account: Account) -> list[str]:
    return list(json.loads(account.settings.fingerprints))


def _parse_fingerprint(text: str) -> str:
    """Return a fingerprint as 64 lower-case hexadecimal digits."""
    fingerprint = text.replace(":", "").lower()
    if not fingerprint:
        raise Failed("NO_CERTIFICATE", "*", "Your client shows no certificate; name a fingerprint")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise Failed("INVALID_FINGERPRINT", sanitize_param(text), "A fingerprint is SHA-256, in 64 digits")
    return fingerprint


def _list(ctx: Context, known: list[str]) -> None:
    for each in known:
        ctx.answer("NOTE", "CERT", "CERTIFICATE", each, "You can log in with this certificate")
    if not known:
        ctx.answer("NOTE", "CERT", "NO_CERTIFICATES", "No certificate is registered for your account")


async def _add(ctx: Context, account: Account, known: list[str], fingerprint: str) -> None:
    owner = ctx.hub.accounts.find_by_certificate(fingerprint)
    if owner not in (None, account):
        raise Failed("FINGERPRINT_IN_USE", fingerprint, "That certificate belongs to another account")
    if len(known) >= MAX_CERTIFICATES and fingerprint not in known:
        why = "Remove one first: CERT DEL"
        raise Failed("TOO_MANY_CERTIFICATES", str(MAX_CERTIFICATES), why)
    await _save_fingerprints(ctx, account, list(dict.fromkeys((*known, fingerprint))))
    ctx.answer("NOTE", "CERT", "ADDED", fingerprint, "You can log in with that certificate now")


async def _delete(ctx: Context, account: Account, known: list[str], fingerprint: str) -> None:
    if fingerprint not in known:
        raise Failed("UNKNOWN_FINGERPRINT", fingerprint, "That certificate does not belong to your account")
    await _save_fingerprints(ctx, account, [each for each in known if each != fingerprint])
    ctx.answer("NOTE", "CERT", "DELETED", fingerprint, "You can no longer log in with that certificate")


async def _save_fingerprints(ctx: Context, account: Account, fingerprints: list[str]) -> None:
    row = account.settings._replace(fingerprints=json.dumps(fingerprints))
    if not await save_account(ctx, account, row):
        raise Failed("NOT_SAVED", NOT_SAVED)
