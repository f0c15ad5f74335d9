"""The owner's programs at the control socket: answers, and what they must not break."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import quantiles
from time import monotonic

from twisted.internet.task import LoopingCall

from simplechat.store.sqlite import migrate
from tests.e2e.actor import Actor, Heard, enter
from tests.e2e.audit import check_shown, is_sound, said_in
from tests.e2e.owner import OPTIONS, program
from tests.e2e.reactor import async_test, pause
from tests.e2e.server import START_S, Server, Servers
from tests.e2e.trouble import full

POSTERS = 10
POST_EVERY_S = 0.02  # for each: 500 messages a second together
OLD_ROWS = 60_000
STOP_S = 5.0


def fill(database: Path, rows: int = OLD_ROWS) -> None:
    """Fill a database with old messages."""
    database.parent.mkdir(parents=True, exist_ok=True)
    migrate(database)
    texts = (("#old", number, f"{number} ".ljust(400, "x")) for number in range(1, rows + 1))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO log VALUES (?, ?, 'PRIVMSG', 0, '', 'old!o@h', '', ?, '')",
            texts,
        )


class Talkers:
    """Users who post at a steady pace, each echo timed."""

    def __init__(self, actors: list[Actor]) -> None:
        self.actors = actors
        self.waits_s: list[float] = []
        self._said: dict[str, float] = {}
        self._count = 0
        self._loops: list[LoopingCall] = []

    def begin(self) -> None:
        """Start to post."""
        for actor in self.actors:
            actor.reacts = self._react
            loop = LoopingCall(self._say, actor)
            loop.start(POST_EVERY_S)
            self._loops.append(loop)

    def _say(self, actor: Actor) -> None:
        self._count += 1
        text = f"{actor.nick} says {self._count}"
        self._said[text] = monotonic()
        actor.says(f"PRIVMSG #tea :{text}")

    def _react(self, heard: Heard) -> None:
        if heard.command == "PRIVMSG" and heard.text in self._said:
            self.waits_s.append(monotonic() - self._said.pop(heard.text))

    async def end(self) -> None:
        """Stop posting, and wait for the last echo."""
        for loop in self._loops:
            loop.stop()
        for actor in self.actors:
            await actor.settles()

    def echoed(self) -> set[str]:
        """Return the texts echoed so far."""
        return {
            heard.text
            for actor in self.actors
            for heard in actor.messages("#tea")
            if heard.source.startswith(f"{actor.nick}!")
        }

    def told(self, what: str) -> None:
        """Print how long echoes took."""
        cuts = quantiles(self.waits_s, n=100)
        numbers = f"{len(self.waits_s)} echoes, p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"
        print(f"{what}: {numbers}, at most {max(self.waits_s) * 1000:.1f} ms")  # noqa: T201 - for pytest -rP


async def talkers(server: Server) -> Talkers:
    """Start users who post."""
    return Talkers([await enter(server, f"poster{number}") for number in range(POSTERS)])


def texts_in(database: Path, channel: str = "#tea") -> set[str]:
    """Return a channel's texts in a database."""
    return {row.text for row in said_in(database, channel)}


