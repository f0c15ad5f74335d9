"""The terminal that the program was started on."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simplechat.terminal.terminal_io import Ends


class OwnTerminal:
    """The standard input and output, set back as they were at the end."""

    patience_s = 1.0  # for a stuck terminal, before it is left as it is

    def __init__(self) -> None:
        self._settings: list[Any] | None = None

    @property
    def width(self) -> int:
        """How many columns it has now."""
        try:
            return os.get_terminal_size(1).columns or 80
        except OSError:
            return 80

    def take(self) -> None:
        """Have it show nothing that is typed before the line is there, which shows it then."""
        with contextlib.suppress(termios.error):
            self._settings = termios.tcgetattr(0)
            silent = termios.tcgetattr(0)
            silent[3] &= ~termios.ECHO
            termios.tcsetattr(0, termios.TCSANOW, silent)

    def give_back(self) -> None:
        """Set it as it was."""
        if self._settings is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._settings)

    def ends(self) -> Ends:
        """Give its two ends.

        Raises:
            OSError: There is none.
        """
        from simplechat.terminal.terminal_io import own_ends  # it takes a while to import

        return own_ends(os.environ.get("TERM", ""))

    def suspend(self) -> None:
        """Stop the process, by a signal to this very thread: another would stop us later, elsewhere."""
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)

    def left(self) -> None:
        """Nothing more is written to it by a prompt; others still may."""
