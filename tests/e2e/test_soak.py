"""Many users post, come, go, rename themselves and lose connections: history equals what each saw live.

`SIMPLECHAT_SOAK_S=300` makes it a longer test.
"""

from __future__ import annotations

import os
import random
import time
from base64 import b64encode
from bisect import bisect_left
from itertools import count
from pathlib import Path
from typing import NamedTuple

from twisted.internet.defer import Deferred, gatherResults

from tests.e2e.actor import Actor, Fits, Heard, connect, enter
from tests.e2e.paging import CAPS, whole_history
from tests.e2e.reactor import async_test, pause
from tests.e2e.server import Server, Servers

SOAK_S = float(os.environ.get("SIMPLECHAT_SOAK_S", "1"))
SEED = int(os.environ.get("SIMPLECHAT_SOAK_SEED") or random.randrange(10**6))
ROOMS = ("#tea", "#milk", "#salt")
SINCE_JOIN = "#milk"  # here people may read what was said since they joined
POSTERS = 20
OWNERS = 5  # of those with an account, who stay while their connection is gone
BREATH_S = 0.02
PATIENCE_S = 120.0
EVER = 1 << 63  # above every id
PASSWORD = "open sesame"

Said = tuple[int, str]  # id and text


class Span(NamedTuple):
    """What one connection received in one channel between a JOIN and a PART.

    Attributes:
        after: The id of the JOIN.
        below: The id of the PART; None where the connection ended first, or has not ended.
    """

    after: int
    below: int | None
    heard: list[Said]


def spans_of(heard: list[Heard], nick: str, room: str) -> list[Span]:
    """Cut what a connection received in a channel into spans."""
    spans: list[Span] = []
    for each in heard:
        is_own = each.source.partition("!")[0] == nick
        if each.command == "NICK" and is_own:
            nick = each.params[0]
        elif "batch" in each.tags or room not in each.params[:1]:
            continue
        elif each.command == "JOIN" and is_own:
            spans.append(Span(each.number, None, []))
        elif each.command == "PART" and is_own:
            spans[-1] = spans[-1]._replace(below=each.number)
        elif each.command == "PRIVMSG":
            assert spans and spans[-1].below is None, f"{nick} hears {each} outside of {room}"
            spans[-1].heard.append((each.number, each.text))
    return spans


class Person:
    """A user who acts at random.

    Attributes:
        views: Every connection that they had: the nick it began with, itself, and whether it was a return to
            a place that was kept.
        joined: The id of the last JOIN of each room that they are in.
    """

    def __init__(self, server: Server, name: str, dice: random.Random, *, is_owner: bool) -> None:
        self.server = server
        self.name = self.nick = name
        self.dice = dice
        self.is_owner = is_owner
        self.views: list[tuple[str, Actor, bool]] = []
        self.joined: dict[str, int] = {}
        self._numbers = count()

    @property
    def actor(self) -> Actor:
        """Their connection."""
        return self.views[-1][1]

    async def come(self, *, returns: bool = False) -> None:
        """Connect; log in with an account."""
        actor = await connect(self.server, self.nick)
        self.views.append((self.nick, actor, returns and self.is_owner))
        actor.says("CAP LS 302", f"CAP REQ :{' '.join((*CAPS, 'sasl', 'draft/persistence'))}")
        if returns and self.is_owner:
            actor.says("AUTHENTICATE PLAIN", f"AUTHENTICATE {_secret(self.name)}")
            await actor.hears("903")
        actor.says("CAP END", f"NICK {self.nick}", f"USER {self.name} 0 * :{self.name}")
        await actor.hears("001")
        if self.is_owner and not returns:
            actor.says(f"REGISTER * * :{PASSWORD}", "PERSISTENCE SET ON")
            await actor.hears("REGISTER", "SUCCESS")
        if not (returns and self.is_owner):
            for room in ROOMS:
                await self.join(room)

    async def join(self, room: str) -> None:
        """Join a channel."""
        self.actor.says(f"JOIN {room}")
        heard = await self.actor.hears_what(self._is_own("JOIN", room), f"JOIN of {room}")
        self.joined[room] = heard.number

    async def part(self, room: str) -> None:
        """Leave a channel."""
        self.actor.says(f"PART {room} :bye")
        await self.actor.hears_what(self._is_own("PART", room), f"PART of {room}")
        del self.joined[room]

    def _is_own(self, command: str, room: str) -> Fits:
        return lambda heard: (
            heard.command == command and heard.params[0] == room and heard.source.startswith(f"{self.nick}!")
        )

    async def rename(self) -> None:
        """Change nick."""
        nick = f"{self.name}x{next(self._numbers)}"
        self.actor.says(f"NICK {nick}")
        await self.actor.hears("NICK", nick)
        self.nick = nick

    async def lose_connection(self) -> None:
        """Lose the connection while posting, and reconnect."""
        self.say()
        self.actor.wire.abortConnection()
        await self.actor.gone.wait(PATIENCE_S)
        if not self.is_owner:
            self.joined.clear()
            self.nick = f"{self.name}x{next(self._numbers)}"
        await self.come(returns=True)

    def say(self) -> None:
        """Post a few messages in a channel."""
        if self.joined:
            room = self.dice.choice(sorted(self.joined))
            lines = (
                f"PRIVMSG {room} :{self.name} {next(self._numbers)}" for _ in range(self.dice.randrange(1, 4))
            )
            self.actor.says(*lines)

    async def live(self, until: float) -> None:
        """Act, one step after the other."""
        while time.monotonic() < until:
            chance = self.dice.random()
            room = self.dice.choice(ROOMS)
            if chance < 0.8:
                self.say()
            elif chance < 0.9:
                await (self.part(room) if room in self.joined else self.join(room))
            elif chance < 0.95:
                await self.rename()
            else:
                await self.lose_connection()
            await pause(self.dice.uniform(0, 2 * BREATH_S))
        await self.actor.settles(PATIENCE_S)


