"""BATCH: messages of several lines, as clients send them.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import filterfalse

from simplechat.commands.client_batches import fail_batch
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.multiline_messages import (
    MULTILINE,
    render_as_batch,
    render_as_lines,
    supports_multiline,
)
from simplechat.commands.messaging import (
    client_tags,
    find_audience,
    keep_message,
    message_tags,
    send_to_audience,
)
from simplechat.hub.errors import Refused
from simplechat.hub.multiline import ClientBatch, join_lines, remove_concat_marks
from simplechat.hub.names import sanitize_param
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message, fit_to_line, is_middle
from simplechat.ircv3.splitting import TextLine

Send = Callable[[Message, tuple[Session, ...]], None]


@command("BATCH", needs=REGISTERED)
def batch(ctx: Context, reference: str, kind: str = "", target: str = "") -> None:
    """Open (`+x draft/multiline #tea`) or close (`-x`) a message of several lines.

    Spec: https://ircv3.net/specs/extensions/client-batch
    """
    name = reference[1:]
    if not name.isascii() or not name.isprintable() or not is_middle(name) or reference[0] not in "+-":
        ctx.answer(
            "FAIL", "BATCH", "INVALID_REFTAG", sanitize_param(reference), "That cannot be the name of a batch"
        )
    elif reference[0] == "+":
        _open(ctx, name, kind, target)
    else:
        _close(ctx, name)


def _open(ctx: Context, name: str, kind: str, target: str) -> None:
    label, ctx.entry.label = ctx.entry.label, ""  # it belongs to the reply to the whole message
    if ctx.session.batch is not None and not ctx.session.batch.is_broken:
        fail_batch(ctx, "MULTILINE_INVALID", "Another batch is open")
        return
    ctx.session.batch = ClientBatch(name, target, client_tags(ctx), label, ctx.now)
    if kind != MULTILINE or MULTILINE not in ctx.session.caps:
        fail_batch(
            ctx, "UNKNOWN_TYPE", sanitize_param(name), sanitize_param(kind), "There is no such type of batch"
        )
    elif not target:
        fail_batch(ctx, "MULTILINE_INVALID", "A batch needs a target")


def _close(ctx: Context, name: str) -> None:
    batch = ctx.session.batch
    if batch is None or batch.reference != name:
        fail_batch(ctx, "MULTILINE_INVALID", "No such batch is open")
        return
    if not batch.is_broken and not any(line.text for line in batch.lines):
        fail_batch(ctx, "MULTILINE_INVALID", "A message needs a line that is not empty")
    ctx.session.batch = None
    if not batch.is_broken:
        ctx.entry.label = batch.label or ctx.entry.label
        _finish(ctx, batch)


def _finish(ctx: Context, batch: ClientBatch) -> None:
    """Send the message; errors of a NOTICE are not answered."""
    try:
        _send_message(ctx, batch)
    except Refused:
        if batch.command != "NOTICE":
            raise


def _send_message(ctx: Context, batch: ClientBatch) -> None:
    """Store a text of several lines, then send it to each session in a form that it understands."""
    ctx.user.last_spoke = ctx.now
    text = join_lines(batch.lines)
    audience = find_audience(ctx, batch.target, remove_concat_marks(text), batch.command)
    head = Message(batch.command, (audience.shown,), ctx.user.source)
    lines = [TextLine(_shortened(head, line.text), line.is_concat) for line in batch.lines]
    keep_message(ctx, audience, batch.command, join_lines(lines), batch.tags)
    tags = message_tags(audience.id, batch.tags)
    if len(lines) == 1:
        send_to_audience(ctx, audience, head._replace(params=(audience.shown, lines[0].text), tags=tags))
        return
    echo = (ctx.session,) if "echo-message" in ctx.session.caps else ()
    for message, listeners in audience.copies(head):
        _send_lines(ctx.relay, message, lines, audience.id, tags, listeners)
    _send_lines(ctx.send, head, lines, audience.id, tags, echo)


def _send_lines(
    send: Send,
    head: Message,
    lines: list[TextLine],
    number: int,
    tags: Mapping[str, str],
    to: tuple[Session, ...],
) -> None:
    """Send a text of several lines to sessions: as one batch, or line by line."""
    for message in render_as_batch(head, lines, number, tags):
        send(message, tuple(filter(supports_multiline, to)))
    for message in render_as_lines(head, lines, tags):
        send(message, tuple(filterfalse(supports_multiline, to)))


def _shortened(head: Message, text: str) -> str:
    return fit_to_line(head._replace(params=(*head.params, text))).params[-1]
