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

COMMAND_LIST_BYTES = 200  # of verbs in one line of help


@command("HELP", needs=ANYONE, cost=2)
def help_(ctx: Context, verb: str = "") -> None:
    """Show what a verb does; alone, list the verbs.

    Spec: https://modern.ircdocs.horse/#help-message
    """
    name = verb.upper()
    if not name:
        _help(
            ctx,
            "*",
            "The verbs of this server; HELP <verb> tells more:",
            list(join_words(sorted(COMMANDS), COMMAND_LIST_BYTES)),
        )
    elif name in COMMANDS:
        row = COMMANDS[name]
        _help(ctx, name, f"{name} {row.parameters.syntax}".strip(), _help_lines(row))
    else:
        raise Refused(ERR_HELPNOTFOUND, sanitize_param(verb))


@command("HELPOP", needs=ANYONE, cost=2)
def helpop(ctx: Context, verb: str = "") -> None:
    """Show what a verb does, as HELP does.

    Spec: https://modern.ircdocs.horse/#help-message
    """
    help_(ctx, verb)


def _help_lines(row: Command) -> list[str]:
    """Give the sentences of a verb's docstring."""
    text = inspect.getdoc(row.run) or ""
    return [line for line in text.splitlines() if line]


def _help(ctx: Context, subject: str, first: str, lines: list[str]) -> None:
    ctx.reply(RPL_HELPSTART, subject, first)
    for line in lines:
        ctx.reply(RPL_HELPTXT, subject, line)
    ctx.reply(RPL_ENDOFHELP, subject, "End of help")
