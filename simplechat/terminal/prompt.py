"""A line at the bottom of a terminal that is edited while other lines are printed above it.

It runs in a thread of its own on a loop of its own, beside whatever loop the program runs: a terminal that
is stuck holds up nobody. What people do is told in the program's thread.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from simplechat.locale import ngettext
from simplechat.terminal.line_history import History
from simplechat.terminal.local_terminal import OwnTerminal
from simplechat.terminal.print_queue import Gathered
from simplechat.terminal.sanitize import printable

if TYPE_CHECKING:
    from simplechat.terminal.editor import Editor
    from simplechat.terminal.terminal_io import Ends

Fragments = Sequence[tuple[str, str]]  # (style, text): prompt_toolkit's words for styles, "" for none
Line = str | Fragments

MOST_GATHERED = 10_000  # lines that wait to be printed
MOST_PRINTED = 500  # lines in one go, so that keys are heard in between
_LINE_END = re.compile("\r\n|\r|\n")
_POOR_TERMINALS = ("", "dumb", "unknown")


class Terminal(Protocol):
    """Where a prompt is; see `own` and `remote`.

    Attributes:
        patience_s: How long closing waits for what is still to be written.
    """

    patience_s: float

    @property
    def width(self) -> int:
        """How many columns it has now."""
        ...

    def take(self) -> None:
        """Make it ready."""
        ...

    def give_back(self) -> None:
        """Set it as it was."""
        ...

    def suspend(self) -> None:
        """Let whoever started the program have it for a while."""
        ...

    def ends(self) -> Ends:
        """Give its two ends."""
        ...

    def left(self) -> None:
        """Take note that the prompt writes nothing more to it; called in the prompt's thread."""
        ...


class Typist(Protocol):
    """Who is told what is typed, always in the program's own thread."""

    def typed(self, text: str) -> None:
        """Take one line; it is gone from the terminal, and whoever wants it to stay there shows it."""
        ...

    def ended(self) -> None:
        """Take note that no more lines will come: Ctrl-D on an empty line, or the terminal is gone."""
        ...

    def interrupted(self) -> None:
        """Take note of Ctrl-C; what was being typed stays, unless the prompt `forgets`."""
        ...

    def completions(self, text: str) -> list[str]:
        """Complete a word.

        Args:
            text: What stands before the cursor.

        Returns:
            What may take the place of the last word, which is all that follows the last space (so it may be
            ""): each with whatever should stand behind it, such as a space.
        """
        ...


