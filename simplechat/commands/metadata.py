"""METADATA: profiles of users and channels, as keys with values.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from simplechat.commands.framework.context import Context, reply_in_batch
from simplechat.commands.framework.table import ANYONE, Work, command
from simplechat.commands.log.log_rows import AuditAction, keep_settings, record_action
from simplechat.commands.metadata_notifications import notify_profile_change, notify_value_changes
from simplechat.commands.metadata_subscriptions import (
    list_subscriptions,
    subscribe,
    sync_profiles,
    unsubscribe,
)
from simplechat.commands.metadata_targets import (
    BAD_KEY,
    MetadataTarget,
    find_metadata_target,
    invalid_key_warning,
    value_reply,
    visible_profile,
)
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.limits import TokenBucket
from simplechat.hub.names import sanitize_param, strip_invisible
from simplechat.hub.outbox import Entry
from simplechat.hub.policy import may_change_profile
from simplechat.hub.profile import (
    CHANGE_BURST,
    CHANGES_PER_S,
    Profile,
    is_metadata_key,
    is_metadata_value,
    pending_user_profile,
    user_profile,
)
from simplechat.hub.user import User
from simplechat.ircv3.caps import MAX_METADATA_KEYS, MAX_METADATA_VALUE_BYTES, METADATA
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_METADATARATELIMIT, ERR_NOTREGISTERED

DISPLAY_NAME = "display-name"

BAD_VALUE = f"A value is 1 to {MAX_METADATA_VALUE_BYTES} bytes of text without control characters"


@command("METADATA", needs=ANYONE, cost=2)
def metadata(ctx: Context, target: str = "", subcommand: str = "", *words: str) -> Work | None:
    """Tell others about yourself: `METADATA * SET display-name :Ann of Tea`; `METADATA ben LIST` shows ben's.

    SET without a value removes a key, CLEAR all keys; GET shows single ones. A channel's operators set its
    profile: `METADATA #tea SET avatar :https://...`. `SUB status avatar` notifies you of changes (UNSUB,
    SUBS), SYNC shows the present values.

    Spec: https://github.com/ircv3/ircv3-specifications/pull/613
    """
    if ctx.session.user is None and METADATA not in ctx.session.caps:
        raise Refused(ERR_NOTREGISTERED)
    name = subcommand.upper()
    if name not in _SUBCOMMANDS:
        raise Failed(
            "INVALID_PARAMS", sanitize_param(subcommand) if subcommand else "*", "No such subcommand"
        )
    run, min_count, max_count = _SUBCOMMANDS[name]
    if not min_count <= len(words) <= max_count:
        raise Failed("INVALID_PARAMS", name, "Too few parameters" if len(words) < min_count else "Too many")
    return run(ctx, target, *words)


# -- showing -------------------------------------------------------------------------------------------


async def _get(ctx: Context, target: str, *keys: str) -> None:
    await ctx.services.settled()
    subject = find_metadata_target(ctx, target)
    values = visible_profile(ctx, subject)
    messages = [
        value_reply(ctx, subject, key, values.get(key, ""))
        if is_metadata_key(key)
        else invalid_key_warning(ctx, key)
        for key in keys
    ]
    reply_in_batch(ctx, messages, "metadata", subject.name)


async def _list(ctx: Context, target: str) -> None:
    await ctx.services.settled()
    subject = find_metadata_target(ctx, target)
    messages = [value_reply(ctx, subject, key, value) for key, value in visible_profile(ctx, subject).items()]
    reply_in_batch(ctx, messages, "metadata", subject.name)


def show_own_profile(ctx: Context, early: Profile) -> None:
    """Send the session its user's profile, with the keys that it set before it was registered."""
    if METADATA in ctx.session.caps:
        values = {**user_profile(ctx.hub, ctx.user), **early}
        messages = [
            value_reply(ctx, MetadataTarget(ctx.user.nick), key, value) for key, value in values.items()
        ]
        reply_in_batch(ctx, messages, "metadata", ctx.user.nick)


# -- changing ------------------------------------------------------------------------------------------


def _set(ctx: Context, target: str, key: str, value: str = "") -> None:
    subject = find_metadata_target(ctx, target)
    if not is_metadata_key(key):
        raise Failed("INVALID_KEY", sanitize_param(key), BAD_KEY)
    _check_may_change(ctx, subject, key)
    if value:
        _check_value(ctx, subject, key, value)
    before = _pending_profile(ctx, subject)
    after = {name: text for name, text in {**before, key: value}.items() if text}
    if len(after) > MAX_METADATA_KEYS:
        raise Failed("LIMIT_REACHED", "SET", subject.name, str(MAX_METADATA_KEYS), "That is too many keys")
    if _may_change_now(ctx, subject, "SET", key, value):
        _change(ctx, subject, before, after)
        ctx.send(value_reply(ctx, subject, key, value), (ctx.session,))
        _audit_if_foreign(ctx, subject, key)


def _clear(ctx: Context, target: str) -> None:
    subject = find_metadata_target(ctx, target)
    _check_may_change(ctx, subject, "*")
    before = _pending_profile(ctx, subject)
    if _may_change_now(ctx, subject, "CLEAR"):
        _change(ctx, subject, before, {})
        reply_in_batch(ctx, [value_reply(ctx, subject, key, "") for key in before], "metadata", subject.name)
        _audit_if_foreign(ctx, subject, "*")


