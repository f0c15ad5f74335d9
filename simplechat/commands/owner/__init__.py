"""The verbs of whoever runs the server: bare words at a prompt of theirs, `CONSOLE <verb>` over IRC."""

from simplechat.commands.owner import accounts, bans, channels, clients, log, server
from simplechat.commands.owner.table import VERBS, completions

THEMES = (accounts, bans, channels, clients, log, server)
"""The modules that have filled the table."""

__all__ = ["THEMES", "VERBS", "completions"]
