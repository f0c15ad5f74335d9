"""The client and TLS: the first contact asks, the next is silent, another key is refused."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from twisted.internet.utils import getProcessOutputAndValue

from tests.e2e.reactor import async_test, the_reactor, within
from tests.e2e.server import ROOT, Server, Servers
from tests.e2e.terminal import Terminal, Terminals

CLIENT = ("-m", "simplechat.client", "--nick=bob")
RUN_S = 20.0
AUTHORITY = re.compile(r"SHA-256 of the certificate authority, [^:]*: (\S+)\n")


def open_client(terminals: Terminals, home: Path, server: Server) -> Terminal:
    """Start the client on a terminal."""
    return terminals.spawn(home, *CLIENT, f"ircs://127.0.0.1:{server.port}/lobby")


async def key_of(server: Server) -> str:
    """Return the fingerprint that a server shows at its start."""
    return (await server.tells(AUTHORITY, RUN_S))[1]


async def pipe(home: Path, *words: str) -> tuple[str, str, int]:
    """Pipe a message into the client."""
    settings = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    settings |= {"HOME": str(home), "LANG": "C.UTF-8"}
    done = getProcessOutputAndValue(
        sys.executable, (*CLIENT, *words), settings, str(ROOT), the_reactor(), b"piped\n"
    )
    out, err, code = await within(RUN_S, "the client ends", done)
    return out.decode(), err.decode(), code


@async_test
async def test_a_server_is_asked_about_once_and_refused_when_it_becomes_another(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    first_key = await key_of(server)
    first = open_client(terminals, tmp_path, server)
    await first.until(first_key[:47])
    await first.until(first_key[48:])
    await first.until("Do you trust it? [no]:")
    first.types("yes\r")
    await first.until("you are in #lobby")
    first.types("hello\r")
    await first.until("bob: hello ✓")
    first.types("/exit\r")
    assert await first.ends() == 0

    second = open_client(terminals, tmp_path, server)
    await second.until("you are in #lobby")
    second.types("/exit\r")
    assert await second.ends() == 0
    assert b"trust" not in second.written

    await server.kill()
    other = await servers.start(tmp_path / "other", f"--port={server.port}")
    third = open_client(terminals, tmp_path, other)
    assert await third.ends() == 1
    shown = "\n".join(third.lines)
    assert "not the server that is trusted" in shown
    for fingerprint in (first_key, await key_of(other)):
        assert fingerprint[:47] in shown
        assert fingerprint[48:] in shown


@async_test
async def test_a_pipe_must_be_given_the_fingerprint(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    fingerprint = await key_of(server)
    place = f"ircs://127.0.0.1:{server.port}/lobby"

    out, err, code = await pipe(tmp_path, place)
    assert (out, code) == ("", 1)
    assert err.endswith(f"use: --fingerprint {fingerprint}\n")
    assert err.count("\n") == 1

    out, err, code = await pipe(tmp_path, f"{place}?fingerprint={fingerprint.replace(':', '').lower()}")
    assert (out[6:], err, code) == ("bob: piped ✓\n", "", 0)

    out, err, code = await pipe(tmp_path, place)  # known by now
    assert (out[6:], err, code) == ("bob: piped ✓\n", "", 0)


@async_test
async def test_ctrl_c_is_an_answer_too(servers: Servers, terminals: Terminals, tmp_path: Path) -> None:
    bob = open_client(terminals, tmp_path, await servers.start(tmp_path / "data"))
    await bob.until("Do you trust it? [no]:")
    before = bob.settings

    bob.types("\x03")

    assert await bob.ends() == 130
    assert bob.settings == before
    assert any(line.startswith("simplechat-client: ") for line in bob.lines)
    assert b"Traceback" not in bob.written
    assert not (tmp_path / ".local/share/simplechat-client/known_servers").exists()
