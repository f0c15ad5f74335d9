"""HTTP and WebSocket on a real port: browsers' sockets, curl, slow readers, and hostile peers."""

from __future__ import annotations

import re
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue

from simplechat.doors.http.websocket import BINARY_PROTOCOL, TEXT_PROTOCOL
from tests.e2e.attacks import ATTACKS
from tests.e2e.reactor import async_test, pause, the_reactor, within
from tests.e2e.server import ROOT
from tests.e2e.web import open_socket, web_server

ATTACKS_S = 60.0
CPU_S = 0.15  # that one attack may take, all in all
MORE_KIB = 1024  # that it may leave behind


async def run(program: str, *words: str) -> bytes:
    """Run a program; return its output."""
    going = getProcessOutputAndValue(program, words, path=str(ROOT), reactor=the_reactor())
    out, err, code = await within(ATTACKS_S, program, going)
    assert code == 0, err
    written: bytes = out
    return written


def resident_kib() -> int:
    """Return this process's resident memory, the server's included."""
    return int(re.findall(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


@async_test
async def test_with_each_subprotocol_one_is_in_the_same_room(tmp_path: Path) -> None:
    async with web_server(tmp_path / "data") as server:
        actors = [
            await open_socket(server, f"n{place}", each)
            for place, each in enumerate((TEXT_PROTOCOL, BINARY_PROTOCOL, ""))
        ]

        for actor in actors:
            actor.says(f"PRIVMSG #tea :hóla from {actor.nick}")
            await actor.settles()
        for actor in actors:
            await actor.settles()

        for actor in actors:
            heard = [each.text for each in actor.messages("#tea")]
            assert heard == [f"hóla from {other.nick}" for other in actors if other is not actor]
        actors[0].says("QUIT :bye")
        await actors[0].gone.wait(5)
        assert actors[0].end_code == 1000
    await actors[1].gone.wait(5)
    assert actors[1].end_code == 1001


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@async_test
async def test_curl_reads_what_there_is(tmp_path: Path) -> None:
    curl = shutil.which("curl") or ""
    async with web_server(tmp_path / "data") as server:
        at = f"http://127.0.0.1:{server.port}"

        page, head, old, health, figures = (
            await run(curl, "-si", f"{at}/", "-H", "Accept-Language: es"),
            await run(curl, "-sI", f"{at}/"),
            await run(curl, "-s0i", f"{at}/healthz"),
            await run(curl, "-si", f"{at}/healthz"),
            await run(curl, "-s", f"{at}/metrics"),
        )

    assert b"Con cualquier cliente de IRC" in page
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert b"\r\nConnection: close\r\n" in old
    assert old.endswith(b"\r\n\r\nok\n")
    assert health.endswith(b"\r\n\r\nok\n")
    assert b'simplechat_web_answers_total{code="200"} 4.0' in figures


@async_test
async def test_who_does_not_read_a_socket_is_dropped_and_nobody_else_notices(tmp_path: Path) -> None:
    async with web_server(tmp_path / "data", sendq=1 << 16) as server:
        ann, slow = await open_socket(server, "ann"), await open_socket(server, "slow")
        slow.wire.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.wire.pauseProducing()

        for number in range(30):
            ann.says(*(f"PRIVMSG #tea :{number} {'x' * 400}" for _ in range(50)))
            await ann.settles()

        (quit_,) = [heard for heard in ann.heard if heard.command == "QUIT"]
        assert quit_.source.startswith("slow!")
        assert "did not read" in quit_.text
        slow.wire.abortConnection()
        await slow.gone.wait(5)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is not told here")
@async_test
async def test_the_worst_of_peers_cost_little_and_a_bystander_talks_on(tmp_path: Path) -> None:
    async with web_server(tmp_path / "data") as server:
        ann = await open_socket(server, "ann")
        before_s, before_kib, slowest_s = time.process_time(), resident_kib(), 0.0

        attacks = Deferred.fromCoroutine(run(sys.executable, "-m", "tests.e2e.attacks", str(server.port)))
        while not attacks.called:
            began = time.monotonic()
            await ann.settles()
            slowest_s = max(slowest_s, time.monotonic() - began)
            await pause(0.02)
        told = (await attacks).decode().splitlines()

        assert len(told) == len(ATTACKS), told
        assert not [line for line in told if "open" in line]
        assert slowest_s < 1
        assert time.process_time() - before_s < CPU_S * len(ATTACKS)
        assert resident_kib() - before_kib < MORE_KIB * len(ATTACKS)
