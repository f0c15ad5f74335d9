"""A server that is told to stop says goodbye, writes everything, and ends at once."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.actor import enter
from tests.e2e.audit import check_shown, log_of, said_in
from tests.e2e.reactor import async_test
from tests.e2e.server import Servers
from tests.e2e.trouble import Trouble, locked, none

STOP_S = 2.0


@pytest.mark.parametrize("trouble", [none, locked])
@pytest.mark.parametrize("name", ["TERM", "INT", "HUP"])
@async_test
async def test_a_signal_ends_it_with_a_goodbye_and_everything_on_disk(
    servers: Servers, tmp_path: Path, name: str, trouble: Trouble
) -> None:
    server = await servers.start(tmp_path / "data")
    ann, ben = await enter(server, "ann"), await enter(server, "ben")
    ann.says(*(f"PRIVMSG #tea :before {number}" for number in range(200)))
    await ann.settles()
    await ben.settles()

    with trouble(server):
        server.signal(name)
        for actor in (ann, ben):
            goodbye = await actor.hears("ERROR", seconds=STOP_S)
            assert "shutting down" in goodbye.text
            await actor.gone.wait(STOP_S)
        await server.ended.wait(STOP_S)

    # Twisted ends a process that was stopped by a signal by that signal, once everything is done.
    assert server.exit_code in (0, -signal.Signals[f"SIG{name}"])
    said = said_in(server.database)
    assert [row.text for row in said] == [f"before {number}" for number in range(200)]
    check_shown(said, [ann, ben])


@async_test
async def test_what_is_under_way_when_it_stops_is_stored_if_it_is_shown(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann, ben = await enter(server, "ann"), await enter(server, "ben")
    for batch in range(20):
        ann.says(*(f"PRIVMSG #tea :message {batch}.{number}" for number in range(100)))
    await ben.hears("PRIVMSG", "message 0.0")

    server.signal("TERM")

    await server.ended.wait(STOP_S)
    await ann.gone.wait(STOP_S)
    await ben.gone.wait(STOP_S)
    assert ben.heard[-1].command == "ERROR"
    said = said_in(server.database)
    check_shown(said, [ann, ben])
    assert len(ben.messages("#tea")) == len(said)
    assert {row.nick for row in log_of(server.database) if row.kind == "QUIT"} == {"ann", "ben"}


@async_test
async def test_a_message_that_waits_for_a_locked_database_does_not_keep_it_from_stopping(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann, ben = await enter(server, "ann"), await enter(server, "ben")

    with locked(server):
        ann.says("PRIVMSG #tea :in vain")
        ben.says("NICK benny")
        server.signal("TERM")
        await ann.hears("ERROR", seconds=STOP_S)
        await ben.hears("ERROR", seconds=STOP_S)
        await server.ended.wait(STOP_S)

    assert not said_in(server.database)
    assert not ann.messages("#tea")
    assert not ben.messages("#tea")


@async_test
async def test_who_does_not_read_does_not_keep_it_from_stopping(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann, slow = await enter(server, "ann"), await enter(server, "slow")
    slow.wire.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.wire.pauseProducing()
    ann.says(*(f"PRIVMSG #tea :{number} {'x' * 380}" for number in range(1500)))
    await ann.settles()

    server.signal("TERM")

    await ann.hears("ERROR", seconds=STOP_S)
    await server.ended.wait(STOP_S)
    assert "Some lines could not be sent" in server.out
    assert len(said_in(server.database)) == 1500
