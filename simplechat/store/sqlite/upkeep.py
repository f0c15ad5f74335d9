"""What the store does by itself behind the chat, in small steps between two commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from simplechat.hub.errors import StoreError
from simplechat.hub.records import Record, Redaction
from simplechat.store.sqlite.statements import empty_wal

CLEAN_AFTER_S = 2.0
AGAIN_AFTER_S = 1.0

Run = Callable[..., Awaitable[Any]]


class Upkeep:
    """Leaves no trace of what was redacted in any file.

    Args:
        reactor: The clock.
        run: Runs a function of `statements` in the thread that writes.
    """

    log = Logger()

    def __init__(self, reactor: Any, run: Run) -> None:
        self._reactor = reactor
        self._run = run
        self._is_unclean = True  # whoever was here before may have been interrupted
        self._is_working = False
        self._is_over = False
        self._call: IDelayedCall | None = None
        self._wake(CLEAN_AFTER_S)

    def note(self, records: Sequence[Record]) -> None:
        """Take note of what was committed."""
        if any(isinstance(record, Redaction) for record in records):
            self._is_unclean = True
            self._wake(CLEAN_AFTER_S)

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
        Deferred.fromCoroutine(self._work()).addErrback(
            lambda failure: self.log.failure("The store's upkeep stumbled", failure=failure)
        )

    async def _work(self) -> None:
        try:
            self._is_unclean = False
            self._is_unclean = not await self._run(empty_wal)
        except StoreError:
            self._is_unclean = True
        finally:
            self._is_working = False
        if self._is_unclean:
            self._wake(AGAIN_AFTER_S)
