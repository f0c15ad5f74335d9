"""The table of the client's commands: how each is typed, what it does, what /help and completion know of it.

A command is a function with the decorator `client_command`; all else is read from the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from simplechat.client.state.questions import UserQuestion
from simplechat.client.state.session import ClientSession
from simplechat.locale import gettext as _
from simplechat.locale import marked

Run = Callable[[ClientSession, str], UserQuestion | None]


class Completes(Enum):
    """What the words after a command are, for completion."""

    NICKS = auto()
    CHANNELS = auto()
    COMMANDS = auto()
    SEARCH_TERMS = auto()


@dataclass(frozen=True)
class ClientCommand:
    """One command.

    Attributes:
        name: With its slash, in small letters.
        run: Does it, given the session and what follows the name; with `asks_password`, it returns the
            first question instead.
        arguments: What follows the name, for people; in English until it is shown.
        help: What it is for, in English until it is shown.
        details: What else there is to know, in English until it is shown.
        completes: What the words after it are.
        aliases: Other names for it, with their slashes.
        bare_word: A word that means the same where it is typed alone at a terminal; "" for none.
        asks_password: True if it asks for a password, always and at once.
        takes_lines: True if several lines may follow its name.
        is_local: True if it works without a connection.
    """

    name: str
    run: Run
    arguments: str
    help: str
    details: tuple[str, ...] = ()
    completes: Completes = Completes.NICKS
    aliases: tuple[str, ...] = ()
    bare_word: str = ""
    asks_password: bool = False
    takes_lines: bool = False
    is_local: bool = False

    @property
    def usage(self) -> str:
        """How it is typed, in the language in use."""
        return f"{self.name} {_(self.arguments)}".rstrip() if self.arguments else self.name


CLIENT_COMMANDS: dict[str, ClientCommand] = {}
"""By name, in the order in which /help lists them."""

BARE_WORDS: dict[str, str] = {}
"""The names of commands, by the words without a slash that stand for them at a terminal."""

_BY_ALIAS: dict[str, ClientCommand] = {}

_INTRODUCTION = (
    marked("What you type is sent to your room. To begin a message with a slash, type two."),
    marked("Typed alone, help, cls and chat.exit are commands; after a space they are sent."),
)


def client_command(
    name: str,
    arguments: str,
    help: str,
    *details: str,
    completes: Completes = Completes.NICKS,
    aliases: tuple[str, ...] = (),
    bare_word: str = "",
    asks_password: bool = False,
    takes_lines: bool = False,
    is_local: bool = False,
) -> Callable[[Run], Run]:
    """Put a function into the table as a command; see `ClientCommand`."""

    def register(run: Run) -> Run:
        command = ClientCommand(
            name,
            run,
            arguments,
            help,
            details,
            completes,
            aliases,
            bare_word,
            asks_password=asks_password,
            takes_lines=takes_lines,
            is_local=is_local,
        )
        CLIENT_COMMANDS[name] = command
        _BY_ALIAS.update(dict.fromkeys(aliases, command))
        BARE_WORDS.update({bare_word: name} if bare_word else {})
        return run

    return register


class WrongUsage(Exception):
    """A command was typed in another way than it is used; `execute` shows its usage."""


def require(text: str) -> str:
    """Return a text that must not be empty.

    Raises:
        WrongUsage: It is empty.
    """
    if not text:
        raise WrongUsage
    return text


def channel_name(word: str) -> str:
    """Return a channel's name with its #, which people leave out since shells take it for a comment."""
    return word if word.startswith("#") or not word else f"#{word}"


def find_client_command(word: str) -> ClientCommand | None:
    """Find a command by its name or an alias, with or without the slash; None for none."""
    name = "/" + word.lower().removeprefix("/")
    return CLIENT_COMMANDS.get(name) or _BY_ALIAS.get(name)


def help_lines(name: str = "") -> list[str]:
    """Return the help text: about one command, or about all of them where there is none of that name."""
    command = find_client_command(name) if name else None
    if command is not None:
        return [f"{command.usage}  {_(command.help)}", *map(_, command.details)]
    commands = CLIENT_COMMANDS.values()
    width = max(len(each.usage) for each in commands)
    return [*map(_, _INTRODUCTION), *(f"{each.usage:{width}}  {_(each.help)}" for each in commands)]
