"""A set of open connections that tells when it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred, succeed

C = TypeVar("C")


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
