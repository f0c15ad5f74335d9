"""The owner's commands: bare words at the server's prompt, `CONSOLE <command>` over IRC."""

from simplechat.commands.owner import (
    accounts,
    backup,
    bans,
    channels,
    clearing,
    clients,
    help,
    importing,
    messages,
    server,
)
from simplechat.commands.owner.help import completions
from simplechat.commands.owner.table import OWNER_COMMANDS

THEMES = (
    accounts,
    backup,
    bans,
    channels,
    clearing,
    clients,
    help,
    importing,
    messages,
    server,
)
"""The modules that have filled the table."""

__all__ = ["OWNER_COMMANDS", "THEMES", "completions"]
