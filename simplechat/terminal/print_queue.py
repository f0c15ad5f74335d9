"""What waits to be printed: gathered from any thread, bounded, given in the order in which it came."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Gathered(Generic[T]):
    """A queue from which the oldest falls out when too much is in it.

    Args:
        most: How many things it holds.
    """

    def __init__(self, most: int) -> None:
        self._things: deque[T] = deque()
        self._most = most
        self._dropped = 0
        self._lock = Lock()

    def add(self, things: Sequence[T]) -> bool:
        """Add things; True where there were none, so that somebody has to be told."""
        with self._lock:
            was_empty = not self._things
            self._things.extend(things)
            while len(self._things) > self._most:
                self._things.popleft()
                self._dropped += 1
            return was_empty and bool(self._things)

    def take(self, most: int) -> tuple[int, list[T]]:
        """Take some out; say how many fell out before them."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped, [self._things.popleft() for _ in range(min(most, len(self._things)))]

    def __bool__(self) -> bool:
        return bool(self._things)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._dropped = 0
