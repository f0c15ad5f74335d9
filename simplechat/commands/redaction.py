"""REDACT: deleting a message after it was sent.

Spec: https://ircv3.net/specs/extensions/message-redaction
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import stored_tags
from simplechat.commands.log.rendering import REDACTABLE_KINDS, REDACTION
from simplechat.commands.log.views import LogView, find_view, unfiltered_channel_view
from simplechat.hub.errors import Failed, Refused, StoreError
from simplechat.hub.ids import event_tags, parse_msgid
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import may_redact
from simplechat.hub.records import LogRow, Redaction, Spoken
from simplechat.hub.user import Session, sessions_with
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.modes import STATUS_PREFIXES


@command("REDACT", needs=REGISTERED, cost=2)
async def redact(ctx: Context, target: str, msgid: str, reason: str = "") -> None:
    """Delete a message: your own within a day, anybody's as a channel's operator.

    Spec: https://ircv3.net/specs/extensions/message-redaction
    """
    await ctx.services.settled()
    try:
        view = await _view(ctx, target)
        row = await _row(ctx, view, msgid)
    except Refused:
        text = "There is nothing there that you may take back"
        raise Failed("INVALID_TARGET", sanitize_param(target), text) from None
    except StoreError:
        raise Failed(
            "INTERNAL_ERROR", sanitize_param(target), "The server could not read the messages"
        ) from None
    if row is None or not view.allows(row):
        raise Failed(
            "UNKNOWN_MSGID", sanitize_param(target), sanitize_param(msgid), "There is no such message"
        )
    may_redact(ctx.user, view.channel, row, ctx.now, about=(view.name, msgid))
    _redact(ctx, view, row, msgid, reason)


async def _view(ctx: Context, target: str) -> LogView:
    """Return the view of a target; an operator of the server may name a channel without being a member."""
    if is_channel_name(target) and "o" in ctx.user.modes:
        return unfiltered_channel_view(ctx, ctx.hub.channel(target))
    return await find_view(ctx, target)


async def _row(ctx: Context, view: LogView, msgid: str) -> LogRow | None:
    try:
        number = parse_msgid(msgid)
    except ValueError:
        return None
    rows = await ctx.services.store.oldest_rows(
        view.target, number - 1, 1, below=number + 1, kinds=REDACTABLE_KINDS
    )
    return rows[0] if rows else None


def _redact(ctx: Context, view: LogView, row: LogRow, msgid: str, reason: str) -> None:
    """Delete the text from the log, and notify the sessions that could see it."""
    number = ctx.hub.mint_id(view.channel) if view.channel else ctx.hub.mint_direct_id()
    params = (view.name, msgid, reason) if reason else (view.name, msgid)
    message = fit_to_line(Message("REDACT", params, ctx.user.source, event_tags(number)))
    ctx.entry.targets.append(view.name)
    ctx.keep(
        Spoken(
            target=view.target,
            id=number,
            kind=REDACTION,
            sender=ctx.user.identity,
            account=ctx.user.account,
            source=ctx.user.source,
            tags=stored_tags(ctx.user),
            text=" ".join(message.params[1:]),
            status=row.status,
        )
    )
    ctx.keep(Redaction(row.target, row.id))
    ctx.entry.on_refused(ctx.hub.mark_redacted(row))
    ctx.send(message, sessions_with(_listeners(ctx, view, row), "draft/message-redaction"))


def _listeners(ctx: Context, view: LogView, row: LogRow) -> tuple[Session, ...]:
    if view.channel is None:
        other = ctx.hub.users.get(fold(view.name))
        is_it = other is not None and other.identity == view.other
        return tuple(dict.fromkeys((*ctx.user.sessions, *(other.sessions if other and is_it else ()))))
    if not row.status:
        return view.channel.listeners()
    letter = next(letter for letter, prefix in STATUS_PREFIXES.items() if prefix == row.status)
    return tuple(dict.fromkeys((*view.channel.listeners_of(letter), *ctx.user.sessions)))
