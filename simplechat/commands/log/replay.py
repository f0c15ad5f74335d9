"""Replay of earlier messages, on JOIN or on coming back, for clients that cannot ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from simplechat.commands.framework.context import Context, batch_delimiters, wrap_in_batch
from simplechat.commands.log.rendering import render_row
from simplechat.commands.log.views import LogView, channel_view, direct_view
from simplechat.hub.account import Account
from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.hub.records import MESSAGE_KINDS, LogRow  # joins and parts are noise by then
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message


def replay_channel(ctx: Context, channel: Channel, joined: int) -> None:
    """Send a session that joins the channel's latest messages; newer ones follow after them.

    Spec: https://ircv3.net/specs/batches/chathistory
    """
    count = ctx.hub.config.replay
    if not count or "B" in ctx.user.modes or "draft/chathistory" in ctx.session.caps:
        return
    view = channel_view(ctx, channel)
    since = max(view.since, ctx.user.last_shown.get(channel.target, 0) + 1)  # nothing is sent twice
    user = ctx.user

    async def read(store: Store) -> list[Message]:
        rows = await store.newest_rows(channel.target, since, joined, MESSAGE_KINDS, count)
        if user in channel.members:
            channel.members[user].is_caught_up = True
        return _render_rows(ctx, view, rows, f"h{msgid_of(joined)}")

    ctx.entry.read(ctx.session, read)


def replay_missed(ctx: Context) -> None:
    """Send a session the direct messages that came while nobody was connected to its account.

    Spec: https://ircv3.net/specs/batches/chathistory
    """
    account, session = ctx.hub.accounts.get(ctx.user.account), ctx.session
    if account is None or not account.unread:
        return
    waiting, account.unread = account.unread, {}
    ctx.hub.unsaved.mark_seen(account)
    if "draft/chathistory" in session.caps or not ctx.hub.config.replay:
        return
    for conversation, after in waiting.items():
        ctx.entry.read(session, partial(_read_waiting, ctx, account, conversation, after))


async def _read_waiting(
    ctx: Context, account: Account, conversation: str, after: int, store: Store
) -> list[Message]:
    rows = await store.oldest_rows(conversation, after, ctx.hub.config.replay, kinds=MESSAGE_KINDS)
    told = [row for row in rows if row.sender != account.identity]
    if not told:
        return []
    view = direct_view(ctx, told[-1].sender, told[-1].source.partition("!")[0])
    return _render_rows(ctx, view, told, f"d{msgid_of(told[0].id)}")


def _render_rows(ctx: Context, view: LogView, rows: Sequence[LogRow], reference: str) -> list[Message]:
    """Return the messages of the rows that the user may see, in a batch if the session knows batches."""
    session = ctx.session
    visible = [row for row in rows if view.allows(row) and not _is_ctcp_request(row)]
    messages = [each for row in visible for each in render_row(row, view.addressee(row), session)]
    if "batch" not in session.caps or not messages:
        return messages
    opening, closing = batch_delimiters(
        reference, "chathistory", view.name, source=ctx.hub.config.server_name
    )
    return wrap_in_batch(messages, opening, closing)


def _is_ctcp_request(row: LogRow) -> bool:
    """Tell whether a row is a CTCP request, which a client would answer a second time."""
    return row.text.startswith("\1") and not row.text.startswith("\1ACTION ")