def stay_awake(actor: Actor) -> None:
    """Answer the server's PINGs."""

    def react(heard: Heard) -> None:
        if heard.command == "PING":
            actor.says(f"PONG {heard.text}")

    actor.reacts = react


def _secret(name: str) -> str:
    return b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()


def check_views(person: Person, room: str, log: list[Said]) -> None:
    """Check that each connection received exactly the messages sent while it was in a channel."""
    for nick, actor, is_return in person.views:
        for place, span in enumerate(spans_of(actor.heard, nick, room)):
            is_whole = span.below is not None or actor is person.actor
            if is_return and not place:  # it was there before this connection: it begins with what it heard
                if not span.heard:
                    continue
                span = span._replace(after=span.heard[0][0] - 1)
            there = said_between(log, span.after, span.below or EVER)
            assert span.heard == (there if is_whole else there[: len(span.heard)]), (person.name, nick, room)


def said_between(log: list[Said], after: int, below: int) -> list[Said]:
    """Return the messages of a channel between two ids."""
    return log[bisect_left(log, (after + 1, "")) : bisect_left(log, (below, ""))]


@async_test
async def test_what_everybody_saw_is_what_history_has(servers: Servers, tmp_path: Path) -> None:
    print(f"SIMPLECHAT_SOAK_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    server = await servers.start(tmp_path / "data", "--password-cost=4096")
    witness = await enter(server, "witness", CAPS, ROOMS[0])
    witness.says(f"JOIN {','.join(ROOMS)}", f"ROOM {SINCE_JOIN} history joined")
    stay_awake(witness)
    await witness.settles()
    dice = random.Random(SEED)
    people = [
        Person(server, f"p{place}", random.Random(dice.random()), is_owner=place < OWNERS)
        for place in range(POSTERS)
    ]
    await gatherResults([Deferred.fromCoroutine(person.come()) for person in people])

    until = time.monotonic() + SOAK_S
    await gatherResults([Deferred.fromCoroutine(person.live(until)) for person in people])
    for person in people:
        await person.actor.settles(PATIENCE_S)
    await witness.settles(PATIENCE_S)

    seen = {room: [(each.number, each.text) for each in witness.messages(room)] for room in ROOMS}
    for room in ROOMS:
        log = [(each.number, each.text) for each in await whole_history(witness, room)]
        assert log == seen[room]
        assert log == sorted(set(log))
        for person in people:
            check_views(person, room, log)
    for person in people:
        for room, joined in person.joined.items():
            since = joined if room == SINCE_JOIN else 0
            told = [(each.number, each.text) for each in await whole_history(person.actor, room)]
            assert told == said_between(seen[room], since, EVER), (person.name, room)
