"""What was said long ago can be read again, whole, from a real server; and what was taken back cannot."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import deferLater

from tests.e2e.actor import POSTER, Actor, enter
from tests.e2e.paging import whole_history
from tests.e2e.reactor import async_test, the_reactor
from tests.e2e.server import Server, Servers

CAPS = (*POSTER, "draft/chathistory", "draft/message-redaction", "draft/search")
MESSAGES = 5000
GONE_WITHIN_S = 60


async def everything(actor: Actor, target: str) -> list[str]:
    """Page back to the beginning; give the texts, oldest first."""
    return [message.text for message in await whole_history(actor, target)]


@async_test
async def test_each_of_many_messages_comes_once_although_more_are_said(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", CAPS)
    ben = await enter(server, "ben", CAPS)
    said = [f"n{number}" for number in range(MESSAGES)]
    for target in ("#tea", "ben"):
        ann.says(*(f"PRIVMSG {target} :{text}" for text in said))
        await ann.settles(60)

    ann.says(*(f"PRIVMSG #tea :later{number}" for number in range(500)))

    in_room = await everything(ben, "#tea")
    assert [text for text in in_room if text.startswith("n")] == said
    assert await everything(ben, "ann") == said
    assert await everything(ann, "ben") == said


def traces(server: Server, text: str) -> list[str]:
    """Name the files of the data folder in which a text is."""
    files = (path for path in server.data.rglob("*") if path.is_file())
    return [path.name for path in files if text.encode() in path.read_bytes()]


@async_test
async def test_what_was_taken_back_is_in_no_file_a_minute_later(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", CAPS)
    ann.says("PRIVMSG #tea :a zebrafish sings", *(f"PRIVMSG #tea :word{n}" for n in range(1000)))
    said = await ann.hears("PRIVMSG", "a zebrafish sings")
    await ann.settles()
    await deferLater(the_reactor(), 3)  # until it is in the index of words, too
    assert traces(server, "zebrafish")

    ann.says(f"REDACT #tea {said.tags['msgid']}")
    await ann.hears("REDACT")
    for _ in range(GONE_WITHIN_S):
        ann.says("PRIVMSG #tea :and so on")
        await deferLater(the_reactor(), 1)
        if not traces(server, "zebrafish"):
            break

    assert traces(server, "zebrafish") == []
    ann.says("SEARCH text=word5")
    await ann.hears("PRIVMSG", "word5")