class Prompt:
    """The line, and what is printed above it.

    Args:
        call: Has the program's thread call a function with arguments; used from another thread.
        label: Stands before the line.
        history: The file that keeps what was typed.
        is_secret: Tells whether a line is not to be kept.
        hides: Tells of a line whether what is typed next must not be seen; from then on it is not, until
            `hide` says otherwise. Used from another thread.
        is_whole: True where a paste of several lines is handed on as one text; its line ends are LF then.
        terminal: Where it is; None for the one that the program was started on.
        forgets: Whether Ctrl-C forgets what is being typed.
        leave: Called, in the program's thread, for Ctrl-D on an empty line while `ask` says `is_inner`.

    Attributes:
        is_hidden: True while what is typed must neither be seen nor kept.
    """

    def __init__(
        self,
        typist: Typist,
        call: Callable[..., object],
        *,
        label: Line,
        history: Path | None = None,
        is_secret: Callable[[str], bool] = lambda line: False,
        hides: Callable[[str], bool] = lambda line: False,
        is_whole: bool = False,
        terminal: Terminal | None = None,
        forgets: bool = False,
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.is_hidden = False
        self._hides = hides
        self._is_whole = is_whole
        self._typist = typist
        self._call = call
        self._label = _harmless(label)
        self._history = History(history, is_secret)
        self._gathered: Gathered[Line | None] = Gathered(MOST_GATHERED)  # None: clear the screen
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._editor: Editor | None = None
        self._thread: Thread | None = None
        self._terminal = terminal or OwnTerminal()
        self._leave = leave
        self.forgets = forgets
        self.is_inner = False

    # -- from the program's thread; `show` from any ----------------------------------------------------

    def begin(self) -> None:
        """Take the terminal."""
        self._terminal.take()
        atexit.register(self.close)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, args=(self._loop,), name="prompt", daemon=True)
        self._thread.start()

    def show(self, *lines: Line) -> None:
        """Print lines above the one that is typed, soon and in order; they are made harmless."""
        if self._gathered.add(lines):
            self._soon(self._print)

    def ask(self, label: Line, *above: Line, is_inner: bool = False) -> None:
        """Change what stands before the line, and the lines that stand above it for the time being."""
        self.is_inner = is_inner
        self._label = [
            *(each for line in above for each in (*_harmless(line), ("", "\n"))),
            *_harmless(label),
        ]
        self._soon(self._redraw)

    def ring(self) -> None:
        """Ring the terminal's bell."""
        self._soon(self._ring)

    def hide(self, is_hidden: bool) -> None:
        """Let what is typed be seen from now on, or not."""
        self.is_hidden = is_hidden
        self._soon(self._redraw)

    def clear(self) -> None:
        """Clear the screen; what was not printed yet will not be."""
        self._gathered.clear()
        self._gathered.add([None])
        self._soon(self._print)

    @property
    def is_open(self) -> bool:
        """True while the terminal is ours."""
        return self._thread is not None

    @property
    def width(self) -> int:
        """How many columns the terminal has now."""
        return self._terminal.width

    def close(self) -> None:
        """Print what is left and give the terminal back; a stuck one is not waited for."""
        if self._thread is None:
            return
        atexit.unregister(self.close)
        self._soon(self._stop)
        self._thread.join(self._terminal.patience_s)
        self._thread = None
        self._terminal.give_back()

    def _soon(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(function)

    # -- in the thread of the prompt -------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with contextlib.closing(loop):
                loop.set_exception_handler(self._failed)
                loop.run_until_complete(self._work())
        except OSError:  # the terminal is gone
            pass
        finally:
            if not self._closing.is_set():
                self._call(self._typist.ended)
            self._terminal.left()

    async def _work(self) -> None:
        from simplechat.terminal.editor import Editor

        self._editor = Editor(self._terminal.ends(), self, lambda: self._label, self._history)
        if not self._closing.is_set():
            self._soon(self._print)  # once the line is there
            with contextlib.suppress(EOFError):
                await self._editor.edit()
        if not self._closing.is_set():
            self._terminal.give_back()
            self._call(self._typist.ended)
        await self._closing.wait()
        while self._gathered:
            self._print()

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failure = context.get("exception") or RuntimeError(context["message"])
        if self._editor is not None:
            self._editor.stop(failure)

    def _print(self) -> None:
        if self._editor is None:
            return
        dropped, lines = self._gathered.take(MOST_PRINTED)
        if dropped:
            told = ngettext("{count} line was left out", "{count} lines were left out", dropped)
            lines.insert(0, f"... {told.format(count=dropped)}")
        if None in lines:
            self._editor.clear()
        if lines:
            self._editor.print([_harmless(line) for line in lines if line is not None])
        if self._gathered:
            self._soon(self._print)

    def _ring(self) -> None:
        if self._editor is not None:
            self._editor.ring()

    def _redraw(self) -> None:
        if self._editor is not None:
            self._editor.redraw()

    def _stop(self) -> None:
        self._closing.set()
        if self._editor is not None:
            self._editor.stop()

    # -- what the editor hears -------------------------------------------------------------------------

    def accepted(self, text: str) -> None:
        """Tell of each line; a paste may hold several."""
        lines = _LINE_END.split(text.removesuffix("\n"))
        texts = ["\n".join(lines)] if self._is_whole else lines
        self.is_hidden = self.is_hidden or any(map(self._hides, texts))
        for each in texts:
            self._call(self._typist.typed, each)

    def interrupted(self) -> None:
        """Tell of Ctrl-C."""
        self._call(self._typist.interrupted)

    def left(self) -> None:
        """Tell of Ctrl-D."""
        self._call(self._leave)

    def suspend(self) -> None:
        """Let whoever started the program have the terminal for a while."""
        self._terminal.suspend()

    async def completions(self, text: str) -> list[str]:
        """Ask in the program's thread."""
        answer: concurrent.futures.Future[list[str]] = concurrent.futures.Future()

        def ask() -> None:
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(self._typist.completions(text))
                except BaseException:
                    answer.set_result([])
                    raise

        self._call(ask)
        return await asyncio.wrap_future(answer)


def may_prompt(environment: Mapping[str, str]) -> bool:
    """Tell whether the standard input and output are a terminal of ours on which a line can be edited."""
    if not (os.isatty(0) and os.isatty(1)) or environment.get("TERM", "") in _POOR_TERMINALS:
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()  # else we would be stopped for touching it
    except OSError:
        return False


def _harmless(line: Line) -> Fragments:
    if isinstance(line, str):
        return [("", printable(line))]
    return [(style, printable(text)) for style, text in line]
