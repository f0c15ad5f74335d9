"""An in-memory server with actors: everything is real but sockets, threads, time and the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from simplechat.commands import Services, expire
from simplechat.config import Config
from simplechat.conversation import Conversation, OwnerConversation
from simplechat.faults import FaultCounter
from simplechat.hub.hub import Hub
from simplechat.hub.ids import MAX_ID
from simplechat.hub.linger import restore_users
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import HasherBusy
from simplechat.hub.records import AUDIT_TARGET, LogRow, Record
from simplechat.hub.store import (
    ActiveTarget,
    ActiveTargets,
    DirectConversation,
    SearchHit,
    SearchQuery,
    StartupState,
    StoreFile,
)
from simplechat.hub.user import Session
from simplechat.ledger import Ledger
from simplechat.owner_answers import Answer, encode_answer
from simplechat.store.memory import MemoryStore

CONFIG = Config(server_name="irc.test", network="test", no_throttling=True)
NOON = 1_000_000_000.0  # seconds since 1970: 2001-09-09T01:46:40Z


class FaultyStore:
    """A memory store whose commits can be made to fail or to wait.

    Attributes:
        faults: What the n-th commit raises, counted from 1.
        commits: The records of every commit that was tried.
        is_held: While true, a commit waits until `release`.
        file: None, as of every store in memory, until a test sets it.
    """

    def __init__(self, inner: MemoryStore | None = None) -> None:
        self.inner = inner or MemoryStore()
        self.faults: dict[int, Exception] = {}
        self.commits: list[list[Record]] = []
        self.is_held = False
        self.file: StoreFile | None = None
        self._held: list[Deferred[None]] = []

    def startup_state(self) -> StartupState:
        return self.inner.startup_state()

    async def commit(self, records: Sequence[Record]) -> None:
        self.commits.append(list(records))
        fault = self.faults.get(len(self.commits))
        if self.is_held:
            self._held.append(Deferred())
            await self._held[-1]
        if fault is not None:
            raise fault
        await self.inner.commit(records)

    def release(self) -> None:
        """Let every held commit go on, and hold no more."""
        self.is_held = False
        held, self._held = self._held, []
        for each in held:
            each.callback(None)

    async def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        return await self.inner.newest_rows(target, since, below, kinds, limit)

    async def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> list[LogRow]:
        return await self.inner.oldest_rows(target, after, limit, below=below, kinds=kinds)

    async def direct_conversations(self, identity: int) -> list[DirectConversation]:
        return await self.inner.direct_conversations(identity)

    async def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        return await self.inner.count_rows(target, below, kinds)

    async def search(self, query: SearchQuery, position: int, limit: int) -> list[SearchHit]:
        return await self.inner.search(query, position, limit)

    async def list_targets(self, after: str, limit: int) -> list[str]:
        return await self.inner.list_targets(after, limit)

    async def delete_rows(self, target: str | None, below: int, limit: int) -> int:
        return await self.inner.delete_rows(target, below, limit)

    async def active_targets(self, query: ActiveTargets, limit: int) -> list[ActiveTarget]:
        return await self.inner.active_targets(query, limit)

    async def close(self) -> None:
        await self.inner.close()

    def texts(self, kind: str = "PRIVMSG") -> list[str]:
        """Return the stored texts, in the order of their ids."""
        rows = sorted(self.inner.log.values(), key=lambda row: row.id)
        return [row.text for row in rows if row.kind == kind]


class StageFile:
    """A store's file without a disk.

    Args:
        copy: Does the copying; returns the size in bytes.
        wipe: Does the wiping.
    """

    def __init__(
        self,
        copy: Callable[[Path, Callable[[int, int], None]], int] = lambda path, report: 0,
        wipe: Callable[[], object] = lambda: None,
    ) -> None:
        self._copy = copy
        self._wipe = wipe

    async def copy_to(self, path: Path, report: Callable[[int, int], None]) -> int:
        return self._copy(path, report)

    async def wipe_deleted(self) -> None:
        self._wipe()

    def size_bytes(self) -> int:
        return 7


class StagePasswords:
    """A password service that hashes at once, unless it is held or busy.

    Attributes:
        hashed: How many were.
        is_busy: While true, no more are taken.
        is_held: While true, they wait until `release`.
    """

    def __init__(self) -> None:
        self.hashed = 0
        self.is_busy = False
        self.is_held = False
        self._held: list[Deferred[None]] = []
        self._chance = Random(1)

    async def salted(self, password: str, salt: bytes, iterations: int) -> bytes:
        if self.is_busy:
            raise HasherBusy
        if self.is_held:
            self._held.append(Deferred())
            await self._held[-1]
        self.hashed += 1
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)

    async def iterations(self) -> int:
        return 5000

    def random(self, count: int) -> bytes:
        return self._chance.randbytes(count)

    def release(self) -> None:
        """Let every held hash go on, and hold no more."""
        self.is_held = False
        held, self._held = self._held, []
        for each in held:
            each.callback(None)


class StageWriter:
    """A connection's writer whose lines can be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.is_paused = False
        self.is_closed = False
        self.writes = 0

    def send(self, lines: list[bytes]) -> None:
        self.writes += 1
        text = b"".join(lines).decode()
        assert text.endswith("\n"), text
        self.lines += [line.removesuffix("\r") for line in text[:-1].split("\n")]

    def send_answers(self, answers: Sequence[Answer]) -> None:
        self.send([encode_answer(answer) for answer in answers])

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


