"""What we have seen of a place, so that nothing is shown twice and nothing is missed after a reconnect."""

from __future__ import annotations

MAX_MSGIDS = 1000  # msgids of one place, where their order tells nothing


class ReadPosition:
    """What we have seen of a room or a conversation.

    Attributes:
        msgid: Of the last message; "" for none.
        at: When the last message was said, in seconds since 1970; None where that is not known.
        read_at: Up to when we have read, here or elsewhere, as far as the server knows.
        is_marked: True where the server knows as much.
    """

    def __init__(self) -> None:
        self.msgid = ""
        self.at: float | None = None
        self.read_at: float | None = None
        self.is_marked = True
        self._latest = ""
        self._recent: dict[str, None] = {}

    def take(self, msgid: str, *, has_order: bool, at: float | None = None) -> bool:
        """Take note of a message; True where it is new.

        Args:
            has_order: Whether the text order of the server's msgids is the order of what happened.
        """
        if msgid and not self._is_new(msgid, has_order=has_order):
            return False
        self.msgid = msgid or self.msgid
        if at is not None:
            self.at = max(at, self.at or at)
            self.is_marked = False
        return True

    def _is_new(self, msgid: str, *, has_order: bool) -> bool:
        if msgid in self._recent or (has_order and msgid <= self._latest):
            return False
        self._recent[msgid] = None
        if len(self._recent) > MAX_MSGIDS:
            del self._recent[next(iter(self._recent))]
        if has_order:
            self._latest = msgid
        return True

    def mark(self, at: float | None) -> None:
        """Take note of up to when we have read, as the server tells it."""
        if at is not None:
            self.read_at = max(at, self.read_at or at)
