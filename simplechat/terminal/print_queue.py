"""The queue of what is still to be printed: filled from any thread, and bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class PrintQueue(Generic[T]):
    """A thread-safe queue that drops its oldest items when it is full.

    Args:
        max_items: How many it holds.
    """

    def __init__(self, max_items: int) -> None:
        self._items: deque[T] = deque()
        self._max_items = max_items
        self._dropped = 0
        self._lock = Lock()

    def add(self, items: Sequence[T]) -> bool:
        """Add items; return True if the queue was empty, so that printing must be scheduled."""
        with self._lock:
            was_empty = not self._items
            self._items.extend(items)
            while len(self._items) > self._max_items:
                self._items.popleft()
                self._dropped += 1
            return was_empty and bool(self._items)

    def take(self, count: int) -> tuple[int, list[T]]:
        """Remove up to `count` items; return how many were dropped before them, and the items."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped, [self._items.popleft() for _ in range(min(count, len(self._items)))]

    def __bool__(self) -> bool:
        return bool(self._items)

    def clear(self) -> None:
        """Discard everything."""
        with self._lock:
            self._items.clear()
            self._dropped = 0
