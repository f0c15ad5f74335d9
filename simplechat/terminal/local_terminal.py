"""The terminal on which the program was started."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simplechat.terminal.terminal_io import TerminalIO


class LocalTerminal:
    """Standard input and output; their settings are restored at the end."""

    close_timeout_s = 1.0  # for a stuck terminal

    def __init__(self) -> None:
        self._settings: list[Any] | None = None

    @property
    def width(self) -> int:
        """Its columns now."""
        try:
            return os.get_terminal_size(1).columns or 80
        except OSError:
            return 80

    def prepare(self) -> None:
        """Turn off echo until the edited line appears, which then shows what was typed early."""
        with contextlib.suppress(termios.error):
            self._settings = termios.tcgetattr(0)
            silent = termios.tcgetattr(0)
            silent[3] &= ~termios.ECHO
            termios.tcsetattr(0, termios.TCSANOW, silent)

    def restore(self) -> None:
        """Restore its settings."""
        if self._settings is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._settings)

    def open(self) -> TerminalIO:
        """Return its input and output.

        Raises:
            OSError: There is none.
        """
        from simplechat.terminal.terminal_io import local_io  # slow to import

        return local_io(os.environ.get("TERM", ""))

    def suspend(self) -> None:
        """Stop the process by a signal to this thread; another thread would get it later, elsewhere."""
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)

    def release(self) -> None:
        """Do nothing: others may still write to it."""
