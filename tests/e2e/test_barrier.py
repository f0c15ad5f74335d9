"""A PONG is a barrier: everything before its PING is stored, or was refused."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.actor import PLAIN, Heard, enter
from tests.e2e.audit import said_in
from tests.e2e.reactor import async_test
from tests.e2e.server import Servers


@async_test
async def test_what_was_said_before_a_ping_is_stored_when_the_pong_comes(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", PLAIN)
    stored: list[int] = []

    def count_rows(heard: Heard) -> None:
        if heard.command == "PONG":
            stored.append(len(said_in(server.database)))

    ann.reacts = count_rows

    for turn in range(50):
        ann.says(*(f"PRIVMSG #tea :{turn}.{number}" for number in range(turn + 1)), f"PING {turn}")
        await ann.hears("PONG", str(turn))

    assert all(stored[turn] >= sum(range(turn + 2)) for turn in range(50)), stored
