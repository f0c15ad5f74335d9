"""The table of commands, and how a message finds its command.

A command is a function whose signature tells its parameters: `channel: Channel` finds the channel and refuses
an unknown one, a default makes a parameter optional.
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
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND

ANYONE = "anyone"
REGISTERED = "registered"
OWNER = "owner"

Work = Coroutine[Any, Any, None]
CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Work | None])


@dataclass(frozen=True, eq=False)
class Command:
    """One command.

    Attributes:
        needs: Who may use it.
        cost: What it costs, in tokens of `limits.TokenBucket`.
        run: The function; if the command has to wait, it returns a coroutine, and the connection's next lines
            wait for that.
    """

    name: str
    needs: str
    cost: float
    run: Callable[..., Work | None]

    @cached_property
    def parameters(self) -> ParameterSpec:
        """Its parameters; read on first use, since that takes a while and the server should start fast."""
        return parameter_spec(self.run)


COMMANDS: dict[str, Command] = {}


def command(name: str, *, needs: str, cost: float = 1) -> Callable[[CommandFunction], CommandFunction]:
    """Add a function to the table under a command's name."""

    def add(run: CommandFunction) -> CommandFunction:
        COMMANDS[name] = Command(name, needs, cost, run)
        return run

    return add


def cost_of(message: Message) -> float:
    """Return what a message costs its sender: the command's cost, for each target that it names."""
    found = COMMANDS.get(message.command)
    targets = message.params[0].count(",") + 1 if message.params else 1
    return found.cost * targets if found else 1


def dispatch(ctx: Context) -> Work | None:
    """Run the command of a message; return the coroutine that is left to be awaited, if there is one."""
    try:
        found = _find_command(ctx)
        work = found.run(ctx, *found.parameters.parse_arguments(ctx))
    except (Refused, Failed) as error:
        ctx.refuse(error)
        return None
    return None if work is None else _answer_refusals(ctx, work)


async def _answer_refusals(ctx: Context, work: Work) -> None:
    try:
        await work
    except (Refused, Failed) as error:
        ctx.refuse(error)


def _find_command(ctx: Context) -> Command:
    """Return the command of the message.

    Raises:
        Refused: It does not exist, the session may not use it, or parameters are missing.
    """
    name = ctx.message.command
    found = COMMANDS.get(name)
    if found is None:
        raise Refused(ERR_UNKNOWNCOMMAND, sanitize_param(name))
    _check_may_use(ctx.session, found)
    if len(ctx.message.params) < found.parameters.min_count:
        ctx.refuse_arity()
    return found


def _check_may_use(session: Session, wanted: Command) -> None:
    if wanted.needs is ANYONE or (wanted.needs is OWNER and session.is_owner):
        return
    if session.user is None:
        raise Refused(ERR_NOTREGISTERED)
    if wanted.needs is OWNER:
        must_be_server_operator(session.user)
