"""The client in pipes and for scripts: input is stored, output is reliable."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from twisted.internet.utils import getProcessOutputAndValue

from tests.e2e.actor import enter
from tests.e2e.audit import said_in
from tests.e2e.reactor import async_test, the_reactor, within
from tests.e2e.server import ROOT, Server, Servers
from tests.e2e.terminal import Terminals

RUN_S = 20.0


class Ended(NamedTuple):
    """The result of a program."""

    out: str
    err: str
    code: int


async def run(program: str, *words: str, piped: str = "") -> Ended:
    """Run a program with a text piped in."""
    settings = {name: text for name, text in os.environ.items() if not name.startswith("SIMPLECHAT_")}
    done = getProcessOutputAndValue(
        program, words, {**settings, "LANG": "C.UTF-8"}, str(ROOT), the_reactor(), piped.encode()
    )
    out, err, code = await within(RUN_S, "the client ends", done)
    return Ended(out.decode(), err.decode(), code)


async def client(server: Server, *options: str, piped: str = "") -> Ended:
    """Run the client in a pipe."""
    return await run(
        sys.executable,
        "-m",
        "simplechat.client",
        f"--port={server.port}",
        "--nick=bob",
        *options,
        piped=piped,
    )


@async_test
async def test_what_is_piped_in_is_stored_and_shown_with_its_tick(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")

    ended = await client(server, piped="hi ñ\nhelp")

    assert (ended.code, ended.err) == (0, "")
    assert [line[6:] for line in ended.out.splitlines()] == ["bob: hi ñ ✓", "bob: help ✓"]
    assert [row.text for row in said_in(server.database, "#lobby")] == ["hi ñ", "help"]


@async_test
async def test_what_was_said_before_is_not_taken_for_what_is_said(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", "--replay=50")
    await client(server, piped="one")

    ended = await client(server, piped="two")

    assert [line[6:] for line in ended.out.splitlines()] == ["bob: two ✓"]


@async_test
async def test_json_is_an_object_a_line(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")

    ended = await client(server, "--json", piped="hi\n/nope")

    unsent, said = map(json.loads, ended.out.splitlines())
    assert (unsent["event"], said["event"], said["text"], said["is_own"]) == ("not_sent", "said", "hi", True)
    assert ended.code == 1


@async_test
async def test_nothing_in_the_pipe_is_said_to_be_nothing(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")

    ended = await client(server)

    line = f"simplechat-client: 127.0.0.1:{server.port}: Nothing came through the pipe\n"
    assert ended == Ended("", line, 0)


@async_test
async def test_a_closed_port_is_one_line(tmp_path: Path) -> None:
    ended = await run(sys.executable, "-m", "simplechat.client", "--port=1", piped="hi")

    assert ended == Ended("", "simplechat-client: 127.0.0.1:1: No server listens there\n", 1)


@pytest.mark.parametrize("signal", ["TERM", "INT"])
@async_test
async def test_following_prints_the_room_until_a_signal(
    servers: Servers, terminals: Terminals, tmp_path: Path, signal: str
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", channel="#lobby")
    follower = terminals.spawn(
        tmp_path, "-m", "simplechat.client", f"--port={server.port}", "--follow", "--json", "--nick=eye"
    )
    await follower.until('"present"')

    ann.says("PRIVMSG #lobby :look")
    await follower.until('"text": "look"')
    follower.signal(signal)

    assert await follower.ends() == {"TERM": 143, "INT": 130}[signal]


@async_test
async def test_who_follows_and_is_not_read_any_more_ends_quietly(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    command = f"{sys.executable} -m simplechat.client --port={server.port} --follow | head -n 1"

    ended = await run("/bin/sh", "-c", command)

    assert (ended.err, ended.code) == ("", 0)
    assert ended.out.count("\n") == 1
