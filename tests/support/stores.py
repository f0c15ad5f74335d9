"""Records, and a connection pool without threads, for the tests of stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred, execute

from simplechat.hub.records import (
    Spoken,
)


def spoken(number: int, text: str = "hello", target: str = "#tea") -> Spoken:
    """Build a message record."""
    return Spoken(target, number, "PRIVMSG", 2**62, "", "ann!a@h", '{"+reply": "1"}', text, "")


class ImmediatePool(ConnectionPool):
    """A connection pool that runs everything at once, in the calling thread."""

    def runWithConnection(self, func: Callable[..., object], *args: object, **kw: object) -> Deferred[Any]:
        return execute(self._runWithConnection, func, *args, **kw)