@contextmanager
def raw(server: Server) -> Iterator[socket.socket]:
    """Return a socket that is connected to the control socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.data / "control.sock"))
        yield connection


@async_test
async def test_programs_are_answered_line_by_line(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :hello")
    await ann.settles()
    owner = await program(server)

    owner.says("messages", "broadcast hi", "clear tea", "frob")
    answers = [await owner.hears() for _ in range(4)]

    assert [[each["kind"] for each in answer] for answer in answers] == [
        ["table"],
        ["text"],
        ["ask"],
        ["error"],
    ]
    assert answers[0][0]["rows"][0][1:] == ["#tea", "ann", "hello"]
    assert (await ann.hears("NOTICE", "*")).text == "hi"


@async_test
async def test_only_the_owner_can_open_it(servers: Servers, tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        server = await servers.start(tmp_path / "data")
    finally:
        os.umask(mask)

    assert (server.data / "control.sock").stat().st_mode & 0o777 == 0o600
    assert server.data.stat().st_mode & 0o777 == 0o700
    for name in ("simplechat.db", "log/simplechat.log"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o600, name


@async_test
async def test_what_a_killed_server_left_is_no_obstacle(servers: Servers, tmp_path: Path) -> None:
    first = await servers.start(tmp_path / "data")
    await first.kill()
    assert (first.data / "control.sock").exists()

    second = await servers.start(first.data)

    assert (await (await program(second)).asks("stats"))[0]["kind"] == "facts"


@async_test
async def test_a_second_server_leaves_the_first_ones_socket_alone(servers: Servers, tmp_path: Path) -> None:
    first = await servers.start(tmp_path / "data")

    second = servers.spawn(first.data, "--port=0")
    await second.ended.wait(START_S)

    assert second.exit_code == 1
    assert (await (await program(first)).asks("stats"))[0]["kind"] == "facts"


@async_test
async def test_it_is_gone_when_the_server_is(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    owner = await program(server)

    (answer,) = await owner.asks("shutdown 0 bye")
    await owner.gone.wait(STOP_S)
    await server.ended.wait(STOP_S)

    assert answer["kind"] == "text"
    assert server.exit_code == 0
    assert not (server.data / "control.sock").exists()


@async_test
async def test_who_sends_all_and_closes_is_answered_and_let_go(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")

    owner = await program(server)
    owner.says("stats", "messages")

    owner.says_no_more()

    assert [(await owner.hears())[0]["kind"] for _ in range(2)] == ["facts", "table"]
    await owner.gone.wait(STOP_S)


@async_test
async def test_garbage_hurts_nobody(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")

    for data in (os.urandom(5000), b"\0" * 5000, b"\n" * 5000, b"x" * 3_000_000, b"GET / HTTP/1.0\r\n\r\n"):
        with raw(server) as connection:
            connection.setblocking(False)
            try:
                connection.sendall(data)
            except BlockingIOError:
                await pause(0.1)
            await ann.settles()

    assert (await (await program(server)).asks("stats"))[0]["kind"] == "facts"
    assert "Traceback" not in server.out + server.err


@async_test
async def test_a_backup_under_load_holds_all_that_was_shown_before(servers: Servers, tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data / "simplechat.db")
    server = await servers.start(data)
    people = await talkers(server)
    owner = await program(server)
    people.begin()
    await pause(1)

    shown = people.echoed()
    answers = await owner.asks(f"backup {tmp_path / 'copy.db'}")
    await people.end()

    assert answers[-1]["kind"] == "text", answers[-1]
    assert len(shown) > 100
    assert is_sound(tmp_path / "copy.db")
    assert shown <= texts_in(tmp_path / "copy.db")
    assert len(texts_in(tmp_path / "copy.db", "#old")) == OLD_ROWS
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "copy.db.part").exists()
    check_shown(said_in(server.database), people.actors[:1])
    people.told("while a backup was made")


@async_test
async def test_a_backup_takes_the_place_of_the_database(servers: Servers, tmp_path: Path) -> None:
    first = await servers.start(tmp_path / "first")
    ann = await enter(first, "ann")
    ann.says("TOPIC #tea :about tea", "PRIVMSG #tea :hello")
    await ann.settles()
    (tmp_path / "second").mkdir()
    await (await program(first)).asks(f"backup {tmp_path / 'second' / 'simplechat.db'}")

    second = await servers.start(tmp_path / "second")

    assert (await (await program(second)).asks("messages"))[0]["rows"][0][3] == "hello"


@async_test
async def test_stopping_ends_a_backup_and_leaves_no_file(servers: Servers, tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data / "simplechat.db", 4 * OLD_ROWS)
    server = await servers.start(data)
    owner = await program(server)
    owner.says(f"backup {tmp_path / 'copy.db'}")
    await owner.progress.wait(START_S)
    assert (tmp_path / "copy.db.part").exists()

    server.signal("TERM")
    await server.ended.wait(STOP_S)

    assert not list(tmp_path.glob("copy.db*"))
    assert "Traceback" not in server.out + server.err, server.out + server.err


@async_test
async def test_a_full_disk_is_told_and_leaves_no_file(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :hello")
    await ann.settles()
    owner = await program(server)

    with full(server):
        for line in (f"backup {tmp_path / 'copy.db'}", "broadcast hello", "clear tea yes"):
            answer = await owner.asks(line)
            assert [each["kind"] for each in answer if each["kind"] != "progress"] == ["error"], (
                line,
                answer,
            )
        await ann.settles()

    assert not list(tmp_path.glob("copy.db*"))
    assert not [heard for heard in ann.heard if heard.command == "NOTICE"]
    assert texts_in(server.database) == {"hello"}
    assert "Traceback" not in server.out + server.err, server.out + server.err


@async_test
async def test_clearing_while_people_talk_takes_what_was_before_and_nothing_after(
    servers: Servers, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    fill(data / "simplechat.db", 5_000)
    server = await servers.start(data)
    people = await talkers(server)
    one, other = await program(server), await program(server)
    people.begin()
    await pause(1)

    before = people.echoed()
    one.says("clear yes")
    other.says("clear yes", f"backup {tmp_path / 'copy.db'}")
    answers = [await one.hears(), await other.hears(), await other.hears()]
    between = people.echoed()
    await pause(0.3)
    await people.end()

    assert [answer[-1]["kind"] for answer in answers] == ["text"] * 3, answers
    kept = texts_in(server.database)
    assert not before & kept
    assert people.echoed() - between <= kept
    said = [heard.text for heard in people.actors[0].messages("#tea")]
    assert said[-len(kept) :] == [row.text for row in said_in(server.database)]
    assert not texts_in(server.database, "#old")
    assert is_sound(server.database)
    assert "Traceback" not in server.out + server.err
    people.told("while everything was cleared twice")


@async_test
async def test_what_happens_is_in_the_log_one_line_an_event(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", *OPTIONS[3:])
    ann = await enter(server, "ann")
    ann.says("SETNAME :a\x1b[2J\x85", "QUIT :bye\x1b[2J")
    await ann.gone.wait(STOP_S)
    await (await program(server)).asks("shutdown")
    await server.ended.wait(STOP_S)

    text = (server.data / "log" / "simplechat.log").read_text()
    assert all(line.isprintable() for line in text.split("\n")), text
    for line in text.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \w+ \S", line), line
    assert re.search(r"ann came from 127\.0\.0\.1,\d+\n", text)
    assert re.search(r"ann at 127\.0\.0\.1,\d+ is gone\n", text)
