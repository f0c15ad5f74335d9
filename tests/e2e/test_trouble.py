"""When the server cannot store, it says so, stays up, and recovers by itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.actor import PLAIN, READER, Actor, Heard, enter
from tests.e2e.audit import check_shown, log_of, said_in
from tests.e2e.reactor import async_test, pause, the_reactor
from tests.e2e.server import Server, Servers
from tests.e2e.trouble import Trouble, full, locked, no_sync

TROUBLE_S = float(os.environ.get("SIMPLECHAT_TROUBLE_S", "2.5"))
PONG_S = 2.0
RECOVERY_S = 5.0


class Company:
    """Three users who post, two who listen, and three who come and go while the disk fails."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.posters: list[Actor] = []
        self.readers: list[Actor] = []
        self.walkers: list[Actor] = []
        self.refused: list[str] = []
        self._posts = 0

    async def gather(self) -> None:
        """Connect everybody."""
        for nick in ("ann", "ben", "cat"):
            self.posters.append(await enter(self.server, nick))
        self.readers.append(await enter(self.server, "rita", READER))
        self.readers.append(await enter(self.server, "rolf", PLAIN))
        for nick, channel in (("kay", "#hall"), ("lee", "#tea"), ("max", "#tea")):
            self.walkers.append(await enter(self.server, nick, channel=channel))

    @property
    def stayed(self) -> list[Actor]:
        """The users who stay in #tea from start to end."""
        return [*self.posters, *self.readers]

    async def post(self, poster: Actor) -> Heard:
        """Post; return the answer: the echo, or the refusal."""
        self._posts += 1
        label, text = f"{poster.nick}{self._posts}", f"{poster.nick} says {self._posts}"
        labelled = poster is not self.posters[2]
        poster.says(f"@label={label} PRIVMSG #tea :{text}" if labelled else f"PRIVMSG #tea :{text}")

        def is_answer(heard: Heard) -> bool:
            is_echo = heard.command == "PRIVMSG" and heard.text == text
            return is_echo or heard.command == "FAIL"

        answer = await poster.hears_what(is_answer, f"what became of {text!r}")
        assert answer.tags.get("label") == (label if labelled else None)
        if answer.command == "FAIL":
            assert answer.params[:3] == ("PRIVMSG", "MESSAGE_NOT_STORED", "#tea")
            self.refused.append(text)
        return answer

    async def walk(self) -> None:
        """Leave and join; those who stay see it, whatever the disk does."""
        kay, lee, max_ = self.walkers
        kay.says("JOIN #tea")
        lee.says("PART #tea :too loud")
        max_.says("QUIT :enough")
        await kay.hears("366", "#tea")
        await lee.hears("PART", "#tea")
        await max_.gone.wait(PONG_S)
        for reader in self.readers:
            await reader.settles()
            assert {"JOIN", "PART", "QUIT"} <= {each.command for each in reader.heard[-8:]}

    async def suffer(self) -> None:
        """Post again and again in vain, while everything that needs no disk goes on."""
        until = the_reactor().seconds() + TROUBLE_S
        while the_reactor().seconds() < until:
            for poster in self.posters:
                assert (await self.post(poster)).command == "FAIL"
            for actor in self.stayed:
                await actor.settles(PONG_S)
            await pause(0.05)

    async def recover(self) -> None:
        """Post until it succeeds, which must not take long; then everybody succeeds."""
        until = the_reactor().seconds() + RECOVERY_S
        while (await self.post(self.posters[0])).command == "FAIL":
            assert the_reactor().seconds() < until, "the server does not recover"
            await pause(0.05)
        for poster in self.posters:
            assert (await self.post(poster)).command == "PRIVMSG"
        for actor in self.stayed:
            assert not actor.gone.is_past
            await actor.settles()


@pytest.mark.parametrize("trouble", [locked, full])
@async_test
async def test_what_cannot_be_stored_is_refused_until_it_can(
    servers: Servers, tmp_path: Path, trouble: Trouble
) -> None:
    server = await servers.start(tmp_path / "data")
    company = Company(server)
    await company.gather()
    for poster in company.posters:
        assert (await company.post(poster)).command == "PRIVMSG"

    with trouble(server):
        for actor in company.stayed:
            actor.says("PING first")
        await company.walk()
        await company.suffer()
    await company.recover()

    said = said_in(server.database)
    assert company.refused
    assert not set(company.refused) & {row.text for row in said}
    check_shown(said, company.stayed)
    assert all(len(actor.messages("#tea")) == len(said) for actor in company.stayed)
    assert "Traceback" not in server.out + server.err, server.out + server.err
    walks = {(row.kind, row.nick, row.text) for row in log_of(server.database)}
    assert {("JOIN", "kay", ""), ("PART", "lee", "too loud"), ("QUIT", "max", "Quit: enough")} <= walks


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the disk fail; it is not here")
@async_test
async def test_nothing_is_shown_that_the_disk_did_not_make_last(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    company = Company(server)
    await company.gather()
    assert (await company.post(company.posters[0])).command == "PRIVMSG"

    with no_sync(server):
        for poster in company.posters:
            assert (await company.post(poster)).command == "FAIL"
            await company.readers[0].settles()
    await company.recover()

    for actor in company.stayed:
        assert not set(company.refused) & {heard.text for heard in actor.messages("#tea")}
