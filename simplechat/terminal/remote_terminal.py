"""A terminal at the other end of a connection, such as SSH.

The prompt's thread writes at most MAX_UNSENT_BYTES ahead of the connection. Where nobody reads, it blocks, as
it would at a stuck terminal, and blocks nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simplechat.terminal.terminal_io import TerminalIO

MAX_UNSENT_BYTES = 65536  # written, but not yet taken by the connection
MAX_COLUMNS, MAX_ROWS = 500, 200  # drawing takes time for each cell
_COLUMNS, _ROWS = 80, 24  # of a terminal that does not tell its size


class RemoteTerminal:
    """A terminal at the other end of a connection.

    Args:
        term: Its type, as in TERM.
        send: Sends bytes; called in the program's thread.
        on_read: Called in the program's thread with the number of typed bytes that were read.
        on_released: Called in the program's thread once nothing more will be sent.
        call: Makes the program's thread call a function with arguments; used from another thread.
    """

    close_timeout_s = 0.0  # closing does not wait: the program goes on

    def __init__(
        self,
        term: str,
        *,
        send: Callable[[bytes], None],
        on_read: Callable[[int], None],
        on_released: Callable[[], None],
        call: Callable[..., object],
    ) -> None:
        self.term = term
        self._send = send
        self._on_read = on_read
        self._on_released = on_released
        self._call = call
        self._size = (_COLUMNS, _ROWS)
        self._input = bytearray()
        self._unsent_bytes = 0
        self._is_gone = False
        self._changed = Condition()
        self._on_input: Callable[[], object] | None = None

    # -- from the program's thread ---------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Its columns now."""
        return self._size[0]

    def resize(self, columns: int, rows: int) -> None:
        """Set its size; 0 is unknown."""
        self._size = (min(columns, MAX_COLUMNS) or _COLUMNS, min(rows, MAX_ROWS) or _ROWS)

    def feed(self, data: bytes) -> None:
        """Add input that was typed."""
        with self._changed:
            self._input += data
        self._notify()

    def acknowledge_sent(self, count: int) -> None:
        """Count bytes that the connection has taken, so that more can be written."""
        with self._changed:
            self._unsent_bytes -= count
            self._changed.notify_all()

    def disconnect(self) -> None:
        """Mark it as gone: no more input comes, and writing raises OSError."""
        with self._changed:
            self._is_gone = True
            self._changed.notify_all()
        self._notify()

    def _notify(self) -> None:
        on_input = self._on_input
        if on_input is not None:
            on_input()

    # -- the interface of a prompt's terminal ---------------------------------------------------------

    def prepare(self) -> None:
        """Do nothing: the other end has set its terminal."""

    def restore(self) -> None:
        """Do nothing: the other end restores its terminal."""

    def suspend(self) -> None:
        """Do nothing: there is no shell to give it back to."""

    def open(self) -> TerminalIO:
        """Return its input and output."""
        from simplechat.terminal.terminal_io import remote_io  # slow to import

        return remote_io(self)

    def release(self) -> None:
        """Announce the end of the output."""
        self._call(self._on_released)

    # -- from the prompt's thread ----------------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """Its columns and rows now."""
        return self._size

    @property
    def is_gone(self) -> bool:
        """True once no more input will come."""
        return self._is_gone

    def set_input_callback(self, on_input: Callable[[], object] | None) -> None:
        """Set what is called, from any thread, when there is input; call it now if there is already."""
        self._on_input = on_input
        if self._input or self._is_gone:
            self._notify()

    def read(self) -> bytes:
        """Return what was typed since the last call."""
        with self._changed:
            data = bytes(self._input)
            self._input.clear()
        if data:
            self._call(self._on_read, len(data))
        return data

    def write(self, data: bytes) -> None:
        """Send bytes; block while too many are unsent.

        Raises:
            OSError: It is gone.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_gone or self._unsent_bytes < MAX_UNSENT_BYTES)
            if self._is_gone:
                raise OSError("the terminal is gone")
            self._unsent_bytes += len(data)
        self._call(self._send, data)
