"""The ledger: write what was decided, then speak it, in the order in which it was decided.

While one commit runs, the next batch gathers: a busy server commits many entries at once and an idle one
each by itself, without a timer. When the disk fails, entries that can be refused are refused and all others
go on; see `Ledger._refuse_or_speak`. When the ledger's own code fails, that entry alone is lost, its author
is told, and it is counted for `/healthz`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from simplechat.fanout import Fanout
from simplechat.faults import FaultCounter
from simplechat.histogram import Histogram
from simplechat.hub.errors import MaybeStored, StoreError
from simplechat.hub.outbox import Entry, Outbox, Persistent, StoreRead
from simplechat.hub.records import Probe, Record
from simplechat.hub.store import Store
from simplechat.hub.user import Session
from simplechat.hub.writer import Placeholder
from simplechat.ircv3.message import Message
from simplechat.locale import marked

MAX_BATCH_RECORDS = 500
MAX_BACKLOG_RECORDS = 10_000  # presence records kept while the disk fails
PROBE_EVERY_S = 1.0
STALLED_AFTER_S = 5.0
COMMIT_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
COMMIT_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

NOT_STORED = marked("The server cannot store anything now; nobody else has seen this. Please try again.")
MAYBE_STORED = marked("The server's disk failed: this may have been stored, but nobody else has seen it.")
AT_FAULT = marked("The server could not store this, by a fault of its own; nobody else has seen it.")
PARTLY_FAILED = marked("The server failed at a part of this, by a fault of its own.")


class Ledger:
    """Write first, then speak.

    Attributes:
        is_failing: True from a failed commit until the next one that succeeds.
        is_stalled: True while a commit neither succeeds nor fails.
        refused: Entries that could not be stored and were shown to nobody.
        commit_s: Durations of commits, in seconds.
        commit_records: Records per commit.
    """

    log = Logger()

    def __init__(
        self, outbox: Outbox, store: Store, clock: IReactorTime, sendq_bytes: int, faults: FaultCounter
    ) -> None:
        self.is_failing = False
        self.is_stalled = False
        self.refused = 0
        self.commit_s = Histogram(COMMIT_S)
        self.commit_records = Histogram(COMMIT_RECORDS)
        self._outbox = outbox
        self._store = store
        self._clock = clock
        self._fanout = Fanout(sendq_bytes, faults)
        self._faults = faults
        self._backlog: deque[Entry] = deque()  # spoken already, their presence records not yet written
        self._backlog_records = 0
        self._is_writing = False
        self._being_written: list[Entry] = []
        self._has_given_up = False
        self._turn: IDelayedCall | None = None

    @property
    def lines_written(self) -> int:
        """Lines handed to connections so far."""
        return self._fanout.lines_written

    @property
    def backlog_records(self) -> int:
        """Records of entries that were spoken already and wait for the disk."""
        return self._backlog_records

    def wake(self) -> None:
        """Take what is in the outbox at the end of this turn."""
        if self._turn is None and (not self._is_writing or self.is_failing):
            self._turn = self._clock.callLater(0, self._take_turn)

    def settled(self) -> Deferred[None]:
        """Return a Deferred that fires when every entry queued so far has been spoken."""
        done: Deferred[None] = Deferred()
        marker = Entry()
        marker.on_delivered(lambda: done.callback(None))
        self._outbox.put(marker)
        self.wake()
        return done

    # -- the ordinary way ------------------------------------------------------------------------------

    def _take_turn(self) -> None:
        self._turn = None
        if self.is_failing:
            self._attempt(self._refuse_or_speak, [], NOT_STORED)
        elif not self._is_writing:
            self._attempt(self._write_next)
        self._fanout.flush()

    def _write_next(self) -> None:
        """Speak the entries that need no disk; start to write the first that do."""
        while batch := self._next_batch():
            first = next((place for place, entry in enumerate(batch) if entry.records), len(batch))
            self._attempt(self._speak, batch[:first])
            if first < len(batch):
                self._start_writing(batch[first:])
                return

    def _next_batch(self) -> list[Entry]:
        batch = self._take_backlog()
        return batch + self._take_entries(MAX_BATCH_RECORDS - sum(len(entry.records) for entry in batch))

    def _take_entries(self, max_records: int | None = None) -> list[Entry]:
        entries = self._outbox.take_all() if max_records is None else self._outbox.take(max_records)
        self._attempt(self._outbox.resume_waiting)
        return entries

    def _start_writing(self, batch: list[Entry]) -> None:
        self._is_writing = True
        self._being_written = batch
        Deferred.fromCoroutine(self._write(batch)).addErrback(self._note_stumble)

    async def _write(self, batch: list[Entry]) -> None:
        try:
            await self._commit([record for entry in batch for record in entry.records])
        except StoreError as error:
            self._fail(batch, error)
        except Exception:
            await self._write_one_at_a_time(batch)
        else:
            self._succeed(batch)
        finally:
            self._is_writing = False
            self._being_written = []
            self._attempt(self._go_on)

    def _go_on(self) -> None:
        if not self.is_failing:
            self._write_next()
        self._fanout.flush()

    async def _commit(self, records: list[Record]) -> None:
        began = self._clock.seconds()
        watch = self._clock.callLater(STALLED_AFTER_S, self._stall)
        try:
            await self._store.commit(records)
        finally:
            self._attempt(self._measure_commit, began, len(records))
            if watch.active():
                watch.cancel()
            if self.is_stalled:
                self.is_stalled = False
                self.log.info("The store answers again")

    def _measure_commit(self, began: float, records: int) -> None:
        self.commit_s.observe(self._clock.seconds() - began)
        self.commit_records.observe(records)

    def _stall(self) -> None:
        self.is_stalled = True
        self.log.critical("The store has not answered for {seconds} s", seconds=STALLED_AFTER_S)

    def _succeed(self, batch: list[Entry]) -> None:
        if self._has_given_up:
            return
        self._recover()
        for entry in batch:
            self._attempt(entry.saved)
        self._speak(batch)

    def _speak(self, entries: list[Entry]) -> None:
        for entry in entries:
            if not self._fanout.deliver(entry):
                self._attempt(self._tell_undelivered, entry)
            for session, read in entry.reads:
                self._attempt(self._start_reading, session, read)

    def _start_reading(self, session: Session, read: StoreRead) -> None:
        placeholder = self._fanout.open_placeholder(session)
        Deferred.fromCoroutine(self._fill(session, placeholder, read)).addErrback(self._note_stumble)

    async def _fill(self, session: Session, placeholder: Placeholder, read: StoreRead) -> None:
        try:
            self._fanout.fill(session, placeholder, await read(self._store))
        except Exception:
            self.log.failure("Stored messages could not be read or not be written")
            self._fanout.fill(session, placeholder, [])  # lines behind it must not wait for ever
        self._fanout.flush()

    # -- when our own code fails -----------------------------------------------------------------------

    def _attempt(self, function: Callable[..., object], *args: object) -> bool:
        """Call a function whose failure must not reach beyond it; return whether it succeeded."""
        try:
            function(*args)
        except Exception:
            self.log.failure("The ledger stumbled")
            self._faults.record()
            return False
        return True

    def _note_stumble(self, failure: Failure) -> None:
        self.log.failure("The ledger stumbled", failure=failure)
        self._faults.record()

    def _tell_undelivered(self, entry: Entry) -> None:
        notice = Entry(entry.session, entry.command, entry.label)
        notice.refuse(self._fail_message(entry.command, "INTERNAL_ERROR", (), PARTLY_FAILED))
        self._fanout.deliver(notice)

    def _fail_message(self, command: str, code: str, targets: tuple[str, ...], why: str) -> Message:
        return Message("FAIL", (command, code, *targets, why), self._outbox.server_name)

    # -- when the disk fails ---------------------------------------------------------------------------

    def _fail(self, batch: list[Entry], error: StoreError) -> None:
        """Start to fail, or go on failing: nothing waits for the disk until a later probe succeeds."""
        if self._has_given_up:
            return
        if not self.is_failing:
            self.log.error("The store takes no rows: {error}", error=str(error))
        self.is_failing = True
        self._clock.callLater(PROBE_EVERY_S, self._probe)
        self._refuse_or_speak(batch, MAYBE_STORED if isinstance(error, MaybeStored) else NOT_STORED)

    def _refuse_or_speak(self, batch: list[Entry], why: str) -> None:
        """Go over a batch and everything behind it, in order, without the disk.

        Entries that can be refused are refused, those of the batch with their own reason. All others are
        spoken, and their records join the backlog.
        """
        waiting = self._take_entries()
        for entry in reversed(batch + waiting):
            if entry.is_refusable:
                self._attempt(entry.undo)
        self._pass_over(batch, why)
        self._pass_over(waiting, NOT_STORED)

    def _pass_over(self, entries: list[Entry], why: str) -> None:
        for entry in entries:
            if entry.is_refusable:
                self._refuse(entry, "MESSAGE_NOT_STORED", why)
            elif entry.records:
                self._add_to_backlog(entry)
        self._speak(entries)

    def _refuse(self, entry: Entry, code: str, why: str) -> None:
        self.refused += 1
        targets = (",".join(entry.targets),) if entry.targets else ()
        answer = self._fail_message(entry.command, code, targets, why)
        if not self._attempt(entry.refuse, answer):
            self._attempt(entry.refuse, self._fail_message(entry.command, code, (), why))

    def _add_to_backlog(self, entry: Entry) -> None:
        self._backlog.append(entry.records_only())
        self._backlog_records += len(entry.records)
        dropped = 0
        while self._backlog_records > MAX_BACKLOG_RECORDS:
            dropped += len(self._backlog[0].records)
            self._backlog_records -= len(self._backlog.popleft().records)
        if dropped:
            self.log.warn("{count} comings and goings will be missing in the log", count=dropped)

    def _take_backlog(self) -> list[Entry]:
        """Take entries of the backlog, half a batch at most."""
        taken: list[Entry] = []
        space = MAX_BATCH_RECORDS // 2
        while self._backlog and (space := space - len(self._backlog[0].records)) >= 0:
            taken.append(self._backlog.popleft())
        self._backlog_records -= sum(len(entry.records) for entry in taken)
        return taken

    def _probe(self) -> None:
        """Find out whether the disk takes rows again: with the backlog's, or with a row that says nothing."""
        probe = Entry()
        probe.keep(Probe(self._clock.seconds()))
        self._start_writing(self._take_backlog() or [probe])

    def _recover(self) -> None:
        if self.is_failing and not self._has_given_up:
            self.is_failing = False
            self.log.info("The store takes rows again")

    def give_up(self) -> None:
        """Stop waiting for the disk, at shutdown: refuse what can be refused, speak the rest."""
        self._has_given_up = self.is_failing = True
        batch, self._being_written = self._being_written, []
        self._refuse_or_speak(batch, MAYBE_STORED)
        self._fanout.flush()

    # -- when a record is at fault ---------------------------------------------------------------------

    async def _write_one_at_a_time(self, batch: list[Entry]) -> None:
        """Find the entry that the store chokes on; refuse it, and what was built on its settings."""
        spoiled: set[Persistent] = set()
        for place, entry in enumerate(batch):
            if not spoiled.isdisjoint(entry.settings_owners):
                self._refuse(entry, "INTERNAL_ERROR", AT_FAULT)
                self._speak([entry])
                continue
            try:
                await self._commit(entry.records)
            except StoreError as error:
                self._fail(batch[place:], error)
                return
            except Exception:
                self.log.failure("Records of {command} cannot be stored", command=entry.command)
                spoiled |= entry.settings_owners
                self._refuse(entry, "INTERNAL_ERROR", AT_FAULT)
                self._speak([entry])
            else:
                self._succeed([entry])
        self._recover()
