"""What was said before: shown on JOIN to clients that cannot ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from simplechat.commands.context import Context
from simplechat.commands.events import stamp_tags
from simplechat.hub.account import Account
from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.hub.policy import may_read
from simplechat.hub.records import LogRow
from simplechat.hub.session import Session
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message, fitted

KINDS = ("PRIVMSG", "NOTICE")  # comings and goings are noise by then


def replay(ctx: Context, channel: Channel, joined: int) -> None:
    """Show a session that joins what it may see of the channel's log; whatever is said meanwhile follows.

    Spec: https://ircv3.net/specs/batches/chathistory
    """
    count = ctx.hub.config.replay
    if not count or "B" in ctx.user.modes or "draft/chathistory" in ctx.session.caps:
        return
    since = max(channel.era, ctx.user.left.get(channel.folded, 0) + 1)  # nothing is shown twice
    user, session, server_name = ctx.user, ctx.session, ctx.hub.config.server_name

    async def read(store: Store) -> list[Message]:
        rows = await store.page(channel.folded, since, joined, KINDS, count)
        if user in channel.members:
            channel.members[user].is_caught_up = True
        visible = [row for row in rows if may_read(user, channel, row) and not _asks_a_program(row)]
        messages = [as_message(row, row.status + channel.name, session) for row in visible]
        return _in_batch(messages, channel.name, f"h{msgid_of(joined)}", session, server_name)

    ctx.entry.read(session, read)


def tell_waiting(ctx: Context) -> None:
    """Tell an account's owner, who comes back with a client that cannot ask for it, what they were told.

    Spec: https://ircv3.net/specs/batches/chathistory
    """
    account, session = ctx.hub.accounts.get(ctx.user.account), ctx.session
    if account is None or not account.waiting:
        return
    waiting, account.waiting = account.waiting, {}
    ctx.hub.stays.has_seen(account)
    if "draft/chathistory" in session.caps or not ctx.hub.config.replay:
        return
    for conversation, after in waiting.items():
        ctx.entry.read(session, partial(_read_waiting, ctx, account, conversation, after))


async def _read_waiting(
    ctx: Context, account: Account, conversation: str, after: int, store: Store
) -> list[Message]:
    rows = await store.following(conversation, after, ctx.hub.config.replay)
    said = [row for row in rows if row.kind in KINDS and row.sender != account.identity]
    visible = [row for row in said if not _asks_a_program(row)]
    if not visible:
        return []
    who = visible[-1].source.partition("!")[0]
    messages = [as_message(row, ctx.user.nick, ctx.session) for row in visible]
    return _in_batch(messages, who, f"d{msgid_of(visible[0].id)}", ctx.session, ctx.hub.config.server_name)


def as_message(row: LogRow, target: str, session: Session) -> Message:
    """Say a row of a log again, its time in a tag, or in the text where tags are not understood."""
    tags = {**stamp_tags(row.id), **(json.loads(row.tags) if row.tags else {})}
    if row.account:
        tags["account"] = row.account
    text = row.text if "server-time" in session.caps else _dated(row.text, tags["time"])
    return fitted(Message(row.kind, (target, text), row.source, tags))


def _asks_a_program(row: LogRow) -> bool:
    """Tell whether a message is a question from program to program, which must not be asked again."""
    return row.text.startswith("\1") and not row.text.startswith("\1ACTION ")


def _dated(text: str, time: str) -> str:
    """Put a time tag, as people write it, before a text; in an ACTION, behind the word."""
    stamp = f"[{time[:10]} {time[11:16]} UTC] "
    action = "\1ACTION "
    return action + stamp + text.removeprefix(action) if text.startswith(action) else stamp + text


def _in_batch(
    messages: Iterable[Message], target: str, reference: str, session: Session, server_name: str
) -> list[Message]:
    batched = [message._replace(tags={**message.tags, "batch": reference}) for message in messages]
    if "batch" not in session.caps or not batched:
        return batched
    return [
        Message("BATCH", (f"+{reference}", "chathistory", target), server_name),
        *batched,
        Message("BATCH", (f"-{reference}",), server_name),
    ]
