"""Known partners of direct conversations, so that not each message writes their row again."""

from __future__ import annotations

MAX_CONTACTS = 100  # partners per user or account


class Contacts:
    """The last known nicks of conversation partners, by the identities of both."""

    def __init__(self) -> None:
        self._nicks: dict[tuple[int, int], str] = {}

    def record(self, one: int, other: int, nick: str) -> bool:
        """Record a conversation; return False if it is known already, with this nick."""
        if self._nicks.get((one, other)) == nick:
            return False
        self._nicks[one, other] = nick
        if len(self._nicks) > MAX_CONTACTS:
            del self._nicks[next(iter(self._nicks))]
        return True

    def forget(self, one: int, other: int) -> None:
        """Forget a conversation, because its message was not stored."""
        self._nicks.pop((one, other), None)
