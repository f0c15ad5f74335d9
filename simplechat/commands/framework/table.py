"""The table of verbs, and how a message finds its row.

A verb is a function whose signature is its grammar: `channel: Channel` looks the word up and refuses an
unknown one, a default makes a parameter optional.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.parameters import ParameterSpec, parameter_spec
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.names import sanitize_param
from simplechat.hub.policy import must_be_server_operator
from simplechat.hub.session import Session
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND

ANYONE = "anyone"
REGISTERED = "registered"
OWNER = "owner"

Work = Coroutine[Any, Any, None]
CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Work | None])


@dataclass(frozen=True, eq=False)
class Command:
    """One verb.

    Attributes:
        needs: Who may use it.
        cost: What using it costs, in tokens; see `limits.Bucket`.
        run: What does it; a verb that has to wait gives work to be awaited, and holds back what the
            connection says meanwhile.
    """

    name: str
    needs: str
    cost: float
    run: Callable[..., Work | None]

    @cached_property
    def parameters(self) -> ParameterSpec:
        """What it takes; to read a signature takes a while, and the server is to start soon."""
        return parameter_spec(self.run)


COMMANDS: dict[str, Command] = {}


def command(name: str, *, needs: str, cost: float = 1) -> Callable[[CommandFunction], CommandFunction]:
    """Put a function into the table under a verb's name."""

    def enter(run: CommandFunction) -> CommandFunction:
        COMMANDS[name] = Command(name, needs, cost, run)
        return run

    return enter


def cost_of(message: Message) -> float:
    """Give what a command costs who sends it: what its verb costs, for each target that it names."""
    row = COMMANDS.get(message.command)
    targets = message.params[0].count(",") + 1 if message.params else 1
    return row.cost * targets if row else 1


def dispatch(ctx: Context) -> Work | None:
    """Run the verb that a message names; a refusal becomes its numeric. Gives what is left to be awaited."""
    try:
        row = _find_command(ctx)
        work = row.run(ctx, *row.parameters.arguments(ctx))
    except Refused as refused:
        ctx.refuse(refused)
        return None
    except Failed as failed:
        ctx.fail(failed.code, *failed.params)
        return None
    return None if work is None else _answer_refusals(ctx, work)


async def _answer_refusals(ctx: Context, work: Work) -> None:
    try:
        await work
    except Refused as refused:
        ctx.refuse(refused)
    except Failed as failed:
        ctx.fail(failed.code, *failed.params)


def _find_command(ctx: Context) -> Command:
    name = ctx.message.command
    row = COMMANDS.get(name)
    if row is None:
        raise Refused(ERR_UNKNOWNCOMMAND, sanitize_param(name))
    _check_may_use(ctx.session, row)
    if len(ctx.message.params) < row.parameters.min_count:
        raise Refused(ERR_NEEDMOREPARAMS, name, command=name)
    return row


def _check_may_use(session: Session, row: Command) -> None:
    if row.needs is ANYONE or (row.needs is OWNER and session.is_owner):
        return
    if session.user is None:
        raise Refused(ERR_NOTREGISTERED)
    if row.needs is OWNER:
        must_be_server_operator(session.user)
