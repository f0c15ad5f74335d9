"""The verbs: what a user can ask, one function each, in one table."""

from simplechat.commands import (
    accounts,
    certificates,
    channels,
    connection,
    history,
    marks,
    metadata,
    modes,
    monitor,
    multiline,
    names,
    negotiation,
    operators,
    owner,
    people,
    persistence,
    redaction,
    registration,
    renaming,
    sasl,
    search,
    server,
    settings,
    speaking,
    who,
)
from simplechat.commands.connection import everybody_leaves, lapses, lose
from simplechat.commands.context import Context, Means
from simplechat.commands.owner import completions
from simplechat.commands.table import TABLE, Work, cost_of, dispatch

THEMES = (
    accounts,
    certificates,
    channels,
    connection,
    history,
    marks,
    metadata,
    modes,
    monitor,
    multiline,
    names,
    negotiation,
    operators,
    owner,
    people,
    persistence,
    redaction,
    registration,
    renaming,
    sasl,
    search,
    server,
    settings,
    speaking,
    who,
)
"""The modules that have filled the table."""

__all__ = [
    "TABLE",
    "THEMES",
    "Context",
    "Means",
    "Work",
    "completions",
    "cost_of",
    "dispatch",
    "everybody_leaves",
    "lapses",
    "lose",
]
