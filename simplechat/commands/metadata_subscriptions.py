"""METADATA SUB, UNSUB, SUBS and SYNC: the keys that a session subscribes to, and their present values.

Spec: https://github.com/ircv3/ircv3-specifications/pull/613
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from simplechat.commands.framework.context import Context, reply_in_batch
from simplechat.commands.metadata_notifications import (
    ALL,
    subscribed_values,
    sync_later,
    wrap_in_metadata_batch,
)
from simplechat.commands.metadata_targets import (
    OWN,
    find_metadata_target,
    invalid_key_warning,
    visible_profile,
)
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Failed
from simplechat.hub.limits import TokenBucket
from simplechat.hub.names import sanitize_param
from simplechat.hub.profile import (
    SYNC_BURST,
    SYNCS_PER_S,
    is_metadata_key,
    profile_of,
    subjects_around,
    subjects_in,
)
from simplechat.hub.user import User
from simplechat.ircv3.caps import MAX_METADATA_SUBSCRIPTIONS
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, spare_bytes
from simplechat.ircv3.numerics import RPL_METADATASUBOK, RPL_METADATASUBS, RPL_METADATAUNSUBOK, Numeric

LINE_BYTES = 512
MAX_SYNC_LINES = 1000  # in one answer to SYNC


def _check_is_own(ctx: Context, target: str) -> None:
    if target != OWN and fold(target) != fold(ctx.session.display_nick):
        raise Failed("INVALID_TARGET", sanitize_param(target), "You can change your own subscriptions only")


def subscribe(ctx: Context, target: str, *keys: str) -> None:
    """Subscribe the session to changes of keys."""
    _check_is_own(ctx, target)
    before, taken, too_many = len(ctx.session.subscribed), [], ""
    for key in keys:
        if not is_metadata_key(key):
            ctx.send(invalid_key_warning(ctx, key), (ctx.session,))
        elif key not in ctx.session.subscribed and len(ctx.session.subscribed) >= MAX_METADATA_SUBSCRIPTIONS:
            too_many = key
            break
        else:
            ctx.session.subscribed[key] = None
            taken.append(key)
    _reply_keys(ctx, RPL_METADATASUBOK, taken)
    if too_many:
        ctx.fail("LIMIT_REACHED", "SUB", too_many, str(MAX_METADATA_SUBSCRIPTIONS), "Too many subscriptions")
    if ctx.session.user is not None and len(ctx.session.subscribed) > before:
        ctx.send(sync_later(ctx, ALL), (ctx.session,))


def unsubscribe(ctx: Context, target: str, *keys: str) -> None:
    """End the session's subscriptions to keys."""
    _check_is_own(ctx, target)
    for key in keys:
        ctx.session.subscribed.pop(key, None)
        if not is_metadata_key(key):
            ctx.send(invalid_key_warning(ctx, key), (ctx.session,))
    _reply_keys(ctx, RPL_METADATAUNSUBOK, [key for key in keys if is_metadata_key(key)])


def list_subscriptions(ctx: Context, target: str) -> None:
    """List the keys that the session is subscribed to."""
    _check_is_own(ctx, target)
    reply_in_batch(ctx, _key_lines(ctx, RPL_METADATASUBS, ctx.session.subscribed), "metadata-subs")


def _reply_keys(ctx: Context, numeric: Numeric, keys: Iterable[str]) -> None:
    for message in _key_lines(ctx, numeric, dict.fromkeys(keys)):
        ctx.send(message, (ctx.session,))


def _key_lines(ctx: Context, numeric: Numeric, keys: Iterable[str]) -> list[Message]:
    """Return numerics with the keys as parameters, in as many lines as they need."""
    lines: list[Message] = []
    for key in keys:
        if not lines or spare_bytes(lines[-1]) < len(key):
            lines.append(ctx.numeric(numeric))
        lines[-1] = lines[-1]._replace(params=(*lines[-1].params, key))
    return lines


async def sync_profiles(ctx: Context, target: str) -> None:
    """Send the values of the subscribed keys: of a user, of a channel and its members, or of all (`*ALL`).

    If they are too many for one reply, the next SYNC goes on with the rest.
    """
    await ctx.services.settled()
    session = ctx.session
    scope = _scope(ctx, target)
    if not _may_sync(ctx):
        ctx.send(sync_later(ctx, scope, math.ceil(1 / SYNCS_PER_S)), (session,))
        return
    after, most = (
        session.synced.pop(fold(scope), ""),
        min(MAX_SYNC_LINES, ctx.hub.config.sendq // 2 // LINE_BYTES),
    )
    messages: list[Message] = []
    wanted = _profiles_in_scope(ctx, target)
    for name in sorted(name for name in wanted if name > after):
        messages += subscribed_values(ctx.hub, session, [(name, profile_of(ctx.hub, wanted[name]))])
        if len(messages) >= most:
            session.synced[fold(scope)] = name
            break
    for message in wrap_in_metadata_batch(ctx.hub, session, messages, scope):
        ctx.send(message, (session,))
    if fold(scope) in session.synced:
        ctx.send(sync_later(ctx, scope, 1), (session,))


def _scope(ctx: Context, target: str) -> str:
    if target == ALL and ctx.session.user is not None:
        return ALL
    subject = find_metadata_target(ctx, target)
    visible_profile(ctx, subject)
    return subject.name


def _may_sync(ctx: Context) -> bool:
    session = ctx.session
    if ctx.hub.config.no_throttling:
        return True
    session.syncs = session.syncs or TokenBucket(SYNCS_PER_S, SYNC_BURST, ctx.now)
    return session.syncs.try_take(1, ctx.now)


def _profiles_in_scope(ctx: Context, target: str) -> dict[str, User | Channel]:
    """Return the users and channels whose profiles a target covers, by name."""
    if target == ALL and ctx.session.user is not None:
        return subjects_around(ctx.user, ctx.session, ctx.hub)
    subject = find_metadata_target(ctx, target)
    if subject.channel:
        return subjects_in(subject.channel)
    return {subject.name: subject.user} if subject.user else {}
