"""The verbs: what a user can ask, one function each, in one table."""

from simplechat.commands import (
    accounts,
    capabilities,
    certificates,
    channel_lists,
    channel_settings,
    channels,
    connection,
    history,
    metadata,
    modes,
    monitor,
    multiline,
    operators,
    owner,
    persistence,
    read_markers,
    redaction,
    registration,
    renaming,
    sasl,
    search,
    server,
    speaking,
    user_queries,
    who,
)
from simplechat.commands.connection import everybody_leaves, lapses, lose
from simplechat.commands.framework.context import Context, Services
from simplechat.commands.framework.table import COMMANDS, Work, cost_of, dispatch
from simplechat.commands.owner import completions

THEMES = (
    accounts,
    capabilities,
    certificates,
    channel_lists,
    channel_settings,
    channels,
    connection,
    history,
    metadata,
    modes,
    monitor,
    multiline,
    operators,
    owner,
    persistence,
    read_markers,
    redaction,
    registration,
    renaming,
    sasl,
    search,
    server,
    speaking,
    user_queries,
    who,
)
"""The modules that have filled the table."""

__all__ = [
    "COMMANDS",
    "THEMES",
    "Context",
    "Services",
    "Work",
    "completions",
    "cost_of",
    "dispatch",
    "everybody_leaves",
    "lapses",
    "lose",
]
