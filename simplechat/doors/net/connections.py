"""The open connections, whatever their transport."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from simplechat.doors.net.writer import SocketWriter


class Connection(Protocol):
    """What a door wants of a conversation."""

    def begin(self) -> None:
        """Take note that the connection is there."""
        ...

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed."""
        ...

    def tick(self) -> None:
        """See whether the peer is still there."""
        ...

    def finish(self) -> None:
        """Take note that the peer says no more; it still hears the answers to what it said."""
        ...

    def refuse(self, reason: str) -> None:
        """Answer that nothing more is heard, and end."""
        ...

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        ...


class StartConversation(Protocol):
    """Begins a conversation."""

    def __call__(
        self, writer: SocketWriter, host: str, port: int, *, is_secure: bool = False, fingerprint: str = ""
    ) -> Connection:
        """Begin a conversation over a writer.

        Args:
            writer: Where its lines go.
            host: The peer's address.
            port: The peer's port; 0 where there is none.
            is_secure: Whether what is said is encrypted on its way.
            fingerprint: SHA-256 of the certificate that the peer showed, in hexadecimal; "" for none.
        """
        ...


class Connections:
    """The connections under way.

    Args:
        start_conversation: Begins one.
        clock: For waiting.
        sendq_bytes: See `SocketWriter`.
    """

    def __init__(self, start_conversation: StartConversation, clock: IReactorTime, sendq_bytes: int) -> None:
        self.clock = clock
        self.sendq_bytes = sendq_bytes
        self._start_conversation = start_conversation
        self._open: set[Connection] = set()
        self._emptied: list[Deferred[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def make(
        self, writer: SocketWriter, host: str, port: int, *, is_secure: bool = False, fingerprint: str = ""
    ) -> Connection:
        """Make a connection, which the caller begins; see `StartConversation`."""
        connection = self._start_conversation(
            writer, host, port, is_secure=is_secure, fingerprint=fingerprint
        )
        self._open.add(connection)
        return connection

    def end(self, connection: Connection, reason: str) -> None:
        """Take note that a connection's connection is gone, and why."""
        self._open.discard(connection)
        connection.lost(reason)
        if not self._open:
            emptied, self._emptied = self._emptied, []
            for each in emptied:
                each.callback(None)

    def tick(self) -> None:
        """Have every connection see whether its peer is still there."""
        for connection in tuple(self._open):
            connection.tick()

    def when_empty(self) -> Deferred[None]:
        """Give a Deferred that fires when no connection is left."""
        if not self._open:
            return succeed(None)
        self._emptied.append(Deferred())
        return self._emptied[-1]
