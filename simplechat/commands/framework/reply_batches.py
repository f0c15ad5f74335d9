"""Replies that consist of several messages, put into one batch.

Spec: https://ircv3.net/specs/extensions/batch
"""

from __future__ import annotations

from collections.abc import Iterable

from simplechat.commands.framework.context import Context
from simplechat.ircv3.message import Message


def reply_in_batch(
    ctx: Context, messages: list[Message], kind: str, *params: str, is_end: bool = False
) -> None:
    """Send messages in a batch, if the session understands batches; their tags stay as they are."""
    if "batch" in ctx.session.caps:
        source = ctx.hub.config.server_name
        opening, closing = batch_delimiters(
            ctx.hub.outbox.next_batch_reference(), kind, *params, source=source
        )
        if is_end:
            opening = opening._replace(tags={"draft/chathistory-end": ""})
        messages = wrap_in_batch(messages, opening, closing)
    for message in messages:
        ctx.entry.send(message, (ctx.session,))


def wrap_in_batch(messages: Iterable[Message], opening: Message, closing: Message) -> list[Message]:
    """Put messages into a batch; those that are in another one already stay there."""
    reference = opening.params[0][1:]
    inside = (
        each
        if "batch" in each.tags
        else Message(each.command, each.params, each.source, {**each.tags, "batch": reference})
        for each in messages
    )
    return [opening, *inside, closing]


def batch_delimiters(reference: str, kind: str, *params: str, source: str) -> tuple[Message, Message]:
    """Return the two messages that open and close a batch.

    Spec: https://ircv3.net/specs/extensions/batch
    """
    return (
        Message("BATCH", (f"+{reference}", kind, *params), source),
        Message("BATCH", (f"-{reference}",), source),
    )
