"""The servers under test: those the command line names, and our own, started here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import LoadError

CHECKOUT = Path(__file__).resolve().parent.parent
LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
START_S = 15
STOP_S = 10
AT_ONCE = 8
COMMAND = "-m twisted --log-format=text simplechat --ip=127.0.0.1 --port=0 --replay=0 --no-throttling"


class BadServer(ValueError):
    """A --server option cannot be parsed; the text says why."""


@dataclass(frozen=True)
class Server:
    """A server that is already listening.

    Args:
        name: What the report calls it.
        pid: Its process, whose CPU time and memory count; None when unknown.
        password: For PASS, or None.
        at_once: How many clients may be registering at a time.
        tls: Whether they come with TLS.
    """

    name: str
    host: str
    port: int
    pid: int | None = None
    password: str | None = None
    at_once: int = AT_ONCE
    tls: bool = False

    @contextmanager
    def running(self, cpu: int | None) -> Iterator[Server]:
        """Yield the server; this one is not started here."""
        yield self


@dataclass(frozen=True)
class OurServer:
    """Our own server, started afresh for each measurement.

    Args:
        name: What the report calls it.
        checkout: Where its source is.
        data: Its data folder; None for an empty one each time.
        tls: Whether the clients come with TLS.
    """

    name: str = "simplechat"
    checkout: Path = CHECKOUT
    data: Path | None = None
    tls: bool = False

    @contextmanager
    def running(self, cpu: int | None) -> Iterator[Server]:
        """Start the server, pinned to that CPU if there is one; stop it at the end."""
        with TemporaryDirectory(prefix="simplechat-load-") as folder:
            log = Path(folder, "log")
            command = [sys.executable, *COMMAND.split(), f"--data={self.data or f'{folder}/data'}"]
            with log.open("wb") as output:
                process = subprocess.Popen(
                    command,
                    cwd=self.checkout,  # where Python looks first
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C is for us; we stop the server ourselves
                )
            try:
                if cpu is not None:
                    os.sched_setaffinity(process.pid, {cpu})
                yield Server(self.name, "127.0.0.1", _port(process, log), process.pid, tls=self.tls)
            finally:
                _stop(process)


Contestant = Server | OurServer


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = LISTENING.search(log.read_text(errors="replace"))
        if found:
            return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(0.02)
    last = (log.read_text(errors="replace").strip() or "it said nothing").splitlines()[-1]
    raise LoadError(f"our own server did not start (is it installed for this Python?): {last}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def parse_server(text: str) -> Contestant:
    """Read a --server: NAME=HOST:PORT[,pid=N][,password=X][,at-once=N][,tls=yes], or one of ours.

    Ours are `own`, `own-tls` and NAME=own:FOLDER.

    Raises:
        BadServer: It is none of these.
    """
    if text == "own":
        return OurServer()
    if text == "own-tls":
        return OurServer("simplechat, TLS", tls=True)
    name, _, folder = text.partition("=own:")
    if folder:
        return OurServer(name, _checkout(folder))
    found = re.fullmatch(r"([\w.-]+)=(\[[^]]+\]|[^:,]+):(\d{1,5})((?:,[a-z-]+=[^,]*)*)", text)
    if not found:
        raise BadServer(f"{text!r} is not NAME=HOST:PORT[,pid=N][,password=X][,at-once=N][,tls=yes]")
    options = dict(part.split("=", 1) for part in found[4].split(",")[1:])
    server = Server(
        name=found[1],
        host=found[2].strip("[]"),
        port=int(found[3]),
        pid=_whole(options.pop("pid", None)),
        password=options.pop("password", None),
        at_once=_whole(options.pop("at-once", None)) or AT_ONCE,
        tls=options.pop("tls", "no") == "yes",
    )
    if options:
        raise BadServer(f"{text!r} has an unknown {next(iter(options))!r}")
    return server


def _checkout(folder: str) -> Path:
    path = Path(folder).resolve()
    if not (path / "simplechat" / "service.py").is_file():
        raise BadServer(f"{folder} is not a checkout of simplechat")
    return path


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not int(text):
        raise BadServer(f"{text!r} is not a whole number above 0")
    return int(text)


def family(pid: int) -> list[int]:
    """List a process and its descendants, as far as the system allows."""
    children: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        children += [int(word) for word in file.read_text().split()]
    return [pid, *(member for child in children for member in family(child))]


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU seconds that a process and its descendants used; None if unknown."""
    try:
        # the number of another process's CPU clock, see clock_getcpuclockid(3) on Linux
        return sum(time.clock_gettime((~member << 3) | 2) for member in family(pid))
    except (OSError, AttributeError):
        return None


def memory_kib(pid: int) -> float | None:
    """Return the memory that a process and its descendants hold; None if unknown."""
    try:
        pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in family(pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024
    except (OSError, ValueError, AttributeError):
        return None
