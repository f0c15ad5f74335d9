"""Accounts on real connections: they survive a crash, and many logins at once delay nobody."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from time import monotonic

from twisted.internet.defer import Deferred, gatherResults

from tests.e2e.actor import PLAIN, Actor, connect, enter
from tests.e2e.reactor import async_test
from tests.e2e.server import Server, Servers

PASSWORD = "open sesame"
CROWD = 200
ITERATIONS = 20_000  # benchmarks/logins.py has as many as there really are
CROWD_S = 60.0
BARRIER_S = 0.25  # for who says something while the crowd logs in: 99 of 100 wait no longer
MOST_KIB = 60_000  # more than before, while the crowd logs in


def login(name: str, password: str = PASSWORD) -> tuple[str, ...]:
    """Return the lines of a login."""
    said = b64encode(f"\0{name}\0{password}".encode()).decode()
    return "CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {said}"


async def log_in(server: Server, nick: str, name: str) -> Actor:
    """Connect as an account's owner."""
    actor = await connect(server, nick)
    actor.says(*login(name), "CAP REQ server-time", f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
    await actor.hears("903", seconds=CROWD_S)
    await actor.hears("376")
    return actor


@async_test
async def test_an_account_and_its_owners_stay_outlive_a_crash(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", "--password-cost=4096")
    ann, ben = await enter(server, "ann"), await enter(server, "ben")
    ann.says(f"REGISTER * * :{PASSWORD}")
    await ann.hears("REGISTER", "SUCCESS")
    ben.says("PRIVMSG #tea :seen")
    await ann.hears("PRIVMSG", "seen")
    await server.kill()

    server = await servers.start(server.data, "--replay=50")
    ben = await enter(server, "ben")
    ben.says("NAMES #tea", "PRIVMSG ann :are you there?")
    assert "ann" in (await ben.hears("353")).text
    await ben.settles()
    again = await log_in(server, "ann", "ann")
    await again.hears("JOIN", "#tea")
    await again.hears("PRIVMSG", "are you there?")

    everything = b"".join(file.read_bytes() for file in server.data.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in everything


@async_test
async def test_many_logins_at_once_keep_nobody_waiting(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", f"--password-cost={ITERATIONS}")
    ann = await enter(server, "ann")
    ann.says(f"REGISTER * * :{PASSWORD}")
    await ann.hears("REGISTER", "SUCCESS")
    ben = await enter(server, "ben", PLAIN)
    before = server.resident_kib

    crowd = gatherResults(
        [Deferred.fromCoroutine(log_in(server, f"n{each}x", "ann")) for each in range(CROWD)]
    )
    waits: list[float] = []
    while not crowd.called:
        began = monotonic()
        ben.says("PRIVMSG #tea :hello")
        await ben.settles()
        waits.append(monotonic() - began)
    await crowd

    assert sorted(waits)[int(0.99 * len(waits))] < BARRIER_S, (len(waits), sorted(waits)[-20:])
    assert server.resident_kib - before < MOST_KIB
