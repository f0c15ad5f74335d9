"""A prompt: an edited line at the bottom of a terminal, with other lines printed above it.

It runs in a thread and an asyncio loop of its own, so a stuck terminal blocks nobody else. The listener is
called in the program's thread.
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
from simplechat.terminal.line_history import LineHistory
from simplechat.terminal.local_terminal import LocalTerminal
from simplechat.terminal.print_queue import PrintQueue
from simplechat.terminal.sanitize import printable

if TYPE_CHECKING:
    from simplechat.terminal.editor import Editor
    from simplechat.terminal.terminal_io import TerminalIO

Fragments = Sequence[tuple[str, str]]  # (style, text): prompt_toolkit's words for styles, "" for none
Line = str | Fragments

MAX_QUEUED = 10_000  # lines that wait to be printed
MAX_PRINTED = 500  # lines at once, so that keys are handled in between
_LINE_END = re.compile("\r\n|\r|\n")
_POOR_TERMINALS = ("", "dumb", "unknown")


class PromptTerminal(Protocol):
    """A terminal that can have a prompt; see `local_terminal` and `remote_terminal`.

    Attributes:
        close_timeout_s: How long closing waits for the output.
    """

    close_timeout_s: float

    @property
    def width(self) -> int:
        """Its columns now."""
        ...

    def prepare(self) -> None:
        """Change its settings for the prompt."""
        ...

    def restore(self) -> None:
        """Restore its settings."""
        ...

    def suspend(self) -> None:
        """Give the terminal back to the shell for a while (Ctrl-Z)."""
        ...

    def open(self) -> TerminalIO:
        """Return its input and output."""
        ...

    def release(self) -> None:
        """Handle the end of the prompt's output; called in the prompt's thread."""
        ...


class PromptListener(Protocol):
    """What handles the typed lines, always in the program's thread."""

    def typed(self, text: str) -> None:
        """Handle a line. It has disappeared from the terminal; print it to keep it there."""
        ...

    def ended(self) -> None:
        """Handle the end of input: Ctrl-D on an empty line, or the terminal is gone."""
        ...

    def interrupted(self) -> None:
        """Handle Ctrl-C; the line stays, unless the prompt has `clears_on_interrupt`."""
        ...

    def completions(self, text: str) -> list[str]:
        """Return completions of the last word.

        Args:
            text: The line up to the cursor. Its last word follows the last space, and may be "".

        Returns:
            What can replace the last word, each with what should follow it, such as a space.
        """
        ...


