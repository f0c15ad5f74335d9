"""The owner's command that copies the database."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.owner.table import OwnerError, owner_command
from simplechat.hub.errors import StoreError
from simplechat.locale import marked
from simplechat.owner_answers import Progress


@owner_command("backup", is_local=True)
async def backup(ctx: Context, path: str) -> None:
    """Copy the database to a new file, while the server runs."""
    file = ctx.services.store.file
    if file is None:
        text = marked("The messages are not in a file of this machine: use the backup tools of the database")
        raise OwnerError(text)
    if not Path(path).is_absolute():
        raise OwnerError(marked("{path} is not an absolute path; it must begin with a slash"), path=path)
    await ctx.services.settled()
    record_action(ctx, AuditAction.BACKUP, path)
    ctx.submit_so_far()

    try:
        size = await file.copy_to(Path(path), partial(_show_progress, ctx))
    except StoreError as error:
        record_action(ctx, AuditAction.BACKUP, f"{path} failed")
        raise OwnerError(marked("The backup failed: {why}"), why=str(error)) from None
    ctx.tell(marked("The backup is in {path}: {size} bytes"), path=path, size=size)


def _show_progress(ctx: Context, done: int, total: int) -> None:
    ctx.show(Progress(done, total))
    ctx.submit_so_far()
