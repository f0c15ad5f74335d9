"""An actor: an IRC client that sends lines and waits for lines.

It reads the wire by its own few rules rather than by the server's, so that one mistake cannot hide another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from tests.e2e.reactor import Happening, the_reactor, within

POSTER = ("batch", "echo-message", "labeled-response", "message-tags", "server-time")
READER = ("message-tags", "server-time")
PLAIN: tuple[str, ...] = ()

PATIENCE_S = 15.0  # for a machine that is busy with other things


class Listening(Protocol):
    """The address of a server."""

    port: int


class Heard(NamedTuple):
    """One message from the server."""

    command: str
    params: tuple[str, ...]
    source: str
    tags: dict[str, str]

    @property
    def text(self) -> str:
        """The last parameter."""
        return self.params[-1]

    @property
    def number(self) -> int:
        """The id that the msgid spells in base32hex; 0 for none."""
        return int(self.tags.get("msgid", "0"), 32)


Fits = Callable[[Heard], bool]


def read(line: str) -> Heard:
    """Parse a line from the server, its line end removed."""
    tags = source = ""
    if line.startswith("@"):
        tags, _, line = line[1:].partition(" ")
    if line.startswith(":"):
        source, _, line = line[1:].partition(" ")
    middle, colon, trailing = line.partition(" :")
    command, *params = middle.split(" ")
    pairs = (item.partition("=") for item in tags.split(";") if item)
    return Heard(
        command, (*params, trailing) if colon else tuple(params), source, {pair[0]: pair[2] for pair in pairs}
    )


class Actor(LineOnlyReceiver):
    """One connection.

    Attributes:
        nick: Who it is.
        heard: Every message, in order.
        gone: The connection is lost.
        reacts: Called with every message as it comes.
    """

    delimiter = b"\r\n"

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.heard: list[Heard] = []
        self.gone = Happening(f"{nick}'s connection ends")
        self.reacts: Callable[[Heard], object] = lambda heard: None
        self._place = 0  # in `heard`, of what was not waited for yet
        self._waiting: tuple[Fits, Deferred[Heard]] | None = None
        self._pings = 0

    @property
    def wire(self) -> Any:
        """The transport."""
        assert self.transport is not None
        return self.transport

    def lineReceived(self, line: bytes) -> None:
        heard = read(line.decode())
        self.heard.append(heard)
        self.reacts(heard)
        if self._waiting is not None and self._waiting[0](heard):
            (_, waiting), self._waiting = self._waiting, None
            self._place = len(self.heard)
            waiting.callback(heard)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone.happen()

    def says(self, *lines: str) -> None:
        """Send lines in one piece."""
        self.wire.write("".join(f"{line}\r\n" for line in lines).encode())

    async def hears(self, command: str, *params: str, seconds: float = PATIENCE_S) -> Heard:
        """Wait for the next message with this command and these parameters, in any order."""

        def fits(heard: Heard) -> bool:
            return heard.command == command and set(params) <= set(heard.params)

        return await self.hears_what(fits, " ".join((command, *params)), seconds)

    async def hears_what(self, fits: Fits, what: str, seconds: float = PATIENCE_S) -> Heard:
        """Wait for the next message that fits; earlier ones count as seen."""
        for place in range(self._place, len(self.heard)):
            if fits(self.heard[place]):
                self._place = place + 1
                return self.heard[place]
        waiting: Deferred[Heard] = Deferred()
        self._waiting = (fits, waiting)
        return await within(seconds, f"{self.nick} hears {what}", waiting)

    async def settles(self, seconds: float = PATIENCE_S) -> None:
        """Wait until everything sent so far was answered: a PING is a barrier."""
        self._pings += 1
        self.says(f"PING {self.nick}-{self._pings}")
        await self.hears("PONG", f"{self.nick}-{self._pings}", seconds=seconds)

    def messages(self, channel: str) -> list[Heard]:
        """Return the messages that this actor received in a channel."""
        return [each for each in self.heard if each.command == "PRIVMSG" and each.params[0] == channel]


async def connect(server: Listening, nick: str, host: str = "127.0.0.1") -> Actor:
    """Connect without registering."""
    endpoint = TCP4ClientEndpoint(the_reactor(), host, server.port, timeout=PATIENCE_S)
    actor: Actor = await connectProtocol(endpoint, Actor(nick))
    return actor


async def enter(server: Listening, nick: str, caps: tuple[str, ...] = POSTER, channel: str = "#tea") -> Actor:
    """Connect, register, and join a channel."""
    actor = await connect(server, nick)
    negotiation = ("CAP LS 302", f"CAP REQ :{' '.join(caps)}", "CAP END") if caps else ()
    actor.says(*negotiation, f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    await actor.hears("001")
    actor.says(f"JOIN {channel}")
    await actor.hears("366", channel)
    return actor
