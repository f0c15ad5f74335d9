"""The table of the owner's verbs, how a line finds its row, and HELP for them.

A verb is a function whose signature is its grammar, as in `commands.table`; the last word takes the rest of
the line.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.parameters import ParameterParser, ParameterSpec, parameter_spec
from simplechat.commands.framework.table import OWNER, Work, command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import StoreError
from simplechat.hub.hub import Hub
from simplechat.hub.owner_answers import Answer, Asked, Cell, Cleared, Table, Wrong
from simplechat.hub.records import AUDIT_TARGET, Presence
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext, marked

LONGEST_NUMBER = 9  # digits

Verb = TypeVar("Verb", bound=Callable[..., Work | None])


class Declined(Exception):
    """A verb is not run, and that is its answer.

    Attributes:
        answer: A `Wrong`, or an `Asked` where a yes is wanted first.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def wrong(text: str, **fields: Cell) -> Declined:
    """Give the reason why a verb is not run, as something to raise."""
    return Declined(Wrong(text, fields))


@dataclass(frozen=True, eq=False)
class Row:
    """One of the owner's verbs.

    Attributes:
        names: All words for it, the shortest first.
        run: What does it.
        is_for_people: False for what only programs ask.
        is_local: True for what can be asked on the server's own machine only: it reaches files there.
    """

    names: tuple[str, ...]
    run: Callable[..., Work | None]
    is_for_people: bool
    is_local: bool

    @cached_property
    def parameters(self) -> ParameterSpec:
        """What it takes."""
        return parameter_spec(self.run, READERS)

    @property
    def syntax(self) -> str:
        """The verb as it is typed."""
        return f"{self.names[0]} {self.parameters.syntax}".strip()

    @property
    def summary(self) -> str:
        """What it does, in a sentence of English."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]


VERBS: dict[str, Row] = {}
"""Each row under each of its names."""


def owner(*names: str, is_for_people: bool = True, is_local: bool = False) -> Callable[[Verb], Verb]:
    """Put a function into the table under a verb's names."""

    def enter(run: Verb) -> Verb:
        row = Row(names, run, is_for_people, is_local)
        VERBS.update(dict.fromkeys(names, row))
        return run

    return enter


# -- words ---------------------------------------------------------------------------------------------


def _as_it_is(ctx: Context, word: str) -> str:
    return word


def is_number(word: str, longest: int = LONGEST_NUMBER) -> bool:
    """Tell whether a word is a whole number of at most so many digits."""
    return word.isascii() and word.isdecimal() and len(word) <= longest


def _number(ctx: Context, word: str) -> int:
    if not is_number(word):
        raise wrong(marked("{word} is not a whole number"), word=word)
    return int(word)


def _user(ctx: Context, word: str) -> User:
    user = ctx.hub.users.get(fold(word))
    if user is None:
        raise wrong(marked("Nobody here is called {nick}; clients lists who is here"), nick=word)
    return user


def _room(ctx: Context, word: str) -> Channel:
    return room_of(ctx, word)


READERS: dict[object, ParameterParser] = {str: _as_it_is, int: _number, User: _user, Channel: _room}


def room_of(ctx: Context, word: str) -> Channel:
    """Give a room, whether somebody is in it now or not; the # may be left out.

    Raises:
        Declined: There is none.
    """
    name = word if word.startswith("#") else f"#{word}"
    channel = ctx.hub.channels.get(fold(name))
    if channel is None:
        raise wrong(marked("There is no room {room}; rooms lists them"), room=name)
    return channel


# -- lines ---------------------------------------------------------------------------------------------


@command("CONSOLE", needs=OWNER, cost=2)
def console(ctx: Context, verb: str, *words: str) -> Work | None:
    """Use a verb of the server's owner: CONSOLE help lists them."""
    try:
        return _run(ctx, " ".join((verb, *words)))
    except Declined as declined:
        ctx.show(declined.answer)
        return None


def _run(ctx: Context, line: str) -> Work | None:
    verb, _, rest = line.strip().partition(" ")
    row = _row(verb)
    if row.is_local and not ctx.session.is_owner:
        raise wrong(marked("{verb} is for the server's own machine only"), verb=verb)
    words = _split(rest, len(row.parameters.parsers))
    if len(words) < row.parameters.min_count or (rest.strip() and not row.parameters.parsers):
        raise wrong(marked("It is: {syntax}"), syntax=row.syntax)
    read = [reader(ctx, word) for reader, word in zip(row.parameters.parsers, words, strict=False)]
    work = row.run(ctx, *read)
    return None if work is None else _declining(ctx, work)