class Prompt:
    """The edited line, and the lines printed above it.

    Args:
        listener: Handles the typed lines.
        call: Makes the program's thread call a function with arguments; used from another thread.
        label: Shown before the line.
        history: The file with the lines typed before; None for none.
        is_secret: Tells whether a line must not be kept in the history.
        hides_next: Tells whether what is typed after a line must be hidden, until `hide` is called; used
            from another thread.
        keeps_pastes_whole: True where a paste of several lines is one text, with LF as line end.
        terminal: The terminal; None for the one on which the program was started.
        clears_on_interrupt: Whether Ctrl-C discards the line.
        on_left: Called, in the program's thread, for Ctrl-D on an empty line while `is_inner` is set.

    Attributes:
        is_hidden: True while the line must be neither shown nor kept.
        is_inner: True while Ctrl-D on an empty line leaves an inner prompt.
    """

    def __init__(
        self,
        listener: PromptListener,
        call: Callable[..., object],
        *,
        label: Line,
        history: Path | None = None,
        is_secret: Callable[[str], bool] = lambda line: False,
        hides_next: Callable[[str], bool] = lambda line: False,
        keeps_pastes_whole: bool = False,
        terminal: PromptTerminal | None = None,
        clears_on_interrupt: bool = False,
        on_left: Callable[[], None] = lambda: None,
    ) -> None:
        self.is_hidden = False
        self._hides_next = hides_next
        self._keeps_pastes_whole = keeps_pastes_whole
        self._listener = listener
        self._call = call
        self._label = _sanitized(label)
        self._history = LineHistory(history, is_secret)
        self._queue: PrintQueue[Line | None] = PrintQueue(MAX_QUEUED)  # None: clear the screen
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._editor: Editor | None = None
        self._thread: Thread | None = None
        self._terminal = terminal or LocalTerminal()
        self._on_left = on_left
        self.clears_on_interrupt = clears_on_interrupt
        self.is_inner = False

    # -- from the program's thread; `show` from any ----------------------------------------------------

    def start(self) -> None:
        """Prepare the terminal and start the prompt's thread."""
        self._terminal.prepare()
        atexit.register(self.close)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, args=(self._loop,), name="prompt", daemon=True)
        self._thread.start()

    def show(self, *lines: Line) -> None:
        """Print lines above the edited one, soon and in order; they are sanitized."""
        if self._queue.add(lines):
            self._call_in_thread(self._print)

    def set_label(self, label: Line, *above: Line, is_inner: bool = False) -> None:
        """Change the label before the edited line.

        Args:
            above: Lines that stay directly above the edited one until the next change.
            is_inner: Whether Ctrl-D on an empty line leaves an inner prompt.
        """
        self.is_inner = is_inner
        self._label = [
            *(each for line in above for each in (*_sanitized(line), ("", "\n"))),
            *_sanitized(label),
        ]
        self._call_in_thread(self._redraw)

    def ring(self) -> None:
        """Ring the terminal's bell."""
        self._call_in_thread(self._ring)

    def hide(self, is_hidden: bool) -> None:
        """Hide the line that is typed, or show it again."""
        self.is_hidden = is_hidden
        self._call_in_thread(self._redraw)

    def clear(self) -> None:
        """Clear the screen, and discard what was not printed yet."""
        self._queue.clear()
        self._queue.add([None])
        self._call_in_thread(self._print)

    @property
    def is_open(self) -> bool:
        """True from `start` to `close`."""
        return self._thread is not None

    @property
    def width(self) -> int:
        """The columns of the terminal now."""
        return self._terminal.width

    def close(self) -> None:
        """Print what is left and restore the terminal; a stuck one is not waited for."""
        if self._thread is None:
            return
        atexit.unregister(self.close)
        self._call_in_thread(self._stop)
        self._thread.join(self._terminal.close_timeout_s)
        self._thread = None
        self._terminal.restore()

    def _call_in_thread(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(function)

    # -- in the thread of the prompt -------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with contextlib.closing(loop):
                loop.set_exception_handler(self._on_exception)
                loop.run_until_complete(self._edit())
        except OSError:  # the terminal is gone
            pass
        finally:
            if not self._closing.is_set():
                self._call(self._listener.ended)
            self._terminal.release()

    async def _edit(self) -> None:
        from simplechat.terminal.editor import Editor

        self._editor = Editor(self._terminal.open(), self, lambda: self._label, self._history)
        if not self._closing.is_set():
            self._call_in_thread(self._print)  # once the line is there
            with contextlib.suppress(EOFError):
                await self._editor.edit()
        if not self._closing.is_set():
            self._terminal.restore()
            self._call(self._listener.ended)
        await self._closing.wait()
        while self._queue:
            self._print()

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failure = context.get("exception") or RuntimeError(context["message"])
        if self._editor is not None:
            self._editor.stop(failure)

    def _print(self) -> None:
        if self._editor is None:
            return
        dropped, lines = self._queue.take(MAX_PRINTED)
        if dropped:
            text = ngettext("{count} line was left out", "{count} lines were left out", dropped)
            lines.insert(0, f"... {text.format(count=dropped)}")
        if None in lines:
            self._editor.clear()
        if lines:
            self._editor.print([_sanitized(line) for line in lines if line is not None])
        if self._queue:
            self._call_in_thread(self._print)

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

    # -- called by the editor --------------------------------------------------------------------------

    def accepted(self, text: str) -> None:
        """Pass each line on; a paste may hold several."""
        lines = _LINE_END.split(text.removesuffix("\n"))
        texts = ["\n".join(lines)] if self._keeps_pastes_whole else lines
        self.is_hidden = self.is_hidden or any(map(self._hides_next, texts))
        for each in texts:
            self._call(self._listener.typed, each)

    def interrupted(self) -> None:
        """Pass Ctrl-C on."""
        self._call(self._listener.interrupted)

    def left(self) -> None:
        """Pass Ctrl-D on."""
        self._call(self._on_left)

    def suspend(self) -> None:
        """Give the terminal back to the shell for a while."""
        self._terminal.suspend()

    async def completions(self, text: str) -> list[str]:
        """Ask the listener in the program's thread."""
        answer: concurrent.futures.Future[list[str]] = concurrent.futures.Future()

        def ask() -> None:
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(self._listener.completions(text))
                except BaseException:
                    answer.set_result([])
                    raise

        self._call(ask)
        return await asyncio.wrap_future(answer)


def can_prompt(environment: Mapping[str, str]) -> bool:
    """Tell whether standard input and output are a foreground terminal that can edit a line."""
    if not (os.isatty(0) and os.isatty(1)) or environment.get("TERM", "") in _POOR_TERMINALS:
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()  # a background process would be stopped for touching it
    except OSError:
        return False


def _sanitized(line: Line) -> Fragments:
    if isinstance(line, str):
        return [("", printable(line))]
    return [(style, printable(text)) for style, text in line]
