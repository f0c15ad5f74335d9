"""A program on a terminal: what it shows, what it wrote, and how it left the terminal."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from tests.e2e.reactor import Happening, pause, the_reactor, within
from tests.e2e.server import ROOT

SHOW_S = 15.0  # for a machine that is busy with other things
ROWS, COLUMNS = 24, 80


class Terminal(ProcessProtocol):
    """One run of a program on a terminal of its own.

    Attributes:
        written: Every byte that the program wrote.
        exit_code: How it ended, minus the signal where one ended it; None while it runs.
        ended: It is no more.
    """

    def __init__(self) -> None:
        self.written = b""
        self.exit_code: int | None = None
        self.ended = Happening("the program ends")
        self._screen = pyte.HistoryScreen(COLUMNS, ROWS, history=100_000, ratio=1)
        self._stream = pyte.ByteStream(self._screen)
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []
        self._fd = -1
        self._is_stuck = False

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, and those scrolled off its top."""
        width = self._screen.columns
        past = ["".join(line[place].data for place in range(width)) for line in self._screen.history.top]
        return [line.rstrip() for line in (*past, *self._screen.display)]

    @property
    def cursor_line(self) -> str:
        """The line that is being typed."""
        return str(self._screen.display[self._screen.cursor.y]).rstrip()

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings: echo, raw or not, and so on."""
        return termios.tcgetattr(self._fd)

    def connectionMade(self) -> None:
        transport: Any = self.transport
        self._fd = os.dup(transport.fd)  # to look at the terminal when the program is gone
        self.resize(ROWS, COLUMNS)

    def outReceived(self, data: bytes) -> None:
        self.written += data
        self._stream.feed(data)
        for each in [each for each in self._waiting if each[0]()]:
            self._waiting.remove(each)
            each[1].callback(None)

    def processExited(self, reason: Failure) -> None:
        how: Any = reason.value
        self.exit_code = how.exitCode if how.signal is None else -how.signal
        if self._is_stuck:
            transport: Any = self.transport
            transport.startReading()  # the rest of it

    def processEnded(self, reason: Failure) -> None:
        self.ended.happen()

    def types(self, text: str) -> None:
        """Press keys; "\\r" is Enter."""
        assert self.transport is not None
        self.transport.write(text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Resize the window."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def signal(self, name: str) -> None:
        """Send a signal: TERM, HUP, STOP ..."""
        assert self.transport is not None
        self.transport.signalProcess(name)

    async def until(self, text: str, *, times: int = 1, seconds: float = SHOW_S) -> None:
        """Wait until a text is or was on the screen, so many times."""

        def is_shown() -> bool:
            return "\n".join(self.lines).count(text) >= times

        await self._until(is_shown, f"the screen shows {text!r}", seconds)

    async def until_typing(self, text: str, seconds: float = SHOW_S) -> None:
        """Wait until the line with the cursor is this."""
        await self._until(lambda: self.cursor_line == text, f"the line is {text!r}", seconds)

    async def _until(self, is_so: Callable[[], bool], what: str, seconds: float) -> None:
        if is_so():
            return
        waiting: Deferred[None] = Deferred()
        self._waiting.append((is_so, waiting))
        try:
            await within(seconds, what, waiting)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.lines, repr(self.written[-500:])])) from None

    def gets_stuck(self) -> None:
        """Stop reading what the program writes."""
        self._is_stuck = True
        transport: Any = self.transport
        transport.stopReading()

    def hangs_up(self) -> None:
        """Close the terminal."""
        self.close()
        assert self.transport is not None
        self.transport.loseConnection()

    def close(self) -> None:
        """Stop watching the terminal."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    async def ends(self, seconds: float = SHOW_S, pressing: str = "") -> int | None:
        """Wait for the end, pressing keys now and then; return the exit code."""
        while pressing and not self.ended.is_past and seconds > 0:
            self.types(pressing)
            await pause(0.5)
            seconds -= 0.5
        await self.ended.wait(seconds)
        return self.exit_code


class Terminals:
    """Starts programs on terminals, and ends them with the test."""

    def __init__(self) -> None:
        self._started: list[Terminal] = []

    def spawn(self, home: Path, *words: str, **environment: str) -> Terminal:
        """Run Python with these arguments."""
        terminal = Terminal()
        ours = ("SIMPLECHAT_", "LC_", "NO_COLOR", "XDG_")
        settings = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        settings |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), **environment}
        the_reactor().spawnProcess(
            terminal, sys.executable, [sys.executable, *words], settings, str(ROOT), usePTY=True
        )
        self._started.append(terminal)
        return terminal

    async def kill_all(self) -> None:
        """Kill what still runs."""
        for terminal in self._started:
            if terminal.exit_code is None:
                terminal.signal("KILL")
                await terminal.ended.wait(SHOW_S)
            terminal.close()
