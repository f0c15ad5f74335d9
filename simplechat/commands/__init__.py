"""The verbs: what a user can ask, one function each, in one table."""

from simplechat.commands import channels, connection, negotiation, registration, speaking
from simplechat.commands.connection import everybody_leaves, leave
from simplechat.commands.context import Context
from simplechat.commands.table import TABLE, dispatch

__all__ = [
    "TABLE",
    "Context",
    "channels",
    "connection",
    "dispatch",
    "everybody_leaves",
    "leave",
    "negotiation",
    "registration",
    "speaking",
]