class Actor:
    """A user on a connection."""

    def __init__(self, stage: Stage, host: str = "127.0.0.1") -> None:
        self.stage = stage
        self.writer = StageWriter()
        self.conversation = self._conversation(host)
        self.conversation.begin()

    def _conversation(self, host: str) -> Conversation:
        stage = self.stage
        stage.ports += 1
        return Conversation(stage.hub, stage.services, stage.clock, Session(self.writer, host, stage.ports))

    def says(self, *lines: str | bytes) -> None:
        """Send lines, each in a turn of its own."""
        for line in lines:
            self.utters(line)
            self.stage.settle()

    def utters(self, line: str | bytes) -> None:
        """Send a line, and leave the turn open."""
        self.conversation.hear(line if isinstance(line, bytes) else line.encode())

    def hears(self) -> list[str]:
        """Return the lines received since the last call."""
        lines, self.writer.lines = self.writer.lines, []
        return lines

    def drops(self) -> None:
        """Lose the connection."""
        self.conversation.lost("Connection lost")
        self.stage.settle()


class OwnerActor(Actor):
    """The owner at a prompt."""

    def _conversation(self, host: str) -> OwnerConversation:
        session = Session(self.writer, "", answer_writer=self.writer)
        session.nick = "console"
        return OwnerConversation(self.stage.hub, self.stage.services, self.stage.clock, session)

    def answers(self, line: str) -> list[dict[str, Any]]:
        """Send a line; return the answers to it, without their end."""
        self.says(line)
        *answers, end = (json.loads(text) for text in self.hears())
        assert end == {"kind": "end"}, end
        return answers


class Stage:
    """A server without a network: hub, ledger, store and clock."""

    def __init__(self, store: FaultyStore | None = None, **settings: object) -> None:
        self.clock = Clock()
        self.store = store or FaultyStore()
        kept = self.store.startup_state()
        self.hub = Hub(replace(CONFIG, **settings), self.now, kept)  # type: ignore[arg-type]
        restore_users(self.hub, kept.users)
        self.faults = FaultCounter(self.clock)
        self.ledger = Ledger(self.hub.outbox, self.store, self.clock, self.hub.config.sendq, self.faults)
        self.stops: list[tuple[float, str]] = []
        self.ports = 50_000
        self.notes: list[str] = []
        self.passwords = StagePasswords()
        self.services = Services(
            self.store,
            self._put,
            self.ledger.settled,
            self._stop,
            self.notes.append,
            self.passwords,
            self.faults.record,
        )

    def _put(self, entry: Entry) -> None:
        self.hub.outbox.put(entry)
        self.ledger.wake()

    def _stop(self, seconds: float, reason: str) -> None:
        self.stops.append((seconds, reason))

    def owner(self) -> OwnerActor:
        """Open a prompt for the owner."""
        return OwnerActor(self)

    def acts(self, *, opers: bool = False) -> list[tuple[str, str, str]]:
        """Return the audit log: who, command and object; OPER only when asked for."""
        rows = sorted(row for row in self.store.inner.log.values() if row.target == AUDIT_TARGET)
        return [(row.source, row.kind, row.text) for row in rows if opers or row.kind != "OPER"]

    def now(self) -> float:
        """The time of day on this stage, in seconds since 1970."""
        return NOON + self.clock.seconds()

    def tick(self) -> None:
        """Do what the server does every second."""
        for lapse in expire(self.hub):
            self._put(lapse)
        self.settle()

    def settle(self) -> None:
        """Run everything that is due now, and what becomes due by that."""
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)

    def connect(self, host: str = "127.0.0.1") -> Actor:
        """Open a connection that has sent nothing yet."""
        return Actor(self, host)

    def enter(self, *nicks: str, caps: str = "", room: str = "") -> list[Actor]:
        """Register users; what they received so far is dropped."""
        actors = [self._enter(nick, caps, room) for nick in nicks]
        for actor in actors:
            actor.hears()
        return actors

    def _enter(self, nick: str, caps: str, room: str) -> Actor:
        actor = self.connect()
        if caps:
            actor.says(f"CAP REQ :{caps}", "CAP END")
        actor.says(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if room:
            actor.says(f"JOIN {room}")
        return actor
