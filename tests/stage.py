"""An in-memory server with actors: everything but sockets, threads, time and the disk is the real thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from simplechat.config import Config
from simplechat.conversation import Conversation
from simplechat.hub.hub import Hub
from simplechat.hub.records import LogRow, Record
from simplechat.ledger import Ledger
from simplechat.store.memory import MemoryStore

CONFIG = Config(server_name="irc.test", network="test", no_throttling=True)
NOON = 1_000_000_000.0  # seconds since 1970: 2001-09-09T01:46:40Z


class FaultyStore:
    """A memory store whose commits can be made to fail, or to wait.

    Attributes:
        faults: What the n-th commit raises, counted from 1.
        commits: The records of every commit that was tried.
        is_held: While true, a commit waits until `release`.
    """

    def __init__(self, inner: MemoryStore | None = None) -> None:
        self.inner = inner or MemoryStore()
        self.faults: dict[int, Exception] = {}
        self.commits: list[list[Record]] = []
        self.is_held = False
        self._held: list[Deferred[None]] = []

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
        """Let every commit go on, and hold no more."""
        self.is_held = False
        held, self._held = self._held, []
        for each in held:
            each.callback(None)

    async def page(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        return await self.inner.page(target, since, below, kinds, limit)

    async def close(self) -> None:
        await self.inner.close()

    def texts(self, kind: str = "PRIVMSG") -> list[str]:
        """Give the texts on the shelf, in the order of their ids."""
        rows = sorted(self.inner.log.values(), key=lambda row: row.id)
        return [row.text for row in rows if row.kind == kind]


class StageWire:
    """Takes the place of a connection: what is written to it can be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.is_paused = False
        self.is_closed = False
        self.writes = 0

    def send(self, lines: list[bytes]) -> None:
        self.writes += 1
        text = b"".join(lines).decode()
        assert text.endswith("\r\n"), text
        self.lines += text[:-2].split("\r\n")

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


class Actor:
    """Somebody on a connection."""

    def __init__(self, stage: Stage, host: str = "127.0.0.1") -> None:
        self.stage = stage
        self.wire = StageWire()
        self.talk = Conversation(stage.hub, stage.ledger.wake, stage.clock, self.wire, host)
        self.talk.begin()

    def says(self, *lines: str | bytes) -> None:
        """Say lines, each in a turn of its own."""
        for line in lines:
            self.utters(line)
            self.stage.settle()

    def utters(self, line: str | bytes) -> None:
        """Say a line, and leave the turn open."""
        self.talk.hear(line if isinstance(line, bytes) else line.encode())

    def hears(self) -> list[str]:
        """Give what was said to this actor since it was last asked."""
        lines, self.wire.lines = self.wire.lines, []
        return lines

    def drops(self) -> None:
        """Lose the connection."""
        self.talk.lost("Connection lost")
        self.stage.settle()


class Stage:
    """A server without a network: hub, ledger, store and clock."""

    def __init__(self, store: FaultyStore | None = None, **settings: object) -> None:
        self.clock = Clock()
        self.hub = Hub(replace(CONFIG, **settings), self.now)  # type: ignore[arg-type]
        self.store = store or FaultyStore()
        self.ledger = Ledger(self.hub.outbox, self.store, self.clock, self.hub.config.sendq)

    def now(self) -> float:
        """The time of day on this stage."""
        return NOON + self.clock.seconds()

    def settle(self) -> None:
        """Run everything that is due now, and what becomes due by that."""
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)

    def connect(self, host: str = "127.0.0.1") -> Actor:
        """Bring a connection that has said nothing yet."""
        return Actor(self, host)

    def enter(self, *nicks: str, caps: str = "", room: str = "") -> list[Actor]:
        """Bring registered users on stage, who have heard nothing yet."""
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
