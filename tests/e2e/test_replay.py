"""A returning user is shown what was said before a restart, once."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.actor import enter
from tests.e2e.reactor import async_test
from tests.e2e.server import Servers


@async_test
async def test_who_comes_back_after_a_restart_is_shown_what_was_said_once(
    servers: Servers, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    for number in range(60):
        ann.says(f"PRIVMSG #tea :{number}")
    await ann.settles()
    await server.kill()

    server = await servers.start(server.data, "--replay=50")
    ben = await enter(server, "ben")
    ben.says("PRIVMSG #tea :new")
    await ben.settles()

    texts = [heard.text for heard in ben.heard if heard.command == "PRIVMSG"]
    assert texts == [*(str(number) for number in range(10, 60)), "new"]
