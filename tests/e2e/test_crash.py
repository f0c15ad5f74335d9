"""What anybody was shown survives a kill at any moment, and history returns it.

`SIMPLECHAT_CRASH_ROUNDS=30` makes it a longer test.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from tests.e2e.actor import PLAIN, READER, Actor, Heard, enter
from tests.e2e.audit import Row, check_shown, is_sound, said_in
from tests.e2e.paging import CAPS, whole_history
from tests.e2e.reactor import Happening, async_test, pause
from tests.e2e.server import Server, Servers

ROUNDS = int(os.environ.get("SIMPLECHAT_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("SIMPLECHAT_CRASH_SEED") or random.randrange(10**6))
IN_FLIGHT = 8  # messages that a poster has said and not seen yet
TALK_S = 30.0


def keep_posting(poster: Actor) -> None:
    """Post, and after each echo post again."""
    texts = (f"{poster.nick} says {place}" for place in count())

    def react(heard: Heard) -> None:
        if heard.command == "PRIVMSG" and heard.source.startswith(f"{poster.nick}!"):
            poster.says(f"PRIVMSG #tea :{next(texts)}")

    poster.reacts = react
    poster.says(*(f"PRIVMSG #tea :{next(texts)}" for _ in range(IN_FLIGHT)))


async def until_heard(reader: Actor, number: int) -> None:
    """Wait until the reader received so many messages."""
    enough = Happening(f"{reader.nick} is shown {number} messages")
    seen = count(1)

    def react(heard: Heard) -> None:
        if heard.command == "PRIVMSG" and next(seen) == number:
            enough.happen()

    reader.reacts = react
    await enough.wait(TALK_S)


async def talk_until_killed(server: Server, dice: random.Random) -> list[Actor]:
    """Let six users post before two who listen, and kill the server at some moment."""
    readers = [await enter(server, "rita", READER), await enter(server, "rolf", PLAIN)]
    posters = [await enter(server, f"poster{place}") for place in range(6)]
    for poster in posters:
        keep_posting(poster)
    await until_heard(readers[0], dice.randrange(1, 3000))
    await pause(dice.uniform(0, 0.02))
    await server.kill()
    for actor in (*readers, *posters):
        await actor.gone.wait(5)
    return [*readers, *posters]


@pytest.mark.parametrize("place", range(ROUNDS))
@async_test
async def test_what_was_shown_survives_a_kill(servers: Servers, tmp_path: Path, place: int) -> None:
    print(f"SIMPLECHAT_CRASH_SEED={SEED}, round {place}")  # noqa: T201 - pytest shows it with a failure
    server = await servers.start(tmp_path / "data")
    actors = await talk_until_killed(server, random.Random(f"{SEED}/{place}"))

    server = await servers.start(server.data)
    newcomer = await enter(server, "newcomer", CAPS)
    told = await whole_history(newcomer, "#tea")
    said = [Row(each.number, each.command, each.source.partition("!")[0], each.text) for each in told]

    assert said == said_in(server.database)
    assert said
    assert is_sound(server.database)
    check_shown(said, actors)
    newcomer.says("PRIVMSG #tea :after the crash")
    assert (await newcomer.hears("PRIVMSG", "after the crash")).number > said[-1].number


@async_test
async def test_ids_go_on_above_the_newest_even_when_the_clock_went_back(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :now")
    now = (await ann.hears("PRIVMSG", "now")).number
    await server.kill()
    in_an_hour = now + (3_600_000 << 22)
    with closing(sqlite3.connect(server.database)) as connection, connection:
        connection.execute("UPDATE log SET id = ? WHERE id = ?", (in_an_hour, now))

    server = await servers.start(server.data)
    ben = await enter(server, "ben")
    ben.says("PRIVMSG #tea :later", "PRIVMSG #tea :latest")
    await ben.settles()

    assert [row.text for row in said_in(server.database)] == ["now", "later", "latest"]
    check_shown(said_in(server.database)[1:], [ben])


def keep_changing(owner: Actor) -> None:
    """Rename the channel and change a profile; after each change seen, once more."""
    names, moods = (f"#room{place}" for place in count(1)), (f"mood{place}" for place in count(1))

    def react(heard: Heard) -> None:
        if heard.command == "RENAME":
            owner.says(f"RENAME {heard.params[1]} {next(names)}", f"METADATA * SET status {next(moods)}")

    owner.reacts = react
    owner.says(f"RENAME #tea {next(names)}")


def newest(words: list[str]) -> int:
    """Return the highest number at the end of a word."""
    return max(int(re.sub(r"\D", "", word) or 0) for word in words)


@async_test
async def test_names_and_profiles_that_were_told_survive_a_kill(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    owner = await enter(server, "ann", ("draft/channel-rename", "draft/metadata-3"), "#hall")
    owner.says("REGISTER * * sesame", "JOIN #tea", "PRIVMSG #tea :from the beginning")
    await owner.settles()
    other = await enter(server, "ben", ("draft/channel-rename", "draft/metadata-3"))
    other.says("METADATA * SUB status")
    await other.settles()
    enough = Happening("ben is told of some names")

    def react(heard: Heard) -> None:
        if heard.command == "RENAME" and heard.params[1] == "#room40":
            enough.happen()

    other.reacts = react
    keep_changing(owner)
    await enough.wait(TALK_S)
    await server.kill()
    await other.gone.wait(5)
    told = newest([each.params[1] for each in other.heard if each.command == "RENAME"])
    mood = newest([each.text for each in other.heard if each.command == "761"])

    server = await servers.start(server.data)
    with closing(sqlite3.connect(server.database)) as database:
        ((name,),) = database.execute("SELECT name FROM room WHERE target = '#tea'")
        ((profile,),) = database.execute("SELECT profile FROM account")
    newcomer = await enter(server, "newcomer", CAPS, "#hall")
    newcomer.says(f"JOIN #room{newest([name]) - 1}")
    here = await newcomer.hears("353", name)

    assert (told <= newest([name]) <= told + 1, mood <= newest([profile]) <= mood + 1) == (True, True)
    assert "ann" in here.text
    assert [each.text for each in await whole_history(newcomer, name)] == ["from the beginning"]