def _check_may_change(ctx: Context, subject: MetadataTarget, key: str) -> None:
    other = subject.user or subject.channel
    if other is not None:
        may_change_profile(ctx.user, other, subject.name, key)


def _check_value(ctx: Context, subject: MetadataTarget, key: str, value: str) -> None:
    """Check a new value.

    Raises:
        Failed: It cannot be a value, or it is a display name that looks like the nick of another user.
    """
    if not is_metadata_value(value):
        raise Failed("INVALID_VALUE", key, BAD_VALUE)
    if key == DISPLAY_NAME and not strip_invisible(value):
        raise Failed("INVALID_VALUE", key, "That name has no visible characters")
    if key == DISPLAY_NAME and subject.channel is None:
        account = subject.user.account if subject.user else _early_account(ctx)
        try:
            ctx.hub.check_nick_is_free(strip_invisible(value), subject.user, account)
        except Refused:
            raise Failed("INVALID_VALUE", key, "Somebody else has that name") from None


def _early_account(ctx: Context) -> str:
    return ctx.session.account.name if ctx.session.account else ""


def _may_change_now(ctx: Context, subject: MetadataTarget, *words: str) -> bool:
    """Tell whether the user may change a profile again so soon; if not, answer so."""
    if subject.user is None or ctx.hub.config.no_throttling:
        return True
    user = subject.user
    user.profile_changes = user.profile_changes or TokenBucket(CHANGES_PER_S, CHANGE_BURST, ctx.now)
    if user.profile_changes.try_take(1, ctx.now):
        return True
    ctx.reply(ERR_METADATARATELIMIT, str(math.ceil(1 / CHANGES_PER_S)), subject.name, *words)
    return False


def _pending_profile(ctx: Context, subject: MetadataTarget) -> Profile:
    """Return a profile with the changes that are not on disk yet."""
    if subject.channel:
        return subject.channel.profile
    return pending_user_profile(ctx.hub, subject.user) if subject.user else ctx.session.profile


def _change(ctx: Context, subject: MetadataTarget, before: Profile, after: dict[str, str]) -> None:
    """Store a profile, then notify subscribers."""
    ctx.entry.targets.append(subject.name)
    if subject.channel:
        subject.channel.profile = after
        keep_settings(ctx, subject.channel)
        others = subject.channel.listeners_except(ctx.session)
        notify_value_changes(ctx.hub, ctx.entry, subject.name, before, after, others)
    elif subject.user:
        _keep_of_user(ctx, subject.user, after)
        notify_profile_change(ctx, subject.user, before, after)
    else:
        ctx.session.profile = after


def _keep_of_user(ctx: Context, user: User, profile: dict[str, str]) -> None:
    account = ctx.hub.accounts.get(user.account)
    if account is None:
        user.profile = profile
    else:
        account.settings = account.settings._replace(profile=json.dumps(profile))
        ctx.entry.keep_settings(account)


def _audit_if_foreign(ctx: Context, subject: MetadataTarget, key: str) -> None:
    """Record in the audit log that an operator of the server changed another one's profile."""
    user = ctx.session.user
    is_own = subject.channel.has(ctx.user, "o") if subject.channel else subject.user is user
    if not is_own:
        record_action(ctx, AuditAction.PROFILE, f"{subject.name} {key}")


def adopt_early_profile(ctx: Context) -> Profile:
    """Add the keys that the session set before it was registered to its user's profile; return them.

    They are stored by an entry of their own after the welcome, so that a disk that fails keeps nobody out.
    """
    early, ctx.session.profile = ctx.session.profile, {}
    before = pending_user_profile(ctx.hub, ctx.user)
    after = dict(list({**before, **early}.items())[:MAX_METADATA_KEYS])
    if after != before:
        own = Context(ctx.hub, ctx.services, ctx.session, Message("METADATA"))
        own.entry = Entry(ctx.session, "METADATA")
        ctx.entry.on_delivered(lambda: _put_early_profile(own, before, after))
    return early


def _put_early_profile(ctx: Context, before: Profile, after: dict[str, str]) -> None:
    if ctx.session.user is not None and not ctx.session.is_leaving:
        _change(ctx, MetadataTarget(ctx.user.nick, ctx.user), before, after)
        ctx.services.put(ctx.entry)


MAX_KEYS = 100  # in one command: as many as fit a line
_SUBCOMMANDS: dict[str, tuple[Callable[..., Work | None], int, int]] = {
    "CLEAR": (_clear, 0, 0),
    "GET": (_get, 1, MAX_KEYS),
    "LIST": (_list, 0, 0),
    "SET": (_set, 1, 2),
    "SUB": (subscribe, 1, MAX_KEYS),
    "SUBS": (list_subscriptions, 0, 0),
    "SYNC": (sync_profiles, 0, 0),
    "UNSUB": (unsubscribe, 1, MAX_KEYS),
}
"""Each subcommand's function, and how many words it takes after the target: at least, at most."""
