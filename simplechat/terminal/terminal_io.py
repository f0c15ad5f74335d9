"""A terminal's input and output as prompt_toolkit objects (slow to import, so import this late)."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import contextvars
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output

ROWS, COLUMNS = 24, 80  # of a terminal that does not tell its size

TerminalIO = tuple[Input, Output]


class ByteTerminal(Protocol):
    """A terminal that is reached by bytes; see `remote_terminal`.

    Attributes:
        term: Its type, as in TERM.
    """

    term: str

    @property
    def size(self) -> tuple[int, int]:
        """Its columns and rows now."""
        ...

    @property
    def is_gone(self) -> bool:
        """True once no more input will come."""
        ...

    def set_input_callback(self, on_input: Callable[[], object] | None) -> None:
        """Set what is called, from any thread, when there is input."""
        ...

    def read(self) -> bytes:
        """Return what was typed since the last call."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes; block while too many are unsent."""
        ...


def local_io(term: str) -> TerminalIO:
    """Return the input and output of the terminal on which the program was started, not of sys.stdout.

    Raises:
        OSError: There is none.
    """
    if sys.__stdin__ is None or sys.__stdout__ is None:
        raise OSError("no standard input or output")
    screen = cast(TextIO, _LocalOutput(sys.__stdout__.encoding))
    colours = ColorDepth.from_env()  # from NO_COLOR and similar; None: what the terminal can do
    output = Vt100_Output(screen, _local_size, term=term, default_color_depth=colours, enable_cpr=False)
    return create_input(sys.__stdin__), output


class _LocalOutput:
    """Writes to file descriptor 1; Python's own stdout would block the exit if the terminal is stuck."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding

    def write(self, text: str) -> None:
        """Write the whole text; this may block."""
        data = text.encode(self.encoding, "replace")
        while data:
            data = data[os.write(1, data) :]

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def fileno(self) -> int:
        """Return the file descriptor."""
        return 1


def _local_size() -> Size:
    try:
        columns, rows = os.get_terminal_size(1)
    except OSError:  # it is gone
        columns = rows = 0
    return Size(rows=rows or ROWS, columns=columns or COLUMNS)


def remote_io(terminal: ByteTerminal) -> TerminalIO:
    """Return the input and output of a terminal at the other end of a connection."""

    def size() -> Size:
        columns, rows = terminal.size
        return Size(rows=rows, columns=columns)

    screen = cast(TextIO, _RemoteOutput(terminal))
    return _RemoteInput(terminal), Vt100_Output(screen, size, term=terminal.term, enable_cpr=False)


class _RemoteOutput:
    """Writes to a remote terminal."""

    encoding = "utf-8"

    def __init__(self, terminal: ByteTerminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> None:
        """Write the whole text; this may block."""
        self._terminal.write(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class _RemoteInput(Input):
    """Reads keys from a remote terminal."""

    def __init__(self, terminal: ByteTerminal) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pressed: list[KeyPress] = []
        self._parser = Vt100Parser(self._pressed.append)

    def fileno(self) -> int:
        """Raise NotImplementedError: there is no file."""
        raise NotImplementedError

    def typeahead_hash(self) -> str:
        """Return a unique key, under which prompt_toolkit keeps what was typed too early."""
        return f"remote-{id(self)}"

    def read_keys(self) -> list[KeyPress]:
        """Return the keys pressed since the last call."""
        self._parser.feed(self._decoder.decode(self._terminal.read()))
        return self._taken()

    def flush_keys(self) -> list[KeyPress]:
        """Return keys that may have begun a longer sequence, such as Escape."""
        self._parser.flush()
        return self._taken()

    def _taken(self) -> list[KeyPress]:
        keys = self._pressed[:]
        self._pressed.clear()
        return keys

    @property
    def closed(self) -> bool:
        """True once no more keys will come."""
        return self._terminal.is_gone

    def raw_mode(self) -> AbstractContextManager[None]:
        """Do nothing: the other end has made it raw."""
        return nullcontext()

    def cooked_mode(self) -> AbstractContextManager[None]:
        """Do nothing: it stays raw."""
        return nullcontext()

    @contextlib.contextmanager
    def attach(self, input_ready_callback: Callable[[], None]) -> Iterator[None]:
        """Call `input_ready_callback` in the running loop whenever there is input."""
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # prompt_toolkit looks up the application in it

        def on_input() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(input_ready_callback, context=context)

        self._terminal.set_input_callback(on_input)
        try:
            yield
        finally:
            self._terminal.set_input_callback(None)

    @contextlib.contextmanager
    def detach(self) -> Iterator[None]:
        """Do nothing: nobody else reads the input meanwhile."""
        yield
