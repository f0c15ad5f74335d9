"""The ledger: writes what was decided, then speaks it, in the order in which it was decided.

While one commit runs the next batch gathers, so a busy server commits many entries at once and an idle one
each by itself, without a timer. When the disk fails, what can be refused is refused and everything else
goes on; see `Ledger._refuse_or_speak`.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from simplechat.fanout import Voice
from simplechat.histogram import Tally
from simplechat.hub.errors import MaybeStored, StoreError
from simplechat.hub.outbox import Entry, Outbox, Persistent, Read
from simplechat.hub.records import Probe, Record
from simplechat.hub.session import Placeholder, Session
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message
from simplechat.locale import marked

MOST_RECORDS = 500  # in one batch
MOST_OWED = 10_000  # presence records kept while the disk fails
PROBE_EVERY_S = 1.0
STALLED_AFTER_S = 5.0
COMMIT_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
COMMIT_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

NOT_STORED = marked("The server cannot store anything now; nobody else has seen this. Please try again.")
MAYBE_STORED = marked("The server's disk failed: this may have been stored, but nobody else has seen it.")
AT_FAULT = marked("The server could not store this, by a fault of its own; nobody else has seen it.")


class Ledger:
    """Write first, then speak.

    Attributes:
        is_failing: True from a failed commit until the next one that succeeds.
        is_stalled: True while a commit neither succeeds nor fails.
        refused: How many entries could not be stored, and were said to nobody.
        commit_s: How long commits took, in seconds.
        commit_records: How many records they had.
    """

    log = Logger()

    def __init__(self, outbox: Outbox, store: Store, clock: IReactorTime, sendq_bytes: int) -> None:
        self.is_failing = False
        self.is_stalled = False
        self.refused = 0
        self.commit_s = Tally(COMMIT_S)
        self.commit_records = Tally(COMMIT_RECORDS)
        self._outbox = outbox
        self._store = store
        self._clock = clock
        self._voice = Voice(sendq_bytes)
        self._owed: deque[Entry] = deque()  # spoken already, their presence records not yet written
        self._owed_records = 0
        self._is_writing = False
        self._under_way: list[Entry] = []
        self._has_given_up = False
        self._turn: IDelayedCall | None = None

    @property
    def said(self) -> int:
        """How many lines were written to sessions."""
        return self._voice.said

    @property
    def owed(self) -> int:
        """How many records that were spoken already wait for the disk."""
        return self._owed_records

    def wake(self) -> None:
        """Look at the outbox at the end of this turn."""
        if self._turn is None and (not self._is_writing or self.is_failing):
            self._turn = self._clock.callLater(0, self._take_turn)

    def settled(self) -> Deferred[None]:
        """Give a Deferred that fires when every entry queued so far has been spoken."""
        done: Deferred[None] = Deferred()
        marker = Entry()
        marker.afterwards(lambda: done.callback(None))
        self._outbox.put(marker)
        self.wake()
        return done

    # -- the ordinary walk -----------------------------------------------------------------------------

    def _take_turn(self) -> None:
        self._turn = None
        if self.is_failing:
            self._refuse_or_speak([], NOT_STORED)
        elif not self._is_writing:
            self._go_on()
        self._voice.flush()

    def _go_on(self) -> None:
        """Speak what waits and needs no disk; begin to write the rest."""
        while batch := self._next_batch():
            first = next((place for place, entry in enumerate(batch) if entry.records), len(batch))
            self._speak(batch[:first])
            if first < len(batch):
                self._begin(batch[first:])
                return

    def _next_batch(self) -> list[Entry]:
        batch = self._take_owed()
        return batch + self._outbox.take(MOST_RECORDS - sum(len(entry.records) for entry in batch))

    def _begin(self, batch: list[Entry]) -> None:
        self._is_writing = True
        self._under_way = batch
        Deferred.fromCoroutine(self._write(batch)).addErrback(self._log_bug)

    def _log_bug(self, failure: Failure) -> None:
        self.log.failure("The ledger stumbled", failure=failure)

    async def _write(self, batch: list[Entry]) -> None:
        try:
            await self._commit([record for entry in batch for record in entry.records])
        except StoreError as error:
            self._fail(batch, error)
        except Exception:
            await self._write_one_at_a_time(batch)
        else:
            self._succeed(batch)
        self._is_writing = False
        self._under_way = []
        if not self.is_failing:
            self._go_on()
        self._voice.flush()

    async def _commit(self, records: list[Record]) -> None:
        began = self._clock.seconds()
        watch = self._clock.callLater(STALLED_AFTER_S, self._stall)
        try:
            await self._store.commit(records)
        finally:
            self.commit_s.note(self._clock.seconds() - began)
            self.commit_records.note(len(records))
            if watch.active():
                watch.cancel()
            if self.is_stalled:
                self.is_stalled = False
                self.log.info("The store answers again")

    def _stall(self) -> None:
        self.is_stalled = True
        self.log.critical("The store has not answered for {seconds} s", seconds=STALLED_AFTER_S)

    def _succeed(self, batch: list[Entry]) -> None:
        if self._has_given_up:
            return
        self._recover()
        for entry in batch:
            entry.saved()
        self._speak(batch)

    def _speak(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._voice.speak(entry)
            for session, read in entry.reads:
                placeholder = self._voice.open_placeholder(session)
                Deferred.fromCoroutine(self._fill(session, placeholder, read)).addErrback(self._log_bug)

    async def _fill(self, session: Session, placeholder: Placeholder, read: Read) -> None:
        try:
            self._voice.fill(session, placeholder, await read(self._store))
        except Exception:
            self.log.failure("What was said before could not be read, or not be said")
            self._voice.fill(
                session, placeholder, []
            )  # what waits behind the placeholder must not wait for ever
        self._voice.flush()

    # -- when the disk fails ---------------------------------------------------------------------------

    def _fail(self, batch: list[Entry], error: StoreError) -> None:
        """Begin to fail, or go on failing: nothing waits for the disk until a later probe succeeds."""
        if self._has_given_up:
            return
        if not self.is_failing:
            self.log.error("The store takes no rows: {error}", error=str(error))
        self.is_failing = True
        self._refuse_or_speak(batch, MAYBE_STORED if isinstance(error, MaybeStored) else NOT_STORED)
        self._clock.callLater(PROBE_EVERY_S, self._probe)

    def _refuse_or_speak(self, batch: list[Entry], why: str) -> None:
        """Go over a batch and everything behind it, in order, without the disk.

        What can be refused is refused, the batch for a reason of its own; the rest is spoken, and its
        records are owed.
        """
        waiting = self._outbox.take_all()
        for entry in reversed(batch + waiting):
            if entry.is_refusable:
                entry.undo()
        self._pass_over(batch, why)
        self._pass_over(waiting, NOT_STORED)

    def _pass_over(self, entries: list[Entry], why: str) -> None:
        for entry in entries:
            if entry.is_refusable:
                self._refuse(entry, "MESSAGE_NOT_STORED", why)
            elif entry.records:
                self._owe(entry)
        self._speak(entries)

    def _refuse(self, entry: Entry, code: str, why: str) -> None:
        self.refused += 1
        about = (",".join(entry.targets),) if entry.targets else ()
        entry.refuse(Message("FAIL", (entry.command, code, *about, why), self._outbox.server_name))

    def _owe(self, entry: Entry) -> None:
        self._owed.append(entry.without_words())
        self._owed_records += len(entry.records)
        dropped = 0
        while self._owed_records > MOST_OWED:
            dropped += len(self._owed[0].records)
            self._owed_records -= len(self._owed.popleft().records)
        if dropped:
            self.log.warn("{count} comings and goings will be missing in the log", count=dropped)

    def _take_owed(self) -> list[Entry]:
        """Give what is owed to the disk, half a batch at most."""
        owed: list[Entry] = []
        room = MOST_RECORDS // 2
        while self._owed and (room := room - len(self._owed[0].records)) >= 0:
            owed.append(self._owed.popleft())
        self._owed_records -= sum(len(entry.records) for entry in owed)
        return owed

    def _probe(self) -> None:
        """See whether the disk takes rows again: those that are owed, or one that says nothing."""
        probe = Entry()
        probe.keep(Probe(self._clock.seconds()))
        self._begin(self._take_owed() or [probe])

    def _recover(self) -> None:
        if self.is_failing and not self._has_given_up:
            self.is_failing = False
            self.log.info("The store takes rows again")

    def give_up(self) -> None:
        """Wait for the disk no longer, since the end has come: refuse what can be refused, speak the rest."""
        self._has_given_up = self.is_failing = True
        under_way, self._under_way = self._under_way, []
        self._refuse_or_speak(under_way, MAYBE_STORED)
        self._voice.flush()

    # -- when a record is at fault ---------------------------------------------------------------------

    async def _write_one_at_a_time(self, batch: list[Entry]) -> None:
        """Find the entry that the store chokes on; refuse that one, and what was built on its settings."""
        spoiled: set[Persistent] = set()
        for place, entry in enumerate(batch):
            if not spoiled.isdisjoint(entry.owners):
                self._refuse(entry, "INTERNAL_ERROR", AT_FAULT)
                self._speak([entry])
                continue
            try:
                await self._commit(entry.records)
            except StoreError as error:
                self._fail(batch[place:], error)
                return
            except Exception:
                self.log.failure("What {command} wants to keep cannot be stored", command=entry.command)
                spoiled |= entry.owners
                self._refuse(entry, "INTERNAL_ERROR", AT_FAULT)
                self._speak([entry])
            else:
                self._succeed([entry])
        self._recover()
