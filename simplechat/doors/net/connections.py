"""All connections on which a conversation is held, whatever their transport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from simplechat.doors.net.writer import SocketWriter
from simplechat.peer import Peer

C = TypeVar("C")


class Connection(Protocol):
    """The conversation on one connection, as its protocol sees it."""

    def begin(self) -> None:
        """Start: the connection is open."""
        ...

    def hear(self, line: bytes) -> None:
        """Handle one line, its line end removed."""
        ...

    def tick(self) -> None:
        """Check that the peer still answers."""
        ...

    def finish(self) -> None:
        """Close the connection, once all lines are answered: the peer sends no more."""
        ...

    def refuse(self, reason: str) -> None:
        """Send the reason and close the connection; ignore further lines."""
        ...

    def lost(self, reason: str) -> None:
        """End: the connection is lost."""
        ...


class StartConversation(Protocol):
    """Starts conversations."""

    def __call__(self, writer: SocketWriter, peer: Peer) -> Connection:
        """Create the conversation with a peer; its lines go to the writer."""
        ...


class ConnectionSet(Generic[C]):
    """Open connections; iterating over them allows adding and discarding meanwhile."""

    def __init__(self) -> None:
        self._open: set[C] = set()
        self._waiting: list[Deferred[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[C]:
        return iter(tuple(self._open))

    def add(self, connection: C) -> None:
        """Add a connection."""
        self._open.add(connection)

    def discard(self, connection: C) -> None:
        """Remove a connection, if it is there; fire what waits if it was the last one."""
        self._open.discard(connection)
        if not self._open:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)

    def when_empty(self) -> Deferred[None]:
        """Return a Deferred that fires when no connection is left, which may be at once."""
        if not self._open:
            return succeed(None)
        self._waiting.append(Deferred())
        return self._waiting[-1]


class Connections:
    """The registry of open connections.

    Args:
        start_conversation: Creates the conversation of each.
        clock: For timeouts.
        sendq_bytes: How much may wait for a slow reader; see `SocketWriter`.
    """

    def __init__(self, start_conversation: StartConversation, clock: IReactorTime, sendq_bytes: int) -> None:
        self.clock = clock
        self.sendq_bytes = sendq_bytes
        self._start_conversation = start_conversation
        self._open: ConnectionSet[Connection] = ConnectionSet()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, writer: SocketWriter, peer: Peer) -> Connection:
        """Register a connection; return its conversation, whose `begin` the caller calls."""
        connection = self._start_conversation(writer, peer)
        self._open.add(connection)
        return connection

    def end(self, connection: Connection, reason: str) -> None:
        """Remove a connection that is lost, and pass on the reason."""
        try:
            connection.lost(reason)
        finally:
            self._open.discard(connection)

    def tick(self) -> None:
        """Check every peer; called about every second."""
        for connection in self._open:
            connection.tick()

    def when_empty(self) -> Deferred[None]:
        """Return a Deferred that fires when no connection is left."""
        return self._open.when_empty()
