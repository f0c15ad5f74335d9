"""One bad client cannot hurt another, and costs the server little."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.e2e.actor import READER, Actor, Heard, enter
from tests.e2e.audit import check_shown, said_in
from tests.e2e.reactor import async_test
from tests.e2e.server import Servers

MEGABYTES_S = 30.0
TEXT = "x" * 380
POSTS = 12_000  # of some 480 bytes as they are sent
MORE_KIB = 6 * 1024  # that the server may take for it


def flood(poster: Actor, posts: int) -> None:
    """Post many long messages, a few for each echo."""
    numbers = iter(range(posts))

    def react(heard: Heard) -> None:
        number = next(numbers, None) if heard.command == "PRIVMSG" else None
        if number is not None:
            poster.says(f"PRIVMSG #tea :{number} {TEXT}")

    poster.reacts = react
    poster.says(*(f"PRIVMSG #tea :{next(numbers)} {TEXT}" for _ in range(50)))


@async_test
async def test_who_does_not_read_is_dropped_and_nobody_else_notices(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann, rita = await enter(server, "ann"), await enter(server, "rita", READER)
    slow = await enter(server, "slow", READER)
    ann.says(*(f"PRIVMSG #tea :warm {number} {TEXT}" for number in range(500)))
    await ann.settles()
    before_kib = server.resident_kib

    slow.wire.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.wire.pauseProducing()
    flood(ann, POSTS)
    quit_ = await rita.hears("QUIT", seconds=MEGABYTES_S)
    await rita.hears("PRIVMSG", f"{POSTS - 1} {TEXT}", seconds=MEGABYTES_S)
    await ann.settles()

    assert quit_.source.startswith("slow!")
    assert "did not read" in quit_.text
    assert server.resident_kib - before_kib < MORE_KIB
    check_shown(said_in(server.database), [ann, rita])
    assert len(rita.messages("#tea")) == len(ann.messages("#tea")) == 500 + POSTS
    slow.wire.resumeProducing()
    await slow.gone.wait(MEGABYTES_S)


@async_test
async def test_a_line_without_an_end_closes_that_connection_only(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann, ben = await enter(server, "ann"), await enter(server, "ben")

    ann.wire.write(b"PRIVMSG #tea :" + b"x" * 17_000)

    assert "too long" in (await ann.hears("ERROR")).text
    await ann.gone.wait(5)
    assert (await ben.hears("QUIT")).source.startswith("ann!")
    ben.says("PRIVMSG #tea :still here")
    await ben.hears("PRIVMSG", "still here")
    assert [row.text for row in said_in(server.database)] == ["still here"]


@async_test
async def test_a_line_that_is_a_byte_too_long_is_refused_and_the_connection_stays(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    start = "PRIVMSG #tea :"

    ann.says(start + "a" * (511 - len(start)))
    ann.says("@+x=y " + start + "b" * (511 - len(start)))
    await ann.settles()

    assert [heard.command for heard in ann.heard].count("417") == 2
    assert not said_in(server.database)
    ann.says(start + "c" * (510 - len(start)))
    await ann.hears("PRIVMSG")
    assert len(said_in(server.database)) == 1


@async_test
async def test_many_who_vanish_in_mid_sentence_leave_nobody_behind(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")

    for number in range(50):
        guest = await enter(server, f"guest{number}", READER)
        guest.wire.getHandle().send(b"PRIVMSG #tea :whole\r\nPRIVMSG #tea :in hal")
        guest.wire.abortConnection()
    for _ in range(50):
        assert (await ann.hears("QUIT")).source.startswith("guest")
    ben = await enter(server, "ben")

    names = next(heard.text for heard in ben.heard if heard.command == "353")
    assert set(names.split()) == {"@ann", "ben"}
    assert {row.text for row in said_in(server.database)} <= {"whole"}
