"""The table of verbs, and how a message finds its row.

A verb is a function whose signature is its grammar: `channel: Channel` looks the word up and refuses an
unknown one, a default makes a parameter optional.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from simplechat.commands.context import Context
from simplechat.commands.params import Grammar, grammar_of
from simplechat.hub.errors import Refused
from simplechat.hub.names import presentable
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND

ANYONE = "anyone"
REGISTERED = "registered"

Verb = TypeVar("Verb", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Row:
    """One verb.

    Attributes:
        needs: Who may use it.
        cost: What using it costs, in tokens; see `limits.Bucket`.
        grammar: What it takes.
        run: What does it.
    """

    name: str
    needs: str
    cost: float
    grammar: Grammar
    run: Callable[..., None]


TABLE: dict[str, Row] = {}


def command(name: str, *, needs: str, cost: float = 1) -> Callable[[Verb], Verb]:
    """Put a function into the table under a verb's name."""

    def enter(run: Verb) -> Verb:
        TABLE[name] = Row(name, needs, cost, grammar_of(run), run)
        return run

    return enter


def cost_of(message: Message) -> float:
    """Give what a command costs who sends it: what its verb costs, for each target that it names."""
    row = TABLE.get(message.command)
    targets = message.params[0].count(",") + 1 if message.params else 1
    return row.cost * targets if row else 1


def dispatch(ctx: Context) -> None:
    """Run the verb that a message names; a refusal becomes its numeric."""
    try:
        row = _row_for(ctx)
        row.run(ctx, *row.grammar.arguments(ctx))
    except Refused as refused:
        ctx.reply(refused.numeric, *refused.params, **refused.fields)


def _row_for(ctx: Context) -> Row:
    name = ctx.message.command
    row = TABLE.get(name)
    if row is None:
        raise Refused(ERR_UNKNOWNCOMMAND, presentable(name))
    if row.needs is REGISTERED and ctx.session.user is None:
        raise Refused(ERR_NOTREGISTERED)
    if len(ctx.message.params) < row.grammar.fewest:
        raise Refused(ERR_NEEDMOREPARAMS, name, command=name)
    return row
