"""The two ends of a terminal as prompt_toolkit wants them, which takes a while to import."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import contextvars
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output

if TYPE_CHECKING:
    from simplechat.terminal.remote_terminal import RemoteTerminal

ROWS, COLUMNS = 24, 80  # of a terminal that does not know its size

Ends = tuple[Input, Output]


def own_ends(term: str) -> Ends:
    """Give the two ends of the terminal that the program was started on, whatever sys.stdout is by now.

    Raises:
        OSError: There is none.
    """
    if sys.__stdin__ is None or sys.__stdout__ is None:
        raise OSError("no standard input or output")
    screen = cast(TextIO, _OwnScreen(sys.__stdout__.encoding))
    colours = ColorDepth.from_env()  # NO_COLOR, or somebody's wish; None is what the terminal can do
    output = Vt100_Output(screen, _own_size, term=term, default_color_depth=colours, enable_cpr=False)
    return create_input(sys.__stdin__), output


class _OwnScreen:
    """Writes to the terminal. Python's own file would be waited for at the end, even if it is stuck."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding

    def write(self, text: str) -> None:
        """Write everything, however long it takes."""
        data = text.encode(self.encoding, "replace")
        while data:
            data = data[os.write(1, data) :]

    def flush(self) -> None:
        """Do nothing; nothing is held back."""

    def fileno(self) -> int:
        """Give the number of the file."""
        return 1


def _own_size() -> Size:
    try:
        columns, rows = os.get_terminal_size(1)
    except OSError:  # it is gone
        columns = rows = 0
    return Size(rows=rows or ROWS, columns=columns or COLUMNS)


def remote_ends(terminal: RemoteTerminal) -> Ends:
    """Give the two ends of a terminal that is elsewhere."""

    def size() -> Size:
        columns, rows = terminal.size
        return Size(rows=rows, columns=columns)

    screen = cast(TextIO, _RemoteScreen(terminal))
    return _Keys(terminal), Vt100_Output(screen, size, term=terminal.term, enable_cpr=False)


class _RemoteScreen:
    """Writes to a terminal that is elsewhere."""

    encoding = "utf-8"

    def __init__(self, terminal: RemoteTerminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> None:
        """Write everything, however long it takes."""
        self._terminal.write(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Do nothing; nothing is held back."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True


class _Keys(Input):
    """Reads what is typed at a terminal that is elsewhere."""

    def __init__(self, terminal: RemoteTerminal) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pressed: list[KeyPress] = []
        self._parser = Vt100Parser(self._pressed.append)

    def fileno(self) -> int:
        """There is no file."""
        raise NotImplementedError

    def typeahead_hash(self) -> str:
        """Give a name of its own, under which keys are kept that were pressed too early."""
        return f"remote-{id(self)}"

    def read_keys(self) -> list[KeyPress]:
        """Give the keys pressed since the last time."""
        self._parser.feed(self._decoder.decode(self._terminal.read()))
        return self._taken()

    def flush_keys(self) -> list[KeyPress]:
        """Give what may have been the beginning of something longer, such as Escape."""
        self._parser.flush()
        return self._taken()

    def _taken(self) -> list[KeyPress]:
        keys = self._pressed[:]
        self._pressed.clear()
        return keys

    @property
    def closed(self) -> bool:
        """True once no more keys will be pressed."""
        return self._terminal.is_gone

    def raw_mode(self) -> AbstractContextManager[None]:
        """It is raw: the far end has seen to that."""
        return nullcontext()

    def cooked_mode(self) -> AbstractContextManager[None]:
        """It stays raw."""
        return nullcontext()

    @contextlib.contextmanager
    def attach(self, input_ready_callback: Callable[[], None]) -> Iterator[None]:
        """Call this in the loop that runs now, whenever there is something to read."""
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # in which the library finds out whose keys these are

        def notice() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(input_ready_callback, context=context)

        self._terminal.heed(notice)
        try:
            yield
        finally:
            self._terminal.heed(None)

    @contextlib.contextmanager
    def detach(self) -> Iterator[None]:
        """Leave what is typed alone meanwhile: nobody else reads it."""
        yield
