"""The latest events of each channel and direct conversation, for user interfaces that show one at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from simplechat.client.protocol.events import Event
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.ircv3.casemap import fold

MAX_EVENTS = 2000  # of one channel or conversation
MAX_CHARS = 20_000_000  # of all of them, as `size_of` counts
EVENT_CHARS = 100  # that an event counts for besides its texts


class Scrollback:
    """The latest events of each channel and direct conversation, oldest first.

    Past MAX_CHARS, those go whose channel or conversation has been quiet for longest.
    """

    def __init__(self) -> None:
        self._events: dict[str, deque[Event]] = {}  # by folded target, the latest active last
        self._size = 0

    def append(self, target: str, event: Event) -> None:
        """Add an event at the end of a channel or a conversation."""
        events = self._events.pop(fold(target), deque())
        self._events[fold(target)] = events
        events.append(event)
        self._size += size_of(event)
        if len(events) > MAX_EVENTS:
            self._size -= size_of(events.popleft())
        while self._size > MAX_CHARS:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        quietest, events = next(iter(self._events.items()))
        self._size -= size_of(events.popleft())
        if not events:
            del self._events[quietest]

    def events(self, target: str) -> list[Event]:
        """Return what happened in a channel or a conversation."""
        return list(self._events.get(fold(target), ()))

    def delete(self, target: str, msgid: str) -> None:
        """Blank the text of a message; that there was one stays known."""
        events = self._events.get(fold(target), deque())
        for index, event in enumerate(events):
            if isinstance(event, MessageReceived) and event.msgid == msgid:
                events[index] = replace(event, text="")
                self._size -= len(event.text)

    def rename(self, old: str, new: str) -> None:
        """Move the events of a channel to its new name."""
        events = self._events.pop(fold(old), deque())
        self._size -= sum(map(size_of, events))
        for event in events:
            self.append(new, event)


def size_of(event: Event) -> int:
    """Return how many characters an event counts for."""
    values = (getattr(event, name) for name in event.__slots__)
    return EVENT_CHARS + sum(len(value) for value in values if isinstance(value, str))
