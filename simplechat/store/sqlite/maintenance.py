"""Background work of the store, in small steps between two commits."""

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
from simplechat.store.sqlite.search_index import index_batch, merge_step, tables_to_merge
from simplechat.store.sqlite.statements import empty_wal

START_AFTER_S = 0.5  # more gathers meanwhile, and larger steps are cheaper
RETRY_AFTER_S = 3.0
PAUSE_S = 0.01  # between two steps

Run = Callable[..., Awaitable[Any]]


class Maintenance:
    """Fills the search index, and removes every trace of deleted rows from the database's files.

    Args:
        reactor: The clock.
        write_with: Runs a function with the connection that writes.
    """

    log = Logger()

    def __init__(self, reactor: Any, write_with: Run) -> None:
        self._reactor = reactor
        self._write_with = write_with
        self._has_traces = True  # the process before this one may have been interrupted
        self._has_unindexed = True
        self._is_running = False
        self._is_stopped = False
        self._call: IDelayedCall | None = None
        self._schedule(START_AFTER_S)

    def after_commit(self, records: Sequence[Record]) -> None:
        """Schedule the work that these records make."""
        if any(isinstance(record, Redaction) for record in records):
            self.after_deletion()
        elif any(isinstance(record, Spoken) and record.kind in MESSAGE_KINDS for record in records):
            self._has_unindexed = True
            self._schedule(START_AFTER_S)

    def after_deletion(self) -> None:
        """Schedule the removal of what deleted rows have left behind."""
        self._has_traces = True
        self._schedule(START_AFTER_S)

    def stop(self) -> None:
        """Start nothing more."""
        self._is_stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _schedule(self, in_s: float) -> None:
        if self._call is None and not self._is_running and not self._is_stopped:
            self._call = self._reactor.callLater(in_s, self._start)

    def _start(self) -> None:
        self._call = None
        self._is_running = True
        Deferred.fromCoroutine(self._work()).addErrback(self._log_failure)

    def _log_failure(self, failure: Failure) -> None:
        if not self._is_stopped:
            self.log.failure("The store's maintenance failed", failure=failure)

    async def _work(self) -> None:
        is_clean = False
        try:
            await self._index()
            is_clean = await self._remove_traces()
        except StoreError:
            self._has_traces = True
        finally:
            self._is_running = False
        if not is_clean:
            self._schedule(RETRY_AFTER_S)
        elif self._has_unindexed:
            self._schedule(START_AFTER_S)

    async def _index(self) -> None:
        self._has_unindexed = False
        while not self._is_stopped and await self._write_with(index_batch):
            await deferLater(self._reactor, PAUSE_S)

    async def _remove_traces(self) -> bool:
        """Remove all traces; return False if a reader is still at work or more was deleted meanwhile."""
        if not self._has_traces:
            return True
        self._has_traces = False
        await self.merge()
        self._has_traces |= not await self._write_with(empty_wal)
        return not self._has_traces

    async def merge(self) -> None:
        """Merge each full-text table that words were deleted from into one piece without them."""
        for number in await self._write_with(tables_to_merge):
            while not self._is_stopped and await self._write_with(merge_step, number):
                await deferLater(self._reactor, PAUSE_S)
