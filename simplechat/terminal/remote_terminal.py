"""A terminal that is elsewhere: what is typed comes over a connection, what is shown goes over it.

The prompt's thread writes no further ahead of the connection than a terminal's own buffer would let it:
where nobody reads, it waits, as it does at a stuck terminal, and holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simplechat.terminal.terminal_io import Ends

MOST_AHEAD_BYTES = 65536  # written, and not yet taken by the connection
MOST_COLUMNS, MOST_ROWS = 500, 200  # drawing costs time for each place
_COLUMNS, _ROWS = 80, 24  # of a terminal that does not know its size


class RemoteTerminal:
    """The far end of a connection.

    Args:
        term: What kind of terminal it is, as TERM says.
        send: Sends bytes; called in the program's thread.
        heard: Told, in the program's thread, how many bytes that were typed have been taken.
        left: Called in the program's thread once nothing more will be sent.
        call: Has the program's thread call a function with arguments; used from another thread.
    """

    patience_s = 0.0  # closing waits for nobody: the program goes on

    def __init__(
        self,
        term: str,
        *,
        send: Callable[[bytes], None],
        heard: Callable[[int], None],
        left: Callable[[], None],
        call: Callable[..., object],
    ) -> None:
        self.term = term
        self._send = send
        self._heard = heard
        self._left = left
        self._call = call
        self._size = (_COLUMNS, _ROWS)
        self._typed = bytearray()
        self._ahead = 0
        self._is_gone = False
        self._changed = Condition()
        self._notice: Callable[[], object] | None = None

    # -- from the program's thread ---------------------------------------------------------------------

    @property
    def width(self) -> int:
        """How many columns it has now."""
        return self._size[0]

    def resize(self, columns: int, rows: int) -> None:
        """Take note of its size; 0 is unknown."""
        self._size = (min(columns, MOST_COLUMNS) or _COLUMNS, min(rows, MOST_ROWS) or _ROWS)

    def typed(self, data: bytes) -> None:
        """Hand on what was typed."""
        with self._changed:
            self._typed += data
        self._tell()

    def sent(self, count: int) -> None:
        """Take note that the connection has taken so many bytes."""
        with self._changed:
            self._ahead -= count
            self._changed.notify_all()

    def hang_up(self) -> None:
        """Take note that it is gone: nothing more is typed, and whatever is written fails."""
        with self._changed:
            self._is_gone = True
            self._changed.notify_all()
        self._tell()

    def _tell(self) -> None:
        notice = self._notice
        if notice is not None:
            notice()

    # -- what a prompt wants of its terminal -----------------------------------------------------------

    def take(self) -> None:
        """There is nothing to set."""

    def give_back(self) -> None:
        """There is nothing to set back."""

    def suspend(self) -> None:
        """Nobody else waits for this terminal."""

    def ends(self) -> Ends:
        """Give its two ends."""
        from simplechat.terminal.terminal_io import remote_ends  # it takes a while to import

        return remote_ends(self)

    def left(self) -> None:
        """Say that nothing more is written."""
        self._call(self._left)

    # -- from the prompt's thread ----------------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and rows it has now."""
        return self._size

    @property
    def is_gone(self) -> bool:
        """True once nothing more will be typed."""
        return self._is_gone

    def heed(self, notice: Callable[[], object] | None) -> None:
        """Call this whenever there is something to read, from any thread; at once if there is by now."""
        self._notice = notice
        if self._typed or self._is_gone:
            self._tell()

    def read(self) -> bytes:
        """Give what was typed since the last time."""
        with self._changed:
            data = bytes(self._typed)
            self._typed.clear()
        if data:
            self._call(self._heard, len(data))
        return data

    def write(self, data: bytes) -> None:
        """Send bytes, as soon as few enough are under way.

        Raises:
            OSError: It is gone.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_gone or self._ahead < MOST_AHEAD_BYTES)
            if self._is_gone:
                raise OSError("the terminal is gone")
            self._ahead += len(data)
        self._call(self._send, data)
