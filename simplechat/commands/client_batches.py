"""Batches that clients send: their lines are collected until the batch is closed.

Spec: https://ircv3.net/specs/extensions/client-batch
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.log.multiline_messages import CONCAT, MULTILINE
from simplechat.hub.multiline import ClientBatch, count_bytes
from simplechat.hub.names import sanitize_param
from simplechat.ircv3.caps import MAX_MULTILINE_BYTES, MAX_MULTILINE_LINES
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.splitting import TextLine

MAX_OPEN_S = 60.0


def gather_line(ctx: Context, target: str, text: str) -> bool:
    """Add a line to the open batch that it belongs to; return False if it belongs to none."""
    reference = ctx.message.tags.get("batch")
    if reference is None or MULTILINE not in ctx.session.caps:
        return False
    batch = ctx.session.batch
    if batch is None or batch.reference != reference:
        fail_batch(ctx, "MULTILINE_INVALID", "No such batch is open")
    elif not batch.is_broken:
        _add_line(ctx, batch, target, TextLine(text, CONCAT in ctx.message.tags))
    return True


def _add_line(ctx: Context, batch: ClientBatch, target: str, line: TextLine) -> None:
    batch.command = batch.command or ctx.message.command
    lines = [*batch.lines, line]
    if ctx.now - batch.opened > MAX_OPEN_S:
        fail_batch(ctx, "TIMEOUT", batch.reference, "The batch was open for too long")
    elif fold(target) != fold(batch.target):
        about = (sanitize_param(batch.target), sanitize_param(target))
        fail_batch(ctx, "MULTILINE_INVALID_TARGET", *about, "That line has another target than the batch")
    elif ctx.message.command != batch.command:
        fail_batch(ctx, "MULTILINE_INVALID", "The lines of a batch are all PRIVMSG or all NOTICE")
    elif line.is_concat and not (line.text and batch.lines):
        fail_batch(ctx, "MULTILINE_INVALID", "That line cannot be joined to the one before")
    elif len(lines) > MAX_MULTILINE_LINES:
        fail_batch(ctx, "MULTILINE_MAX_LINES", str(MAX_MULTILINE_LINES), "Too many lines")
    elif count_bytes(lines) > MAX_MULTILINE_BYTES:
        fail_batch(ctx, "MULTILINE_MAX_BYTES", str(MAX_MULTILINE_BYTES), "Too many bytes")
    else:
        batch.lines = lines


def fail_batch(ctx: Context, code: str, *params: str) -> None:
    """Answer that the open batch is refused, and ignore its further lines."""
    batch = ctx.session.batch
    if batch is not None:
        batch.is_broken = True
        ctx.entry.label, batch.label = ctx.entry.label or batch.label, ""
        batch.lines = []
    ctx.answer("FAIL", "BATCH", code, *params)
