"""A channel with attackers who send anything, and bystanders who check every line they receive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simplechat.hub.user import Session
from simplechat.ircv3.caps import CAPABILITIES
from simplechat.ircv3.message import Malformed, Message, is_tag_name, parse
from tests.support.hostile import PASSWORD, ROOM, introduction, login
from tests.support.soundness import unsound
from tests.support.stage import Actor, Stage

SERVER = "a" * 63  # as long as a server's name can be
EVERYTHING = frozenset(CAPABILITIES)

BETWEEN_LINES_S = 0.05
TICK_EVERY = 100  # lines
FORGET_EVERY = 1000  # lines: the store in memory walks through all of its rows for each JOIN

MOST_BODY_BYTES = 512
MOST_TAGS_BYTES = 8191

TO_TARGETS = frozenset(["PRIVMSG", "NOTICE", "JOIN", "PART", "KICK", "MODE", "TOPIC", "INVITE"])
TO_ALL_AROUND = frozenset(["QUIT", "NICK"])
TO_TARGETS_WITH = {"TAGMSG": "message-tags", "REDACT": "draft/message-redaction"}
BATCHES = "draft/multiline"
WITH_CAPABILITY = {
    **TO_TARGETS_WITH,
    "ACCOUNT": "account-notify",
    "AWAY": "away-notify",
    "SETNAME": "setname",
}
FROM_THE_SERVER = frozenset(["PONG", "730", "731"])
TAGS = {
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "msgid": re.compile(r"[0-9a-v]{13}"),
    "account": re.compile("[^ ,#]+"),
    "bot": re.compile(""),
    "batch": re.compile("m[0-9a-v]{13}"),
    "draft/multiline-concat": re.compile(""),
}


def malformations(line: str) -> Iterator[str]:
    """Return what is wrong with the form of a received line."""
    raw = line.encode()
    tags, _, body = raw.partition(b" ") if raw.startswith(b"@") else (b"", b"", raw)
    if len(body) + len(b"\r\n") > MOST_BODY_BYTES or len(tags) + len(b" ") > MOST_TAGS_BYTES:
        yield "too many bytes"
    try:
        message = parse(raw)
    except Malformed as error:
        yield str(error)
    else:
        yield from (f"no tag's name: {name}" for name in message.tags if not is_tag_name(name))


@dataclass
class Bystander:
    """A user who harms nobody."""

    actor: Actor
    nick: str
    caps: frozenset[str]

    def complaints(self, count: int, sources: set[str]) -> Iterator[str]:
        """Send a PING; return what is wrong with the lines received."""
        self.actor.says(f"PING {count}")
        heard = self.actor.hears()
        if heard[-1:] != [f":{SERVER} PONG {SERVER} {count}"]:
            yield f"{self.nick} got no PONG, but {heard[-1:]}"
        if self.actor.writer.is_closed:
            yield f"{self.nick} was disconnected"
        for line in heard:
            wrongs = list(malformations(line)) or list(self._wrongs(parse(line.encode()), sources))
            yield from (f"{self.nick} heard {line!r}: {wrong}" for wrong in wrongs)

    def _wrongs(self, message: Message, sources: set[str]) -> Iterator[str]:
        if not self._may_hear(message):
            yield "not for them"
        heralds = sources | {SERVER} if message.command == "NOTICE" else sources  # of changed settings
        if message.source not in ({SERVER} if message.command in FROM_THE_SERVER else heralds):
            yield "from nobody who was here"
        yield from (
            f"a tag that must not be: {name}={value}"
            for name, value in message.tags.items()
            if not self._may_have_tag(name, value)
        )

    def _may_hear(self, message: Message) -> bool:
        command = message.command
        if command == "INVITE" and message.params[0] != self.nick:
            return "invite-notify" in self.caps and message.params[1] == ROOM
        if command == "BATCH":
            is_begun = message.params[0].startswith("-") or message.params[1:] in self._batches()
            return BATCHES in self.caps and is_begun
        if command in TO_TARGETS or command in TO_TARGETS_WITH:
            is_theirs = message.params[0].lstrip("@+") in (ROOM, self.nick)
            return is_theirs and WITH_CAPABILITY.get(command, "") in {"", *self.caps}
        if command in WITH_CAPABILITY:
            return WITH_CAPABILITY[command] in self.caps
        return command in TO_ALL_AROUND or command in FROM_THE_SERVER

    def _batches(self) -> list[tuple[str, ...]]:
        return [(BATCHES, f"{prefix}{target}") for prefix in ("", "@", "+") for target in (ROOM, self.nick)]

    def _may_have_tag(self, name: str, value: str) -> bool:
        is_sound = name.startswith("+") or (name in TAGS and TAGS[name].fullmatch(value) is not None)
        return is_sound and bool(self.caps)


@dataclass
class Attacker:
    """A user who sends anything, and reconnects after being removed."""

    nick: str
    host: str
    caps: frozenset[str] = frozenset()
    is_known: bool = True  # says who they are, and comes into the channel
    actor: Actor | None = None


class Siege:
    """One channel with two bystanders and four attackers, one of whom is an operator now and then.

    Args:
        seed: The same siege for the same seed and lines.
    """

    def __init__(self, seed: int) -> None:
        self.stage = Stage(server_name=SERVER)
        self.hub = self.stage.hub
        self._chance = Random(seed)
        self._count = 0
        ann, ben = (*self.stage.enter("ann", caps=" ".join(sorted(EVERYTHING))), *self.stage.enter("ben"))
        ann.says(f"REGISTER * * {PASSWORD}", f"JOIN {ROOM}")
        ann.says(f"PRIVMSG {ROOM} :Welcome", "MONITOR + eve,mal,pam,nobody")
        ben.says(f"JOIN {ROOM}")
        self._owner = Bystander(ann, "ann", EVERYTHING)
        self._guest = Bystander(ben, "ben", frozenset())
        self._attackers = [
            Attacker("eve", "2001:db8:1111:2222:3333:4444:5555:6666", EVERYTHING),
            Attacker("eve", "192.0.2.2"),
            Attacker("mal", "::1"),
            Attacker("pam", "192.0.2.1", frozenset({"message-tags", "labeled-response", "batch"})),
            Attacker("nobody", "2001:db8:1111:2222:3333:4444:5555:7777", is_known=False),
        ]
        list(self._restore())

    def suffer(self, line: bytes) -> Iterator[str]:
        """Let one attacker send a line; return what went wrong for others or in the hub."""
        self._count += 1
        sources = self._sources()
        attacker = self._chance.choice(self._attackers)
        assert attacker.actor is not None
        try:
            attacker.actor.says(line)
        except Exception as error:
            yield f"{attacker.nick}'s connection was torn down by {error!r}"
            attacker.actor.writer.close()
        if attacker.actor.writer.is_closed:
            attacker.actor.drops()
        for told in attacker.actor.hears():
            yield from (f"{attacker.nick} heard {told!r}: {why}" for why in malformations(told))
        sources |= self._sources()
        yield from self._owner.complaints(self._count, sources)
        yield from self._guest.complaints(self._count, sources)
        yield from unsound(self.hub)
        if self.stage.clock.getDelayedCalls():
            yield f"something is left to be done: {self.stage.clock.getDelayedCalls()}"
        self._pass_time()
        yield from self._restore()

    def _sources(self) -> set[str]:
        return {user.source for user in self.hub.users.values()}

    def _pass_time(self) -> None:
        self.stage.clock.advance(BETWEEN_LINES_S)
        if self._count % TICK_EVERY == 0:
            for attacker in self._attackers:
                if attacker.actor is not None:
                    attacker.actor.conversation.tick()
            self.stage.settle()
        if self._count % FORGET_EVERY == 0:
            self.stage.store.inner.log.clear()
            self.stage.store.commits.clear()

    # -- life goes on ----------------------------------------------------------------------------------

    def _restore(self) -> Iterator[str]:
        """Bring everybody back to their places; return what is wrong with what they receive."""
        for attacker in self._attackers:
            self._bring_back(attacker)
        self._have_in_room()
        if self._chance.random() < 0.05:
            self._promote(self._attackers[0])
        if self._chance.random() < 0.002:
            self._clear_lists()
        for bystander in (self._owner, self._guest):
            for line in bystander.actor.hears():
                yield from (f"{bystander.nick} heard {line!r}: {why}" for why in malformations(line))

    def _bring_back(self, attacker: Attacker) -> None:
        actor = attacker.actor
        if actor is not None:
            is_weary = self._chance.random() < (0.005 if attacker.is_known else 0.02)
            if not actor.writer.is_closed and not is_weary:
                return
            actor.drops()
        attacker.actor = self.stage.connect(attacker.host)
        if attacker.is_known:
            negotiation = [f"CAP REQ :{' '.join(sorted(attacker.caps))}"] if attacker.caps else []
            attacker.actor.says(
                "CAP LS", *login(attacker.nick), *negotiation, *introduction(self._chance, attacker.nick)
            )
        attacker.actor.hears()

    def _have_in_room(self) -> None:
        """Let the owner return as operator, and invite the other bystander."""
        room = self.hub.channels[ROOM]
        owner = self.hub.users["ann"]
        if not room.has(owner, "o"):
            self._owner.actor.says(*([f"PART {ROOM}"] if owner in room.members else []), f"JOIN {ROOM}")
        if self.hub.users["ben"] not in room.members:
            self._owner.actor.says(f"INVITE ben {ROOM}")
            self._guest.actor.says(f"JOIN {ROOM}")

    def _promote(self, attacker: Attacker) -> None:
        """Let the owner make an attacker an operator."""
        user = self._session_of(attacker).user
        if user is not None and attacker.actor is not None:
            self._owner.actor.says(f"INVITE {user.nick} {ROOM}")
            attacker.actor.says(f"JOIN {ROOM}")
            self._owner.actor.says(f"MODE {ROOM} +o {user.nick}")

    def _session_of(self, attacker: Attacker) -> Session:
        assert attacker.actor is not None
        return next(session for session in self.hub.sessions if session.writer is attacker.actor.writer)

    def _clear_lists(self) -> None:
        for letter, listed in self.hub.channels[ROOM].lists.items():
            self._owner.actor.says(
                *(f"MODE {ROOM} -{letter} :{each.mask}" for each in tuple(listed.values()))
            )