def _row(verb: str) -> Row:
    try:
        return VERBS[verb.lower()]
    except KeyError:
        raise wrong(marked("There is no {verb}; help lists what there is"), verb=verb) from None


def _split(rest: str, most: int) -> list[str]:
    """Cut a line into words, the last of which takes what is left."""
    return rest.split(None, most - 1) if most else []


async def _declining(ctx: Context, work: Work) -> None:
    try:
        await work
    except Declined as declined:
        ctx.show(declined.answer)
    except StoreError as error:
        ctx.show(Wrong(marked("What is stored cannot be read now: {why}"), {"why": str(error)}))


def confirm(word: str, again: str, text: str, **fields: Cell) -> None:
    """Make sure that a verb which cannot be undone is meant.

    Raises:
        Declined: The word is not yes; the answer asks, and tells what to say.
    """
    if word.lower() not in ("yes", gettext("yes")):
        raise Declined(Asked(text, fields, again))


class Act(StrEnum):
    """What the audit log tells of."""

    ACCOUNT = "ACCOUNT"
    BACKUP = "BACKUP"
    BAN = "BAN"
    BROADCAST = "BROADCAST"
    CLEAR = "CLEAR"
    EJECT = "EJECT"
    IMPORT = "IMPORT"
    KICK = "KICK"
    KILL = "KILL"
    MUTE = "MUTE"
    OPER = "OPER"
    PROFILE = "PROFILE"
    PYTHON = "PYTHON"
    ROOM = "ROOM"
    SERVER_BAN = "SERVER-BAN"
    SERVER_MUTE = "SERVER-MUTE"
    SERVER_UNBAN = "SERVER-UNBAN"
    SERVER_UNMUTE = "SERVER-UNMUTE"
    SHUTDOWN = "SHUTDOWN"
    UNBAN = "UNBAN"
    UNMUTE = "UNMUTE"
    WALLOPS = "WALLOPS"


def act(ctx: Context, verb: Act, words: str) -> None:
    """Have what the owner does written into the audit log: who did it, the verb, and to what."""
    who = ctx.session.user.source if ctx.session.user else ctx.session.nick
    ctx.services.note(f"{who}: {verb} {words}")
    ctx.keep(
        Presence(
            target=AUDIT_TARGET,
            id=ctx.hub.stamp_act(),
            kind=verb,
            sender=0,
            account="",
            source=who,
            tags="",
            text=words,
            status="",
        )
    )


# -- help ----------------------------------------------------------------------------------------------


@owner("help")
def help_(ctx: Context, verb: str = "") -> None:
    """Show what a verb does; alone, list the verbs."""
    if verb:
        row = _row(verb)
        ctx.tell("{syntax}", syntax=row.syntax)
        ctx.tell(row.summary)
        return
    rows = [row for name, row in VERBS.items() if name == row.names[0] and row.is_for_people]
    ctx.show(
        Table(
            (marked("verb"), marked("or"), marked("what it does")),
            [(row.syntax, " ".join(row.names[1:]), gettext(row.summary)) for row in rows],
        )
    )


@owner("cls")
def cls(ctx: Context) -> None:
    """Clear the screen."""
    ctx.show(Cleared())


@owner("complete", is_for_people=False)
def complete(ctx: Context, text: str) -> None:
    """Give what a line that is being typed, as a string of JSON, can go on with."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, str):
        raise wrong(marked("{word} is no string of JSON"), word=text)
    ctx.show(Table(("word",), [(word,) for word in completions(ctx.hub, line)]))


def completions(hub: Hub, text: str) -> list[str]:
    """Give what may take the place of the last word of a line that is typed: verbs, then nicks and rooms."""
    before, _, word = text.rpartition(" ")
    if not before:
        names: list[str] = [name for name, row in VERBS.items() if row.is_for_people]
    elif word.startswith("#"):
        names = [channel.name for channel in hub.channels.values()]
    else:
        names = [user.nick for user in hub.users.values()]
    return sorted(f"{name} " for name in names if fold(name).startswith(fold(word)))
