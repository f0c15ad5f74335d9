"""OpenSSH's own client: keys made by ssh-keygen, and sessions on a server's console."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from twisted.internet.utils import getProcessOutputAndValue

from tests.e2e.reactor import the_reactor, within
from tests.e2e.server import START_S, Server, Servers
from tests.e2e.terminal import Terminal, Terminals

VISIT_S = 20.0  # for a machine that is busy with other things
EXEC = ("-c", "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])")  # as words of Python

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or shutil.which("ssh-keygen") is None,
    reason="there is no OpenSSH client here (Debian's openssh-client)",
)


class Visitors:
    """SSH clients of a server's console.

    Attributes:
        port: Where that is.
        keys: The file of keys that open it.
    """

    def __init__(self, server: Server, home: Path, port: int) -> None:
        self.port = port
        self.keys = server.data / "manhole_keys"
        self._home = home

    def words(self, key: str, *more: str) -> list[str]:
        """Return the command line for a key."""
        options = (
            *("StrictHostKeyChecking=no", f"UserKnownHostsFile={self._home / 'known'}", "LogLevel=ERROR"),
            *("IdentitiesOnly=yes", "IdentityAgent=none", "BatchMode=yes"),
        )
        words = ["-F", "none", "-p", str(self.port), "-i", str(self._home / key)]
        return [*words, *(word for option in options for word in ("-o", option)), *more, "admin@127.0.0.1"]

    async def make_key(self, name: str, *options: str, opens: bool = True) -> None:
        """Make a key, and authorize it."""
        path = self._home / name
        await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@laptop", "-f", str(path))
        if opens:
            with self.keys.open("a") as file:
                file.write(" ".join((*options, path.with_suffix(".pub").read_text())))

    def come(self, terminals: Terminals, key: str) -> Terminal:
        """Open the console on a terminal."""
        return terminals.spawn(self._home, *EXEC, "ssh", *self.words(key))

    async def pipe(self, key: str, lines: str, *more: str) -> tuple[str, int]:
        """Pipe lines into the console; return all output and the exit code."""
        return await run("ssh", *self.words(key, *more), stdin=lines)


async def run(program: str, *words: str, stdin: str = "") -> tuple[str, int]:
    """Run a program; return its output and its exit code."""
    path = shutil.which(program) or program
    ended = getProcessOutputAndValue(path, words, reactor=the_reactor(), stdinBytes=stdin.encode())
    out, err, code = await within(VISIT_S, f"{program} ends", ended)
    return (out + err).decode(), code


async def start(servers: Servers, home: Path, *options: str) -> tuple[Server, Visitors]:
    """Start a server with an SSH console that no key opens yet."""
    server = await servers.start(home / "data", "--manhole=0", "--lang=en", *options)
    found = await server.tells(re.compile(r"ssh -p (\d+) admin@127\.0\.0\.1"), START_S)
    return server, Visitors(server, home, int(found[1]))
