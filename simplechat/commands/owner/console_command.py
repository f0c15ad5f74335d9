"""CONSOLE, which runs one line of the owner's: over IRC, at a prompt, and on the control socket."""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import OWNER, Work, command
from simplechat.commands.owner.table import Declined, OwnerError, find_command
from simplechat.hub.errors import StoreError
from simplechat.locale import marked
from simplechat.owner_answers import ErrorNotice


@command("CONSOLE", needs=OWNER, cost=2)
def console(ctx: Context, command: str, *words: str) -> Work | None:
    """Run a command of the server's owner; CONSOLE help lists them."""
    try:
        return _run_line(ctx, " ".join((command, *words)))
    except Declined as declined:
        ctx.show(declined.answer)
        return None


def _run_line(ctx: Context, line: str) -> Work | None:
    name, _, rest = line.strip().partition(" ")
    row = find_command(name)
    if row.is_local and not ctx.session.is_owner:
        raise OwnerError(marked("{command} works only on the server's own machine"), command=name)
    words = _split_words(rest, len(row.parameters.parsers))
    if len(words) < row.parameters.min_count or (rest.strip() and not row.parameters.parsers):
        raise OwnerError(marked("Usage: {syntax}"), syntax=row.syntax)
    arguments = [parse(ctx, word) for parse, word in zip(row.parameters.parsers, words, strict=False)]
    work = row.run(ctx, *arguments)
    return None if work is None else _await_work(ctx, work)


def _split_words(rest: str, max_words: int) -> list[str]:
    """Split a line into words; the last one holds all that is left."""
    return rest.split(None, max_words - 1) if max_words else []


async def _await_work(ctx: Context, work: Work) -> None:
    try:
        await work
    except Declined as declined:
        ctx.show(declined.answer)
    except StoreError as error:
        ctx.show(ErrorNotice(marked("The store cannot be read now: {why}"), {"why": str(error)}))
