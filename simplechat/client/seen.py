"""Which messages of a room were shown already, so that none is shown twice after a reconnect."""

from __future__ import annotations

MOST_KEPT = 1000  # msgids of one room, where their order tells nothing


class Seen:
    """The msgids of one room."""

    def __init__(self) -> None:
        self._latest = ""
        self._recent: dict[str, None] = {}

    def take(self, msgid: str, *, has_order: bool) -> bool:
        """Take note of a msgid; True where it is new.

        Args:
            has_order: Whether the text order of the server's msgids is the order of what happened.
        """
        if not msgid:
            return True
        if msgid in self._recent or (has_order and msgid <= self._latest):
            return False
        self._recent[msgid] = None
        if len(self._recent) > MOST_KEPT:
            del self._recent[next(iter(self._recent))]
        if has_order:
            self._latest = msgid
        return True
