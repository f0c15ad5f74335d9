"""What a user of the client can type: one function for each command, in one table.

The modules are imported in the order in which /help lists their commands.
"""

# isort: off
from simplechat.client.commands import messages, history, channels, accounts, application

# isort: on

COMMAND_MODULES = (messages, history, channels, accounts, application)
"""The modules that fill the table."""

__all__ = ["COMMAND_MODULES"]
