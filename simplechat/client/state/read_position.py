"""Up to where a conversation was seen, so that nothing is shown twice or missed after a reconnect."""

from __future__ import annotations

MAX_MSGIDS = 1000  # of one conversation, where msgids have no order


class ReadPosition:
    """Up to where a channel or a direct conversation was seen.

    Attributes:
        msgid: Of the last message; "" for none.
        at: When the last message was sent, in seconds since 1970; None if that is not known.
        read_at: The server's read marker, in seconds since 1970, set here or on another device.
        is_sent: True if the server knows our position.
    """

    def __init__(self) -> None:
        self.msgid = ""
        self.at: float | None = None
        self.read_at: float | None = None
        self.is_sent = True
        self._highest = ""
        self._recent: dict[str, None] = {}

    def add(self, msgid: str, *, has_order: bool, at: float | None = None) -> bool:
        """Record a message; return False if it was seen before.

        Args:
            has_order: Whether the server's msgids, compared as text, are in the order of the messages.
        """
        if msgid and not self._is_new(msgid, has_order=has_order):
            return False
        self.msgid = msgid or self.msgid
        if at is not None:
            self.at = max(at, self.at or at)
            self.is_sent = False
        return True

    def _is_new(self, msgid: str, *, has_order: bool) -> bool:
        if msgid in self._recent or (has_order and msgid <= self._highest):
            return False
        self._recent[msgid] = None
        if len(self._recent) > MAX_MSGIDS:
            del self._recent[next(iter(self._recent))]
        if has_order:
            self._highest = msgid
        return True

    def set_read_marker(self, at: float | None) -> None:
        """Store the server's read marker; it never goes back."""
        if at is not None:
            self.read_at = max(at, self.read_at or at)
