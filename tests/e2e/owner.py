"""The owner's programs: a client of the control socket, and a server on a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from tests.e2e.reactor import Happening, the_reactor, within
from tests.e2e.server import TWISTD, Server
from tests.e2e.terminal import Terminal, Terminals

PROMPT = "simplechat>"
ANSWER_S = 20.0  # for a machine that is busy with other things
OPTIONS = ("--port=0", "--no-throttling", "--replay=0", "--lang=en")


class Program(LineOnlyReceiver):
    """An owner's program, connected to the control socket.

    Attributes:
        gone: The connection is lost.
        progress: It was told how far something came.
    """

    delimiter = b"\n"
    MAX_LENGTH = 1 << 24

    def __init__(self) -> None:
        self.gone = Happening("the program's connection ends")
        self.progress = Happening("progress is told")
        self._answers: list[dict[str, Any]] = []
        self._whole: list[list[dict[str, Any]]] = []
        self._waiting: list[Deferred[None]] = []

    def lineReceived(self, line: bytes) -> None:
        answer = json.loads(line)
        if answer["kind"] == "progress":
            self.progress.happen()
        if answer["kind"] != "end":
            self._answers.append(answer)
            return
        self._whole.append(self._answers)
        self._answers = []
        if self._waiting:
            self._waiting.pop(0).callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone.happen()

    def says(self, *lines: str) -> None:
        """Send lines in one piece."""
        assert self.transport is not None
        self.transport.write("".join(f"{line}\n" for line in lines).encode())

    async def hears(self) -> list[dict[str, Any]]:
        """Wait for the next whole answer; return it without its end."""
        if not self._whole:
            self._waiting.append(Deferred())
            await within(ANSWER_S, "an answer ends", self._waiting[-1])
        return self._whole.pop(0)

    async def asks(self, line: str) -> list[dict[str, Any]]:
        """Send a line; return the answer."""
        self.says(line)
        return await self.hears()

    def says_no_more(self) -> None:
        """Close this side of the connection."""
        transport: Any = self.transport
        transport.loseWriteConnection()


async def program(server: Server) -> Program:
    """Connect to a server's control socket."""
    endpoint = UNIXClientEndpoint(the_reactor(), str(server.data / "control.sock"), timeout=ANSWER_S)
    connected: Program = await connectProtocol(endpoint, Program())
    return connected


class OwnedServer:
    """A server started on a terminal.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, data: Path, terminal: Terminal) -> None:
        self.data = data
        self.terminal = terminal
        self.port = 0
        self.settings = terminal.settings

    @property
    def database(self) -> Path:
        """The file that holds every message."""
        return self.data / "simplechat.db"

    async def begins(self) -> None:
        """Wait for its prompt."""
        await self.terminal.until("help lists what can be typed")
        await self.terminal.until(PROMPT)
        found = re.search(r"Listening on \S+:(\d+)", "\n".join(self.terminal.lines))
        assert found, self.terminal.lines
        self.port = int(found[1])

    def shown(self, start: str) -> list[str]:
        """Return the lines on the screen that start like this."""
        return [line for line in self.terminal.lines if line.startswith(start)]


async def own(terminals: Terminals, home: Path, program: tuple[str, ...] = TWISTD) -> OwnedServer:
    """Start a server on a terminal, and wait for its prompt."""
    data = home / "data"
    server = OwnedServer(data, terminals.spawn(home, *program, "simplechat", "--data", str(data), *OPTIONS))
    await server.begins()
    return server
