"""Old messages can be read again, whole, from a real server; deleted ones cannot."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from tests.e2e.actor import POSTER, Actor, connect, enter
from tests.e2e.paging import whole_history
from tests.e2e.reactor import async_test, pause
from tests.e2e.server import Server, Servers

CAPS = (*POSTER, "draft/chathistory", "draft/message-redaction", "draft/search")
MESSAGES = 5000
PASSWORD = "open sesame"
EVER = "timestamp=1999-01-01T00:00:00.000Z timestamp=2199-01-01T00:00:00.000Z"
GONE_WITHIN_S = 60


async def everything(actor: Actor, target: str) -> list[str]:
    """Page back to the start; return the texts, oldest first."""
    return [message.text for message in await whole_history(actor, target) if message.command == "PRIVMSG"]


async def come_as_clients_do(server: Server, name: str) -> Actor:
    """Connect with every capability, log in, and join."""
    actor = await connect(server, name)
    actor.says("CAP LS 302")
    more = await actor.hears("CAP", "LS")
    offered = more.text.split()
    while more.params[2] == "*":
        more = await actor.hears("CAP", "LS")
        offered += more.text.split()
    for place in range(0, len(offered), 10):
        wanted = " ".join(each.partition("=")[0] for each in offered[place : place + 10])
        actor.says(f"CAP REQ :{wanted}")
        await actor.hears("CAP", "ACK", wanted)
    secret = b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
    actor.says("AUTHENTICATE PLAIN", f"AUTHENTICATE {secret}")
    await actor.hears("903")
    actor.says(f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
    await actor.hears("001")
    actor.says("JOIN #tea")
    await actor.settles()
    return actor


async def targets(actor: Actor) -> list[str]:
    """Request the targets with messages."""
    actor.says(f"CHATHISTORY TARGETS {EVER} 100")
    opening = await actor.hears("BATCH", "draft/chathistory-targets")
    start = actor.heard.index(opening)
    await actor.hears("BATCH", f"-{opening.params[0][1:]}")
    return [each.params[1] for each in actor.heard[start:] if each.command == "CHATHISTORY"]


@async_test
async def test_each_of_many_messages_comes_once_although_more_are_said(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data", "--password-cost=4096")
    ann = await enter(server, "ann", CAPS)
    ben = await enter(server, "ben", CAPS)
    ben.says(f"REGISTER * * :{PASSWORD}")
    await ben.hears("REGISTER", "SUCCESS")
    said = [f"n{number}" for number in range(MESSAGES)]
    for target in ("#tea", "ben"):
        ann.says(*(f"PRIVMSG {target} :{text}" for text in said))
        await ann.settles(60)

    ann.says(*(f"PRIVMSG #tea :later{number}" for number in range(500)))

    ben.says("QUIT")
    await ben.gone.wait(5)
    ben = await come_as_clients_do(server, "ben")
    assert sorted(await targets(ben)) == ["#tea", "ann"]
    in_room = await everything(ben, "#tea")
    assert [text for text in in_room if text.startswith("n")] == said
    assert await everything(ben, "ann") == said
    assert await everything(ann, "ben") == said


def traces(server: Server, text: str) -> list[str]:
    """Return the files of the data folder that contain a text."""
    files = (path for path in server.data.rglob("*") if path.is_file())
    return [path.name for path in files if text.encode() in path.read_bytes()]


@async_test
async def test_what_was_taken_back_is_in_no_file_a_minute_later(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", CAPS)
    ann.says("PRIVMSG #tea :a zebrafish sings", *(f"PRIVMSG #tea :word{n}" for n in range(1000)))
    said = await ann.hears("PRIVMSG", "a zebrafish sings")
    await ann.settles()
    await pause(1.5)  # until it is in the index of words, too
    assert traces(server, "zebrafish")

    ann.says(f"REDACT #tea {said.tags['msgid']}")
    await ann.hears("REDACT")
    for _ in range(4 * GONE_WITHIN_S):
        ann.says("PRIVMSG #tea :and so on")
        await pause(0.25)
        if not traces(server, "zebrafish"):
            break

    assert traces(server, "zebrafish") == []
    ann.says("SEARCH text=word5")
    await ann.hears("PRIVMSG", "word5")
