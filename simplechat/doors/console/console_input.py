"""The input of the owner's console: the terminal that the server was started in, or a pipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.console.owner_console import LABEL, Console, has_secret

if TYPE_CHECKING:
    from simplechat.terminal.prompt import Prompt, PromptTerminal

HISTORY = "console_history"  # in the data folder
PIPE_COLUMNS = 120  # of tables, where there is no terminal to fit
MAX_LINE_BYTES = 16384


class ConsoleInput(Protocol):
    """What the owner types on: a terminal or a pipe."""

    def close(self) -> None:
        """Stop reading, and restore the terminal."""
        ...


def is_terminal() -> bool:
    """Tell whether this process was started in a terminal."""
    try:
        return os.isatty(0) and os.isatty(1)
    except OSError:
        return False


def is_console_wanted(console: str) -> bool:
    """Tell whether the setting asks for a console.

    Args:
        console: The setting's value: auto, yes or no.
    """
    return console == "yes" or (console == "auto" and is_terminal())


def open_console_input(
    console: Console, reactor: Any, folder: Path, environment: Mapping[str, str]
) -> ConsoleInput:
    """Connect a console with the terminal or the pipe that the owner types on."""
    from simplechat.terminal.prompt import can_prompt

    if not can_prompt(environment):
        from twisted.internet.stdio import StandardIO

        lines = PlainLineInput(console, can_ask=is_terminal())
        StandardIO(lines, reactor=reactor)
        return lines
    return open_prompt(console, reactor.callFromThread, folder)


def open_prompt(
    console: Console, call: Callable[..., object], folder: Path, terminal: PromptTerminal | None = None
) -> Prompt:
    """Open an edited prompt for a console.

    Args:
        console: The console.
        call: Has the reactor's thread call a function; used from other threads.
        folder: The data folder, for the history of typed lines.
        terminal: A remote terminal; None for the process's own.
    """
    from simplechat.terminal.prompt import Prompt

    prompt = Prompt(
        console,
        call,
        label=LABEL,
        history=folder / HISTORY,
        is_secret=has_secret,
        terminal=terminal,
        clears_on_interrupt=terminal is not None,
        on_left=console.left,
    )
    prompt.start()
    console.begin(prompt, can_ask=True)
    return prompt


@implementer(IHalfCloseableProtocol)
class PlainLineInput(LineReceiver):
    """Input by plain lines, from a pipe or from a terminal that cannot do more."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, console: Console, *, can_ask: bool) -> None:
        self._console = console
        self._can_ask = can_ask

    def connectionMade(self) -> None:
        self._console.begin(self, can_ask=self._can_ask)

    @property
    def width(self) -> int:
        """The columns that tables may take."""
        return PIPE_COLUMNS

    def show(self, *lines: str) -> None:
        """Print lines."""
        if self.transport is not None:
            self.transport.write("".join(f"{line}\n" for line in lines).encode())

    def set_label(self, label: str, *, is_inner: bool = False) -> None:
        """Print a question; the usual label is not printed, since it only asks for the next line."""
        if label != LABEL:
            self.show(label)

    def clear(self) -> None:
        """Do nothing: there is no screen."""

    def close(self) -> None:
        """Write what is left, and stop reading."""
        if self.transport is not None:
            self.transport.loseConnection()

    def lineReceived(self, line: bytes) -> None:
        self._console.typed(line.removesuffix(b"\r").decode("utf-8", "replace"))

    def lineLengthExceeded(self, line: bytes) -> None:
        self._console.ended()

    def readConnectionLost(self) -> None:
        """End the input; answers may still be read."""
        if self._buffer:
            self.lineReceived(self.clearLineBuffer())
        self._console.ended()

    def writeConnectionLost(self) -> None:
        """End the input: answers are read no more."""
        self._console.ended()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._console.ended()
