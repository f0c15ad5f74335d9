"""Parsing what is typed, and running the command that it names."""

from __future__ import annotations

import re
from typing import NamedTuple

from simplechat.client.commands.table import BARE_WORDS, ClientCommand, WrongUsage, find_client_command
from simplechat.client.protocol.connection import RequestError
from simplechat.client.state.questions import QueuedAction, UserQuestion
from simplechat.client.state.session import ClientSession
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, ngettext

MAX_UNASKED = 5  # messages that a text is split into, before the user is asked

_LIKE_A_COMMAND = re.compile("/[A-Za-z]+[ \n]")  # not a path, nor a comment in a program


class TypedLine(NamedTuple):
    """A line that was typed, or several that were pasted together.

    Attributes:
        line: As it was typed.
        name: The name of a command, its alias resolved, in small letters; "" for a text to be sent.
        rest: What follows the name, or the text to be sent.
    """

    line: str
    name: str
    rest: str

    @property
    def command(self) -> ClientCommand | None:
        """The command that it names; None for none."""
        return find_client_command(self.name) if self.name else None

    @property
    def is_local(self) -> bool:
        """True if it can be done without a connection."""
        return self.command is not None and self.command.is_local

    @property
    def takes_lines(self) -> bool:
        """True if its text may have several lines."""
        return not self.name or (self.command is not None and self.command.takes_lines)


def parse_line(line: str) -> TypedLine:
    """Parse a line, or several that were pasted; these are a command only if they begin like one."""
    if "\n" in line and not _LIKE_A_COMMAND.match(line):
        return TypedLine(line, "", line)
    if line.startswith("//"):
        return TypedLine(line, "", line[1:])
    if not line.startswith("/"):
        return TypedLine(line, "", line)
    word = line.partition("\n")[0].partition(" ")[0]
    command = find_client_command(word)
    return TypedLine(line, command.name if command else word.lower(), line[len(word) :].strip())


def parse_terminal_line(line: str) -> TypedLine:
    """Parse a line that a person typed: a few words are commands when they stand alone."""
    name = BARE_WORDS.get(line.rstrip())
    return TypedLine(line, name, "") if name else parse_line(line)


def asks_password(line: str) -> bool:
    """Tell whether what is typed after this line is a password."""
    command = parse_line(line).command
    return command is not None and command.asks_password


def may_hold_password(line: str) -> bool:
    """Tell whether somebody may have typed a password into a line, where it should not be."""
    typed = parse_line(line)
    if typed.command is None or not typed.command.asks_password:
        return False
    return bool(re.search("[ \n]", typed.rest)) or not typed.command.arguments


def execute(session: ClientSession, typed: TypedLine) -> None:
    """Do what a line asks for; show why where it cannot be done."""
    command = typed.command
    try:
        if "\n" in typed.rest and not typed.takes_lines:
            raise RequestError(_("{command} takes one line").format(command=typed.name))
        if not typed.name:
            _send_text(session, typed.rest)
        elif command is None:
            raise RequestError(
                _("There is no command {command}; /help lists them").format(command=typed.name)
            )
        else:
            command.run(session, typed.rest)
    except RequestError as error:
        session.reject(str(error))
    except WrongUsage:
        assert command is not None
        session.reject(_("Usage: {usage}").format(usage=command.usage))


def _send_text(session: ClientSession, text: str) -> None:
    """Send a text to the current channel; nothing for empty lines."""
    if text.strip("\n"):
        session.requests.send_text(session.current_channel(), text)


def question_before(session: ClientSession, typed: TypedLine) -> UserQuestion | None:
    """Return the question before a line is executed: for a password, or whether to send so much."""
    if typed.command is not None and typed.command.asks_password:
        return typed.command.run(session, typed.rest)
    if session.settings.is_piped or "\n" not in typed.rest or not typed.takes_lines:
        return None
    try:
        count = session.requests.count_messages(session.current_channel(), typed.rest)
    except RequestError:  # `execute` shows why
        return None
    return _question_about_length(session, typed, count) if count > MAX_UNASKED else None


def _question_about_length(session: ClientSession, typed: TypedLine, count: int) -> UserQuestion:
    text = ngettext(
        "That is {count} message: send it? [y/N] ",
        "That is {count} messages: send them all? [y/N] ",
        count,
    )

    def on_answer(answer: str) -> QueuedAction | None:
        if is_yes(answer):
            return QueuedAction(lambda: execute(session, typed))
        session.reject(_("nothing was sent"))
        return None

    return UserQuestion(text.format(count=count), False, on_answer)
