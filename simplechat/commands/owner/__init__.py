"""The verbs of whoever runs the server: bare words at a prompt of theirs, `CONSOLE <verb>` over IRC."""

from simplechat.commands.owner import accounts, bans, past, people, rooms, server
from simplechat.commands.owner.table import VERBS, completions

THEMES = (accounts, bans, people, past, rooms, server)
"""The modules that have filled the table."""

__all__ = ["THEMES", "VERBS", "completions"]
