"""Streams of numbered lines, and which listener has received which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

FILLER = b"The quick brown fox jumps over the"  # with it, a payload has 64 bytes
PAYLOAD = re.compile(rb"~([0-9a-f]{5})([0-9a-f]{8})([0-9a-f]{15})~")


class Run(NamedTuple):
    """Consecutive lines of one stream, received in one read."""

    stream: int
    first: int
    after: int
    sent_ns: int
    """When the first, so the oldest of them, was sent."""


def payload(stream: int, number: int, sent_ns: int) -> bytes:
    """Build the text of one line."""
    return b"~%05x%08x%015x~%s" % (stream, number, sent_ns, FILLER)


@lru_cache(maxsize=256)
def runs(chunk: bytes) -> tuple[Run, ...]:
    """Find the payloads in whole lines.

    The members of a channel mostly receive the same bytes: the cache makes their number cheap.
    """
    found: list[Run] = []
    newest: dict[int, int] = {}  # by stream, where in found
    for words in PAYLOAD.findall(chunk):
        stream, number, sent_ns = (int(word, 16) for word in words)
        place = newest.get(stream)
        if place is not None and found[place].after == number:
            found[place] = found[place]._replace(after=number + 1)
        else:
            newest[stream] = len(found)
            found.append(Run(stream, number, number + 1, sent_ns))
    return tuple(found)


def percentile(counts: Counter[int], share: float) -> int:
    """Return the smallest key that this share of all counted values does not exceed.

    Raises:
        ValueError: Nothing was counted.
    """
    wanted = share * counts.total()
    for value in sorted(counts):
        wanted -= counts[value]
        if wanted <= 0:
            return value
    raise ValueError("nothing was counted")


class Stream:
    """The numbered lines from one client to its listeners, and how far each has received them.

    Args:
        number: The stream's index among those of its crowd.
        speaker: The number of the client who speaks.
        target: The channel or nick that is spoken to.
        listeners: The numbers of the clients who should hear it.
    """

    def __init__(self, number: int, speaker: int, target: str, listeners: Iterable[int]) -> None:
        self.number = number
        self.speaker = speaker
        self.said = 0
        self.heard_by_all = 0  # each listener has every line below this number, or skipped it
        self.duplicated = 0
        self.reordered = 0
        self._start = b"PRIVMSG %s :" % target.encode()
        self._next = dict.fromkeys(listeners, 0)
        self._waiting = Counter({0: len(self._next)})  # listeners, by the number that they expect
        self._skipped: set[tuple[int, int]] = set()  # listener and number

    def lines(self, count: int, sent_ns: int) -> bytes:
        """Build the next lines to send."""
        numbers = range(self.said, self.said + count)
        self.said += count
        return b"".join(
            b"%s%s\r\n" % (self._start, payload(self.number, number, sent_ns)) for number in numbers
        )

    def heard(self, listener: int, first: int, after: int) -> bool:
        """Record what a listener received; return whether every listener now has more than before."""
        expected = self._next.get(listener)
        if expected == first:
            return self._advance(listener, first, after)
        if expected is None:
            self.duplicated += after - first
            return False
        self._skipped.update((listener, number) for number in range(expected, first))
        for number in range(first, min(after, expected)):
            self._heard_late(listener, number)
        return after > expected and self._advance(listener, expected, after)

    def _heard_late(self, listener: int, number: int) -> None:
        if (listener, number) in self._skipped:
            self._skipped.remove((listener, number))
            self.reordered += 1
        else:
            self.duplicated += 1

    def _advance(self, listener: int, expected: int, after: int) -> bool:
        self._next[listener] = after
        waiting = self._waiting
        waiting[after] += 1
        waiting[expected] -= 1
        if waiting[expected]:
            return False
        del waiting[expected]
        before, self.heard_by_all = self.heard_by_all, min(waiting)
        return self.heard_by_all > before

    @property
    def lost(self) -> int:
        """The number of missing deliveries."""
        return sum(self.said - number for number in self._next.values()) + len(self._skipped)
