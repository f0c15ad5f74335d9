"""The console over SSH, with OpenSSH's client: who gets in, what it does, and what attackers cost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.e2e.actor import enter
from tests.e2e.audit import said_in
from tests.e2e.reactor import Happening, async_test, the_reactor
from tests.e2e.server import Servers
from tests.e2e.ssh import VISIT_S, needs_ssh, start
from tests.e2e.terminal import Terminals
from tests.e2e.test_console import NASTY, OF_THE_EDITOR

PROMPT = "simplechat>"
CHUNK = b"SSH-" + b"x" * 65532
MEBIBYTES = 64
MORE_KIB = 1024  # that all of them may cost


@needs_ssh
@async_test
async def test_the_console_over_ssh_does_what_it_does_elsewhere(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server, visitors = await start(servers, tmp_path)
    await visitors.make_key("ann")
    ben, eve = await enter(server, "benedict"), await enter(server, "eve")
    nasty = " ".join(NASTY)
    eve.says(f"PRIVMSG #tea :{nasty}", f"SETNAME :{nasty}", f"TOPIC #tea :{nasty}")
    await eve.settles()
    terminal, other = visitors.come(terminals, "ann"), visitors.come(terminals, "ann")
    await terminal.until(PROMPT)
    await other.until(PROMPT)

    terminal.types("who bene\t")
    await terminal.until_typing("simplechat> who benedict")
    terminal.types("\rmessages\rwho eve\r")
    await terminal.until("user name", times=2)
    terminal.types("half a line\x03eject eve too loud\r")
    assert "too loud" in (await eve.hears("ERROR")).text
    terminal.types("clear tea\r")
    await terminal.until("Really? [y/N]")
    terminal.types("y\r")
    await terminal.until("Messages deleted for good: 1")
    other.types("audit\r")
    await other.until("ssh (ann@laptop)", times=2)
    terminal.types("\x04")

    assert await terminal.ends() == 0
    assert said_in(server.database) == []
    other.types("broadcast still here\r")
    assert (await ben.hears("NOTICE", "*")).text == "still here"
    assert not any("half a line" in line for line in terminal.lines)
    for driving in NASTY:
        assert driving.encode() not in terminal.written, repr(driving)
    rest = re.sub(b"|".join(OF_THE_EDITOR), b"", terminal.written).decode()
    assert rest.isprintable(), [char for char in rest if not char.isprintable()]


@needs_ssh
@async_test
async def test_it_fits_the_terminal_and_its_end_in_a_question_does_nothing(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server, visitors = await start(servers, tmp_path)
    await visitors.make_key("ann", "py")
    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :" + "word " * 50 + "last")
    await ann.settles()
    terminal = visitors.come(terminals, "ann")
    await terminal.until(PROMPT)

    terminal.types("py\rlen(hub.users)\r")
    await terminal.until("\n1\n")
    terminal.types("\x04stats\r")
    await terminal.until("bytes on the disk")
    terminal.resize(24, 50)
    terminal.types("messages\r")
    await terminal.until("last")
    terminal.types("clear tea\r")
    await terminal.until("This deletes all 1 messages")
    terminal.signal("KILL")
    await terminal.ends()

    assert len([line for line in terminal.lines if "word" in line]) > 3
    ann.says("PRIVMSG #tea :still here")
    await ann.settles()
    assert len(said_in(server.database)) == 2
    server.signal("TERM")
    await server.ended.wait(VISIT_S)
    assert "Traceback" not in server.out + server.err


@needs_ssh
@async_test
async def test_keys_get_in_and_nothing_else_does(servers: Servers, tmp_path: Path) -> None:
    server, visitors = await start(servers, tmp_path)
    await visitors.make_key("ann")
    await visitors.make_key("eve", opens=False)

    shown, code = await visitors.pipe("ann", "stats\n", "-T")
    assert (code, "bytes on the disk" in shown) == (0, True), shown
    assert "denied (publickey)" in (await visitors.pipe("eve", "stats\n", "-T"))[0]
    shown, code = await visitors.pipe("ann", "", "-o", "PubkeyAuthentication=no")
    assert (code, "denied (publickey)" in shown) == (255, True), shown
    visitors.keys.write_text("")
    assert "denied (publickey)" in (await visitors.pipe("ann", "stats\n", "-T"))[0]

    assert (server.data / "manhole_host_key").stat().st_mode & 0o777 == 0o600
    assert server.exit_code is None


class Flood(Protocol):
    """A version string without an end.

    Attributes:
        gone: The server has closed the connection, or taken everything.
    """

    def __init__(self) -> None:
        self.gone = Happening("the flood ends")
        self._left = MEBIBYTES << 4

    def connectionMade(self) -> None:
        transport: Any = self.transport
        transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Send more."""
        transport: Any = self.transport
        self._left -= 1
        if self._left >= 0:
            transport.write(CHUNK)
        else:
            transport.unregisterProducer()
            transport.loseConnection()

    def stopProducing(self) -> None:
        """Stop: the connection is gone."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone.happen()


@async_test
async def test_a_version_string_without_an_end_costs_little(servers: Servers, tmp_path: Path) -> None:
    server, visitors = await start(servers, tmp_path)
    endpoint = TCP4ClientEndpoint(the_reactor(), "127.0.0.1", visitors.port)

    async def flood() -> None:
        one: Flood = await connectProtocol(endpoint, Flood())
        await one.gone.wait(VISIT_S)

    await flood()
    before_kib = server.resident_kib
    for _ in range(8):
        await flood()

    assert server.resident_kib - before_kib < MORE_KIB
    ann = await enter(server, "ann")
    await ann.settles()
