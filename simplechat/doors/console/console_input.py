"""Where the owner types: the terminal that the server was started in, or a pipe."""

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
    """What the owner types on."""

    def close(self) -> None:
        """Give it back as it was."""
        ...


def is_terminal() -> bool:
    """Tell whether somebody types and reads where this process was started."""
    try:
        return os.isatty(0) and os.isatty(1)
    except OSError:
        return False


def is_console_wanted(console: str) -> bool:
    """Tell whether there is to be a prompt, for the setting's value: auto, yes or no."""
    return console == "yes" or (console == "auto" and is_terminal())


def open_console_input(
    console: Console, reactor: Any, folder: Path, environment: Mapping[str, str]
) -> ConsoleInput:
    """Let a console have what the owner types on from now on."""
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
    """Give a console a line that is edited, on this terminal or on our own."""
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
    """Plain lines, from a pipe or from a terminal that cannot do more."""

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, console: Console, *, can_ask: bool) -> None:
        self._console = console
        self._can_ask = can_ask

    def connectionMade(self) -> None:
        self._console.begin(self, can_ask=self._can_ask)

    @property
    def width(self) -> int:
        """How many columns tables may have."""
        return PIPE_COLUMNS

    def show(self, *lines: str) -> None:
        """Print lines."""
        if self.transport is not None:
            self.transport.write("".join(f"{line}\n" for line in lines).encode())

    def set_label(self, label: str, *, is_inner: bool = False) -> None:
        """Print a question; the usual label only means that a line may be typed."""
        if label != LABEL:
            self.show(label)

    def clear(self) -> None:
        """There is nothing to clear."""

    def close(self) -> None:
        """Write what is left, and read no more."""
        if self.transport is not None:
            self.transport.loseConnection()

    def lineReceived(self, line: bytes) -> None:
        self._console.typed(line.removesuffix(b"\r").decode("utf-8", "replace"))

    def lineLengthExceeded(self, line: bytes) -> None:
        self._console.ended()

    def readConnectionLost(self) -> None:
        """Nothing more is typed, but answers may still be read."""
        if self._buffer:
            self.lineReceived(self.clearLineBuffer())
        self._console.ended()

    def writeConnectionLost(self) -> None:
        """Nobody reads."""
        self._console.ended()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._console.ended()
