"""The talks under way, whatever carries them."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from simplechat.doors.net.writer import Wire


class Talk(Protocol):
    """What a door wants of a conversation."""

    def begin(self) -> None:
        """Take note that the connection is there."""
        ...

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed."""
        ...

    def tick(self) -> None:
        """See whether the peer is still there."""
        ...

    def finish(self) -> None:
        """Take note that the peer says no more; it still hears the answers to what it said."""
        ...

    def refuse(self, reason: str) -> None:
        """Answer that nothing more is heard, and end."""
        ...

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        ...


class Converse(Protocol):
    """Begins a conversation."""

    def __call__(
        self, wire: Wire, host: str, port: int, *, is_secure: bool = False, fingerprint: str = ""
    ) -> Talk:
        """Begin a conversation over a wire.

        Args:
            wire: Where its lines go.
            host: The peer's address.
            port: The peer's port; 0 where there is none.
            is_secure: Whether what is said is encrypted on its way.
            fingerprint: SHA-256 of the certificate that the peer showed, in hexadecimal; "" for none.
        """
        ...


class Talks:
    """The talks under way.

    Args:
        converse: Begins one.
        clock: For waiting.
        sendq_bytes: See `Wire`.
    """

    def __init__(self, converse: Converse, clock: IReactorTime, sendq_bytes: int) -> None:
        self.clock = clock
        self.sendq_bytes = sendq_bytes
        self._converse = converse
        self._open: set[Talk] = set()
        self._emptied: list[Deferred[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def make(
        self, wire: Wire, host: str, port: int, *, is_secure: bool = False, fingerprint: str = ""
    ) -> Talk:
        """Make a talk, which the caller begins; see `Converse`."""
        talk = self._converse(wire, host, port, is_secure=is_secure, fingerprint=fingerprint)
        self._open.add(talk)
        return talk

    def end(self, talk: Talk, reason: str) -> None:
        """Take note that a talk's connection is gone, and why."""
        self._open.discard(talk)
        talk.lost(reason)
        if not self._open:
            emptied, self._emptied = self._emptied, []
            for each in emptied:
                each.callback(None)

    def tick(self) -> None:
        """Have every talk see whether its peer is still there."""
        for talk in tuple(self._open):
            talk.tick()

    def emptied(self) -> Deferred[None]:
        """Give a Deferred that fires when no talk is left."""
        if not self._open:
            return succeed(None)
        self._emptied.append(Deferred())
        return self._emptied[-1]
