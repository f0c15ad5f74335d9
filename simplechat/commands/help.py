"""HELP: the list of commands, and what each one does.

Spec: https://modern.ircdocs.horse/#help-message
"""

from __future__ import annotations

import inspect

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, COMMANDS, Command, command
from simplechat.hub.errors import Refused
from simplechat.hub.names import sanitize_param
from simplechat.ircv3.message import join_words
from simplechat.ircv3.numerics import ERR_HELPNOTFOUND, RPL_ENDOFHELP, RPL_HELPSTART, RPL_HELPTXT

COMMAND_LIST_BYTES = 200  # of commands in one line


@command("HELP", needs=ANYONE, cost=2)
def help_(ctx: Context, command: str = "") -> None:
    """Show what a command does; without a name, list all commands.

    Spec: https://modern.ircdocs.horse/#help-message
    """
    name = command.upper()
    if not name:
        first = "The commands of this server; HELP <command> shows more:"
        _send_help(ctx, "*", first, list(join_words(sorted(COMMANDS), COMMAND_LIST_BYTES)))
    elif name in COMMANDS:
        found = COMMANDS[name]
        _send_help(ctx, name, f"{name} {found.parameters.syntax}".strip(), _help_lines(found))
    else:
        raise Refused(ERR_HELPNOTFOUND, sanitize_param(command))


@command("HELPOP", needs=ANYONE, cost=2)
def helpop(ctx: Context, command: str = "") -> None:
    """Show what a command does, as HELP does.

    Spec: https://modern.ircdocs.horse/#help-message
    """
    help_(ctx, command)


def _help_lines(about: Command) -> list[str]:
    """Return the lines of a command's docstring, without empty ones."""
    text = inspect.getdoc(about.run) or ""
    return [line for line in text.splitlines() if line]


def _send_help(ctx: Context, subject: str, first: str, lines: list[str]) -> None:
    ctx.reply(RPL_HELPSTART, subject, first)
    for line in lines:
        ctx.reply(RPL_HELPTXT, subject, line)
    ctx.reply(RPL_ENDOFHELP, subject, "End of help")
