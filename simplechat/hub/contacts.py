"""Who has spoken with whom lately, so that the disk is not told of it again for each message."""

from __future__ import annotations

MOST_MET = 100  # others, for each user or account


class Contacts:
    """What others were called when they last spoke with somebody, by both identities."""

    def __init__(self) -> None:
        self._nicks: dict[tuple[int, int], str] = {}

    def record(self, one: int, other: int, nick: str) -> bool:
        """Note that they speak with somebody; False where that is known already, under this nick."""
        if self._nicks.get((one, other)) == nick:
            return False
        self._nicks[one, other] = nick
        if len(self._nicks) > MOST_MET:
            del self._nicks[next(iter(self._nicks))]
        return True

    def forget(self, one: int, other: int) -> None:
        """Note that nothing came of it."""
        self._nicks.pop((one, other), None)
