"""The owner's commands that serve the prompt itself: help, cls, and completion."""

from __future__ import annotations

import json

from simplechat.commands.framework.context import Context
from simplechat.commands.owner.table import OWNER_COMMANDS, OwnerError, find_command, owner_command
from simplechat.hub.hub import Hub
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext, marked
from simplechat.owner_answers import ClearScreen, Table


@owner_command("help")
def help_(ctx: Context, command: str = "") -> None:
    """Explain a command; alone, list all commands."""
    if command:
        row = find_command(command)
        ctx.tell("{syntax}", syntax=row.syntax)
        ctx.tell(row.summary)
        return
    rows = [row for name, row in OWNER_COMMANDS.items() if name == row.names[0] and row.is_for_people]
    ctx.show(
        Table(
            (marked("command"), marked("or"), marked("what it does")),
            [(row.syntax, " ".join(row.names[1:]), gettext(row.summary)) for row in rows],
        )
    )


@owner_command("cls")
def cls(ctx: Context) -> None:
    """Clear the screen."""
    ctx.show(ClearScreen())


@owner_command("complete", is_for_people=False)
def complete(ctx: Context, text: str) -> None:
    """List the completions of a line that is being typed, given as a JSON string."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, str):
        raise OwnerError(marked("{word} is not a JSON string"), word=text)
    ctx.show(Table(("word",), [(word,) for word in completions(ctx.hub, line)]))


def completions(hub: Hub, text: str) -> list[str]:
    """Return what can replace the last word before the cursor: commands first, then nicks and channels."""
    before, _, word = text.rpartition(" ")
    if not before:
        names: list[str] = [name for name, row in OWNER_COMMANDS.items() if row.is_for_people]
    elif word.startswith("#"):
        names = [channel.name for channel in hub.channels.values()]
    else:
        names = [user.nick for user in hub.users.values()]
    return sorted(f"{name} " for name in names if fold(name).startswith(fold(word)))
