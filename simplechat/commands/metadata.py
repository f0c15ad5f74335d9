"""METADATA: what users and channels tell of themselves, by key, and who wants to know of it.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from simplechat.commands.audit import AuditAction, record_action
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.reply_batches import reply_in_batch
from simplechat.commands.framework.table import ANYONE, Work, command
from simplechat.commands.log.event_rows import keep_settings
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
    """Tell of yourself: `METADATA * SET display-name :Ann of Tea`; `METADATA ben LIST` shows what ben tells.

    SET without a value, and CLEAR, take back; GET shows single keys. A channel's operators set what #tea
    tells: `METADATA #tea SET avatar :https://...`. `SUB status avatar` has you told of changes (UNSUB, SUBS),
    SYNC of what there is.

    Spec: https://github.com/ircv3/ircv3-specifications/pull/613
    """
    if ctx.session.user is None and METADATA not in ctx.session.caps:
        raise Refused(ERR_NOTREGISTERED)
    verb = subcommand.upper()
    if verb not in _SUBCOMMANDS:
        raise Failed(
            "INVALID_PARAMS", sanitize_param(subcommand) if subcommand else "*", "No such subcommand"
        )
    run, min_count, most = _SUBCOMMANDS[verb]
    if not min_count <= len(words) <= most:
        raise Failed("INVALID_PARAMS", verb, "Too few parameters" if len(words) < min_count else "Too many")
    return run(ctx, target, *words)


# -- looking -------------------------------------------------------------------------------------------


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
    """Tell a newcomer of their own profile, with what they said of it before they were registered."""
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
    """Make sure that a value can be told; nobody shows themselves by the name of somebody else."""
    if not is_metadata_value(value):
        raise Failed("INVALID_VALUE", key, BAD_VALUE)
    if key == DISPLAY_NAME and not strip_invisible(value):
        raise Failed("INVALID_VALUE", key, "Nothing of that name can be seen")
    if key == DISPLAY_NAME and subject.channel is None:
        account = subject.user.account if subject.user else _early_account(ctx)
        try:
            ctx.hub.check_nick(strip_invisible(value), subject.user, account)
        except Refused:
            raise Failed("INVALID_VALUE", key, "That is the name of somebody else here") from None


def _early_account(ctx: Context) -> str:
    return ctx.session.account.name if ctx.session.account else ""


def _may_change_now(ctx: Context, subject: MetadataTarget, *words: str) -> bool:
    """Tell whether a user's profile may be changed so often; what may not is answered."""
    if subject.user is None or ctx.hub.config.no_throttling:
        return True
    user = subject.user
    user.profile_changes = user.profile_changes or TokenBucket(CHANGES_PER_S, CHANGE_BURST, ctx.now)
    if user.profile_changes.try_take(1, ctx.now):
        return True
    ctx.reply(ERR_METADATARATELIMIT, str(math.ceil(1 / CHANGES_PER_S)), subject.name, *words)
    return False


def _pending_profile(ctx: Context, subject: MetadataTarget) -> Profile:
    """Give a profile with what is on its way to the disk."""
    if subject.channel:
        return subject.channel.profile
    return pending_user_profile(ctx.hub, subject.user) if subject.user else ctx.session.profile


def _change(ctx: Context, subject: MetadataTarget, before: Profile, after: dict[str, str]) -> None:
    """Have a profile kept, then told to those who want to know."""
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
    """Have it in the audit log where an operator of the server changes a profile that is not theirs."""
    user = ctx.session.user
    is_own = subject.channel.has(ctx.user, "o") if subject.channel else subject.user is user
    if not is_own:
        record_action(ctx, AuditAction.PROFILE, f"{subject.name} {key}")


def adopt_early_profile(ctx: Context) -> Profile:
    """Have what a session told before it was registered become its user's; give it.

    It is an entry of its own, behind the greeting: should the disk fail, who came is here all the same.
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


MANY = 100  # parameters: as many as fit a line
_SUBCOMMANDS: dict[str, tuple[Callable[..., Work | None], int, int]] = {
    "CLEAR": (_clear, 0, 0),
    "GET": (_get, 1, MANY),
    "LIST": (_list, 0, 0),
    "SET": (_set, 1, 2),
    "SUB": (subscribe, 1, MANY),
    "SUBS": (list_subscriptions, 0, 0),
    "SYNC": (sync_profiles, 0, 0),
    "UNSUB": (unsubscribe, 1, MANY),
}
"""What does each subcommand, and how many words it takes beside the target."""
