"""The table of the owner's commands, and CONSOLE, which runs a line: at a prompt, by socket or over IRC.

A command is a function whose signature is its grammar, as in `commands.framework`; the last parameter takes
the rest of the line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.parameters import ParameterParser, ParameterSpec, parameter_spec
from simplechat.commands.framework.table import OWNER, Work, command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import StoreError
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext, marked
from simplechat.owner_answers import Answer, Cell, ErrorNotice, Question

MAX_DIGITS = 9  # of a whole number

Function = TypeVar("Function", bound=Callable[..., Work | None])


class Declined(Exception):
    """A command is not run.

    Attributes:
        answer: Shown instead of the command's own answer.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


class OwnerError(Declined):
    """A command cannot be run.

    Args:
        text: Why, in English, with {fields}; it is translated when it is shown.
    """

    def __init__(self, text: str, **fields: Cell) -> None:
        super().__init__(ErrorNotice(text, fields))


class ConfirmationNeeded(Declined):
    """A command that cannot be undone was not confirmed yet.

    Args:
        confirmed_line: The line that runs the command without a question.
        text: The question, in English, with {fields}; it is translated when it is shown.
    """

    def __init__(self, confirmed_line: str, text: str, **fields: Cell) -> None:
        super().__init__(Question(text, fields, confirmed_line))


@dataclass(frozen=True, eq=False)
class OwnerCommand:
    """One row of the table.

    Attributes:
        names: The command's name, then its other names.
        run: The function that implements it.
        is_for_people: False for commands that only programs use; help and completion leave them out.
        is_local: True for commands that reach files on the server's machine, so only its owner may use them.
    """

    names: tuple[str, ...]
    run: Callable[..., Work | None]
    is_for_people: bool
    is_local: bool

    @cached_property
    def parameters(self) -> ParameterSpec:
        """The command's parameters."""
        return parameter_spec(self.run, PARSERS)

    @property
    def syntax(self) -> str:
        """The command as it is typed, its parameters named."""
        return f"{self.names[0]} {self.parameters.syntax}".strip()

    @property
    def summary(self) -> str:
        """What the command does: one English sentence."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]


OWNER_COMMANDS: dict[str, OwnerCommand] = {}
"""Each row under each of its names."""


def owner_command(
    *names: str, is_for_people: bool = True, is_local: bool = False
) -> Callable[[Function], Function]:
    """Add a function to the table under these names."""

    def register(run: Function) -> Function:
        row = OwnerCommand(names, run, is_for_people, is_local)
        OWNER_COMMANDS.update(dict.fromkeys(names, row))
        return run

    return register


def find_command(name: str) -> OwnerCommand:
    """Return the command of this name, in upper or lower case.

    Raises:
        OwnerError: There is none.
    """
    try:
        return OWNER_COMMANDS[name.lower()]
    except KeyError:
        raise OwnerError(marked("There is no command {command}; help lists them"), command=name) from None


def confirm(word: str, confirmed_line: str, text: str, **fields: Cell) -> None:
    """Check that a command which cannot be undone was confirmed with "yes".

    Raises:
        ConfirmationNeeded: The word is not yes.
    """
    if word.lower() not in ("yes", gettext("yes")):
        raise ConfirmationNeeded(confirmed_line, text, **fields)


def format_time(at: float) -> str:
    """Format a time, in seconds since 1970, in the time zone of the server's machine."""
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S}"


# -- readers of parameters -----------------------------------------------------------------------------


def _parse_string(ctx: Context, word: str) -> str:
    return word


def is_whole_number(word: str, max_digits: int = MAX_DIGITS) -> bool:
    """Tell whether a word is a whole number without a sign, of at most so many digits."""
    return word.isascii() and word.isdecimal() and len(word) <= max_digits


def _parse_number(ctx: Context, word: str) -> int:
    if not is_whole_number(word):
        raise OwnerError(marked("{word} is not a whole number"), word=word)
    return int(word)


def _parse_user(ctx: Context, word: str) -> User:
    user = ctx.hub.users.get(fold(word))
    if user is None:
        raise OwnerError(marked("Nobody here is called {nick}; clients lists who is here"), nick=word)
    return user


def find_channel(ctx: Context, word: str) -> Channel:
    """Return a channel, whether or not somebody is in it now; the # may be left out.

    Raises:
        OwnerError: There is none.
    """
    name = word if word.startswith("#") else f"#{word}"
    channel = ctx.hub.channels.get(fold(name))
    if channel is None:
        raise OwnerError(marked("There is no room {room}; rooms lists them"), room=name)
    return channel


PARSERS: dict[object, ParameterParser] = {
    str: _parse_string,
    int: _parse_number,
    User: _parse_user,
    Channel: find_channel,
}


@command("CONSOLE", needs=OWNER, cost=2)
def console(ctx: Context, command: str, *words: str) -> Work | None:
    """Run a command of the server's owner; CONSOLE help lists them."""
    try:
        return _run_line(ctx, " ".join((command, *words)))
    except Declined as declined:
        ctx.show(declined.answer)
        return None


def _run_line(ctx: Context, line: str) -> Work | None:
    name, _, rest = line.strip().partition(" ")
    row = find_command(name)
    if row.is_local and not ctx.session.is_owner:
        raise OwnerError(marked("{command} works only on the server's own machine"), command=name)
    words = _split_words(rest, len(row.parameters.parsers))
    if len(words) < row.parameters.min_count or (rest.strip() and not row.parameters.parsers):
        raise OwnerError(marked("Usage: {syntax}"), syntax=row.syntax)
    arguments = [parse(ctx, word) for parse, word in zip(row.parameters.parsers, words, strict=False)]
    work = row.run(ctx, *arguments)
    return None if work is None else _await_work(ctx, work)


def _split_words(rest: str, max_words: int) -> list[str]:
    """Split a line into words; the last one holds all that is left."""
    return rest.split(None, max_words - 1) if max_words else []


async def _await_work(ctx: Context, work: Work) -> None:
    try:
        await work
    except Declined as declined:
        ctx.show(declined.answer)
    except StoreError as error:
        ctx.show(ErrorNotice(marked("The store cannot be read now: {why}"), {"why": str(error)}))
