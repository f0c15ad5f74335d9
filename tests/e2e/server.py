"""The server as a process: start, signal, kill and restart it on a free port."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from tests.e2e.reactor import Happening, the_reactor

ROOT = Path(__file__).parents[2]
"""Where processes are started, so that a checkout which is not installed works too."""

TWISTD = ("-c", "from twisted.scripts.twistd import run; run()", "-n", "--pidfile=")
TWIST = ("-m", "twisted", "--log-format=text")
"""The two programs of Twisted's that run a service in the foreground, as arguments of Python."""

START_S = 20.0  # for a machine that is busy with other things
KILL_S = 10.0


class Server(ProcessProtocol):
    """One run of the server.

    Attributes:
        data: Its data folder.
        out: What it wrote to the standard output.
        err: What it wrote to the standard error.
        port: Where it listens; 0 as long as it does not.
        exit_code: How it ended, minus the signal where one ended it; None while it runs.
        listening: It listens, or has ended.
        ended: It is no more.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.out = ""
        self.err = ""
        self.port = 0
        self.exit_code: int | None = None
        self.listening = Happening("the server listens")
        self.ended = Happening("the server ends")
        self._awaited: tuple[re.Pattern[str], Happening] | None = None

    @property
    def database(self) -> Path:
        """The file that holds every message."""
        return self.data / "simplechat.db"

    @property
    def pid(self) -> int:
        """The process."""
        assert self.transport is not None
        pid: int = self.transport.pid
        return pid

    @property
    def resident_kib(self) -> int:
        """Its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])

    def outReceived(self, data: bytes) -> None:
        self.out += data.decode()
        self._look()

    def errReceived(self, data: bytes) -> None:
        self.err += data.decode()
        self._look()

    def _look(self) -> None:
        found = re.search(r"Listening on \S+:(\d+)\n", self.out + self.err)
        if found and not self.port:
            self.port = int(found[1])
            self.listening.happen()
        if self._awaited is not None and self._awaited[0].search(self.out + self.err):
            self._awaited[1].happen()

    def processEnded(self, reason: Failure) -> None:
        how: Any = reason.value
        self.exit_code = how.exitCode if how.signal is None else -how.signal
        self.ended.happen()
        self.listening.happen()

    async def tells(self, pattern: re.Pattern[str], seconds: float) -> re.Match[str]:
        """Wait until its output matches a pattern."""
        self._awaited = (pattern, Happening(f"the server tells {pattern.pattern!r}"))
        self._look()
        await self._awaited[1].wait(seconds)
        found = pattern.search(self.out + self.err)
        assert found is not None
        return found

    def signal(self, name: str) -> None:
        """Send a signal: KILL, TERM, INT ..."""
        assert self.transport is not None
        self.transport.signalProcess(name)

    async def kill(self) -> None:
        """Kill it, as a loss of power would."""
        if self.exit_code is None:
            self.signal("KILL")
        await self.ended.wait(KILL_S)


class Servers:
    """Starts servers, and ends them with the test."""

    def __init__(self) -> None:
        self._started: list[Server] = []

    def spawn(self, data: Path, *options: str, program: tuple[str, ...] = TWISTD) -> Server:
        """Start a server without waiting for it."""
        server = Server(data)
        words = [sys.executable, *program, "simplechat", "--data", str(data), *options]
        settings = {name: text for name, text in os.environ.items() if not name.startswith("SIMPLECHAT_")}
        the_reactor().spawnProcess(server, sys.executable, words, settings, str(ROOT))
        self._started.append(server)
        return server

    async def start(self, data: Path, *options: str) -> Server:
        """Start a server without rate limits on a free port, and wait until it listens."""
        server = self.spawn(data, "--port=0", "--no-throttling", "--replay=0", *options)
        await server.listening.wait(START_S)
        assert server.port, server.out + server.err
        return server

    async def kill_all(self) -> None:
        """Kill what still runs."""
        for server in self._started:
            await server.kill()
