"""What the store does by itself behind the chat, in small steps between two commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from simplechat.hub.errors import StoreError
from simplechat.hub.records import MESSAGE_KINDS, Record, Redaction, Spoken
from simplechat.store.sqlite.search_index import index_some, merge_some, stained
from simplechat.store.sqlite.statements import empty_wal

AFTER_S = 0.5  # a while in which more gathers, for larger steps are cheaper
AGAIN_AFTER_S = 3.0
BREATH_S = 0.01  # between two steps

Run = Callable[..., Awaitable[Any]]


class Upkeep:
    """Keeps the index of words up, and leaves no trace of what was taken back in any file.

    Args:
        reactor: The clock.
        run: Runs a function in the thread that writes.
    """

    log = Logger()

    def __init__(self, reactor: Any, run: Run) -> None:
        self._reactor = reactor
        self._run = run
        self._is_stained = True  # whoever was here before may have been interrupted
        self._is_behind = True
        self._is_working = False
        self._is_over = False
        self._call: IDelayedCall | None = None
        self._wake(AFTER_S)

    def note(self, records: Sequence[Record]) -> None:
        """Take note of what was committed."""
        if any(isinstance(record, Redaction) for record in records):
            self.stain()
        elif any(isinstance(record, Spoken) and record.kind in MESSAGE_KINDS for record in records):
            self._is_behind = True
            self._wake(AFTER_S)

    def stain(self) -> None:
        """Take note that something was deleted."""
        self._is_stained = True
        self._wake(AFTER_S)

    def end(self) -> None:
        """Begin nothing more."""
        self._is_over = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _wake(self, in_s: float) -> None:
        if self._call is None and not self._is_working and not self._is_over:
            self._call = self._reactor.callLater(in_s, self._begin)

    def _begin(self) -> None:
        self._call = None
        self._is_working = True
        Deferred.fromCoroutine(self._work()).addErrback(self._stumble)

    def _stumble(self, failure: Failure) -> None:
        if not self._is_over:
            self.log.failure("The store's upkeep stumbled", failure=failure)

    async def _work(self) -> None:
        is_done = False
        try:
            await self._index()
            is_done = await self._clean()
        except StoreError:
            self._is_stained = True
        finally:
            self._is_working = False
        if not is_done:
            self._wake(AGAIN_AFTER_S)
        elif self._is_behind:
            self._wake(AFTER_S)

    async def _index(self) -> None:
        self._is_behind = False
        while not self._is_over and await self._run(index_some):
            await deferLater(self._reactor, BREATH_S)

    async def _clean(self) -> bool:
        """Leave no trace; False where a reader is still at work or more was deleted meanwhile."""
        if not self._is_stained:
            return True
        self._is_stained = False
        await self.merge()
        self._is_stained |= not await self._run(empty_wal)
        return not self._is_stained

    async def merge(self) -> None:
        """Bring each full-text table of which something was taken out into one piece."""
        for shelf in await self._run(stained):
            while not self._is_over and await self._run(merge_some, shelf):
                await deferLater(self._reactor, BREATH_S)
