"""Measure history queries in a channel of ten million messages while others post there.

The database is made on the first run, and used again by the next. Needs the Python that simplechat is
installed for. `benchmarks/README.md` tells what the figures mean.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

if not __package__:  # run as a file: the rest lies beside it
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.clients import LoadError
from benchmarks.irc_client import Client
from benchmarks.long_log import RARE, ROOM, id_at, make
from benchmarks.servers import OurServer, Server
from simplechat.hub.ids import msgid_of

POSTERS = 20
ENTER_S = 30.0
CAPS = "batch message-tags server-time draft/chathistory draft/search"
CHECKPOINT_EVERY_S = 0.02
SPAN = 1000  # messages, between the ends of BETWEEN


@dataclass
class Question:
    """One kind of question.

    Attributes:
        line: Builds the line from the number of messages.
    """

    name: str
    line: Callable[[int], str]


def _at(count: int) -> str:
    return f"msgid={msgid_of(id_at(random.randrange(count)))}"


def _between(count: int) -> str:
    place = random.randrange(max(1, count - SPAN))
    ends = (msgid_of(id_at(place)), msgid_of(id_at(place + SPAN)))
    return f"CHATHISTORY BETWEEN {ROOM} msgid={ends[0]} msgid={ends[1]} 100"


QUESTIONS = (
    Question("LATEST", lambda count: f"CHATHISTORY LATEST {ROOM} * 100"),
    Question("BEFORE", lambda count: f"CHATHISTORY BEFORE {ROOM} {_at(count)} 100"),
    Question("AROUND", lambda count: f"CHATHISTORY AROUND {ROOM} {_at(count)} 100"),
    Question("BETWEEN", _between),
    Question("SEARCH", lambda count: f"SEARCH in={ROOM};text={RARE}"),
)


async def enter(server: Server, nick: str, caps: str = "") -> Client:
    """Join the channel."""
    client = await Client.connect(server, nick, caps)
    client.say(f"JOIN {ROOM}")
    await client.hear(" 366 ")
    return client


async def ask(client: Client, line: str) -> float:
    """Ask, read the whole answer, and return the seconds it took."""
    start = time.perf_counter()
    client.say(line)
    opening = (await client.hear(" BATCH +", " FAIL ")).split()
    if "BATCH" not in opening:
        raise LoadError(f"{line} was not answered: {' '.join(opening)}")
    await client.hear(f" BATCH -{opening[opening.index('BATCH') + 1][1:]}")
    return time.perf_counter() - start


@contextmanager
def posting(server: Server, rate: int) -> Iterator[None]:
    """Post so many lines a second in all, from a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    are_there = spawn.Event()
    process = spawn.Process(target=_run_posters, args=(server, rate, are_there))
    process.start()
    try:
        if not are_there.wait(ENTER_S):
            raise SystemExit("history.py: the posters did not join")
        yield
    finally:
        process.terminate()
        process.join()


def _run_posters(server: Server, rate: int, are_there: Event) -> None:
    asyncio.run(_post(server, rate, are_there))


async def _post(server: Server, rate: int, are_there: Event) -> None:
    posters = [await enter(server, f"poster{number}") for number in range(POSTERS)]
    listening = [asyncio.create_task(poster.swallow()) for poster in posters]
    are_there.set()
    start, said = time.perf_counter(), 0
    while listening:
        while said < (time.perf_counter() - start) * rate:
            said += 1
            posters[said % len(posters)].say(f"PRIVMSG {ROOM} :the quick brown fox jumps over number {said}")
        await asyncio.sleep(0.002)


@asynccontextmanager
async def checkpointing(path: Path) -> AsyncIterator[None]:
    """Checkpoint the write-ahead log all the time."""
    task = asyncio.create_task(asyncio.to_thread(_checkpoint, path, end := [False]))
    try:
        yield
    finally:
        end[0] = True
        await task


def _checkpoint(path: Path, end: list[bool]) -> None:
    connection = sqlite3.connect(path)
    while not end[0]:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        time.sleep(CHECKPOINT_EVERY_S)
    connection.close()


def forget_cache(folder: Path) -> None:
    """Drop the files from the page cache; pages not written yet stay."""
    for path in folder.glob("simplechat.db*"):
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


async def ask_all(server: Server, count: int, times: int) -> dict[str, list[float]]:
    """Ask each question so many times, round robin."""
    asker = await enter(server, "asker", CAPS)
    taken: dict[str, list[float]] = {question.name: [] for question in QUESTIONS}
    for _ in range(times):
        for question in QUESTIONS:
            taken[question.name].append(await ask(asker, question.line(count)))
    asker.leave()
    return taken


async def ask_cold(ours: OurServer, count: int, times: int) -> dict[str, list[float]]:
    """Ask each question first after a start, with a cold page cache."""
    assert ours.data is not None
    taken: dict[str, list[float]] = {question.name: [] for question in QUESTIONS}
    for _ in range(times):
        for question in QUESTIONS:
            forget_cache(ours.data)
            with ours.running(None) as server:
                asker = await enter(server, "asker", CAPS)
                taken[question.name].append(await ask(asker, question.line(count)))
                asker.leave()
    return taken


def _show(condition: str, taken: dict[str, list[float]]) -> Iterator[str]:
    for name, seconds in taken.items():
        ordered = sorted(each * 1000 for each in seconds)
        late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        yield f"| {condition} | {name} | {median(ordered):.1f} | {late:.1f} | {ordered[-1]:.1f} |"


async def measure(ours: OurServer, count: int, times: int, rate: int) -> AsyncIterator[str]:
    """Measure everything; return the lines of a table."""
    assert ours.data is not None
    yield "| while | question | median ms | p95 ms | most ms |\n|---|---|---|---|---|"
    with ours.running(None) as server:
        for line in _show("nobody posts", await ask_all(server, count, times)):
            yield line
        with posting(server, rate):
            for line in _show(f"{rate} messages/s", await ask_all(server, count, times)):
                yield line
            async with checkpointing(ours.data / "simplechat.db"):
                for line in _show(f"{rate} messages/s, checkpoints", await ask_all(server, count, times)):
                    yield line
    for line in _show("first after a cold start", await ask_cold(ours, count, max(3, times // 20))):
        yield line


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(130) from None


async def _main(options: argparse.Namespace) -> None:
    ours = OurServer(data=options.data)
    async for line in measure(ours, options.messages, options.times, options.rate):
        print(line, flush=True)


def main() -> None:
    """Build the database if there is none, and measure."""
    parser = argparse.ArgumentParser(prog="history.py", description=__doc__)
    add = parser.add_argument
    add("data", type=Path, help="the data folder: some gigabytes; made where there is none")
    add("--messages", type=int, default=10_000_000, help="how many there are (10,000,000)")
    add("--times", type=int, default=100, help="how often each question is asked (100)")
    add("--rate", type=int, default=500, help=f"messages a second, from {POSTERS} people (500)")
    options = parser.parse_args()
    with _told():
        if not (options.data / "simplechat.db").exists():
            make(options.data / "simplechat.db", options.messages)
        asyncio.run(_main(options))


if __name__ == "__main__":
    main()
