"""The client on a terminal, against a real server and against hostile ones."""

from __future__ import annotations

import re
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol

from simplechat.terminal.sanitize import printable
from tests.e2e.actor import enter
from tests.e2e.reactor import async_test, the_reactor
from tests.e2e.server import Server, Servers
from tests.e2e.terminal import Terminal, Terminals

CLIENT = ("-m", "simplechat.client")

DRAWING = re.compile(
    rb"\x1b\[(?:"
    rb"[0-9;]*m"  # colours
    rb"|[0-9]*[ABCD]|[0-9]*;?[0-9]*H|[0-9]*[JK]"  # the cursor, and erasing
    rb"|\?(?:1|7|12|25|2004)[hl]"  # keys, wrapping, the cursor's look, pastes
    rb")"
    rb"|(?<!\x08)\x08(?!\x08)"  # one step back; what is said below has three
)
"""The control sequences that the line editor itself writes; no others may be on the terminal."""


async def start_in_lobby(
    terminals: Terminals, home: Path, server: Server, nick: str = "bob", *words: str
) -> Terminal:
    """Start the client on a terminal, and wait until it has joined."""
    terminal = terminals.spawn(
        home, *CLIENT, "--ip=127.0.0.1", f"--port={server.port}", f"--nick={nick}", *words
    )
    await terminal.until("you are in #lobby")
    return terminal


# -- chatting ------------------------------------------------------------------------------------------


@async_test
async def test_a_message_has_its_tick_once_it_is_saved(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", channel="#lobby")
    bob = await start_in_lobby(terminals, tmp_path, server)

    bob.types("hello ñ\r")
    heard = await ann.hears("PRIVMSG", "#lobby")
    await bob.until("bob: hello ñ ✓")

    assert heard.text == "hello ñ"


@async_test
async def test_the_line_being_typed_stays_whole_while_messages_arrive(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", channel="#lobby")
    bob = await start_in_lobby(terminals, tmp_path, server)

    bob.types("half a li")
    await bob.until_typing("#lobby> half a li")
    ann.says(*(f"PRIVMSG #lobby :number {number}" for number in range(500)))
    await bob.until("number 499")
    await bob.until_typing("#lobby> half a li")
    bob.types("ne\r")
    await bob.until("bob: half a line ✓")

    assert sum("number" in line for line in bob.lines) == 500


@async_test
async def test_commands_and_nicks_are_completed_and_tables_drawn(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    await enter(server, "annabel", channel="#lobby")
    bob = await start_in_lobby(terminals, tmp_path, server)
    await bob.until("annabel")

    bob.types("/wh\t")
    await bob.until_typing("#lobby> /who")
    bob.types("\r")
    await bob.until("annabel  ")
    bob.types("ann\t")
    await bob.until_typing("#lobby> annabel:")
    bob.types("hi\r")
    await bob.until("bob: annabel: hi ✓")
    bob.types("cls\r")
    await bob.until_typing("#lobby>")
    bob.types("/topic\r")
    await bob.until("#lobby has no topic")

    assert not any("annabel: hi" in line for line in bob.lines)


@pytest.mark.parametrize("settings", [{}, {"NO_COLOR": "1"}], ids=["colours", "none"])
@async_test
async def test_colours_are_shown_unless_the_environment_forbids_them(
    servers: Servers, terminals: Terminals, tmp_path: Path, settings: dict[str, str]
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", channel="#lobby")
    address = ("--ip=127.0.0.1", f"--port={server.port}")
    bob = terminals.spawn(tmp_path, *CLIENT, *address, **settings)
    await bob.until("you are in #lobby")

    ann.says("PRIVMSG #lobby :hello")
    await bob.until("ann: hello")

    coloured = re.findall(rb"\x1b\[[0-9;]*;(?:3[0-9]|9[0-9])[0-9;]*m", bob.written)
    assert bool(coloured) == (not settings)


@async_test
async def test_after_a_restart_of_the_server_the_client_reconnects_and_shows_nothing_twice(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as place:
        port = place.getsockname()[1]
    options = (f"--port={port}", "--replay=50")
    first = await servers.start(tmp_path / "data", *options)
    bob = await start_in_lobby(terminals, tmp_path, first)
    bob.types("before\r")
    await bob.until("before ✓")

    await first.kill()
    await bob.until("trying again")
    bob.types("in vain\r")
    await bob.until("not connected; not sent: in vain")
    second = await servers.start(tmp_path / "data", *options)
    ann = await enter(second, "ann", channel="#lobby")
    ann.says("PRIVMSG #lobby :while you were away")
    await bob.until("connected as bob", times=2)
    await bob.until("while you were away")
    bob.types("after\r")
    await bob.until("after ✓")

    assert sum("bob: before" in line for line in bob.lines) == 1
    assert sum("while you were away" in line for line in bob.lines) == 1


# -- how it ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        ("chat.exit\r", "", 0, ""),
        ("/exit so long\r", "", 0, ""),
        ("\x04", "", 0, ""),
        ("\x03", "", 130, "interrupted"),
        ("", "TERM", 143, "ended by SIGTERM"),
        ("", "HUP", 129, "ended by SIGHUP"),
        ("", "INT", 130, "interrupted"),
    ],
)
@pytest.mark.parametrize("option", ["", "--plain"])
@async_test
async def test_the_terminal_is_restored_however_the_client_ends(
    servers: Servers,
    terminals: Terminals,
    tmp_path: Path,
    end: tuple[str, str, int, str],
    option: str,
) -> None:
    keys, signal, code, words = end
    server = await servers.start(tmp_path / "data")
    address = ("--ip=127.0.0.1", f"--port={server.port}")
    bob = terminals.spawn(tmp_path, *CLIENT, *address, *filter(None, [option]))
    before = bob.settings
    await bob.until("you are in #lobby")

    if signal:
        bob.signal(signal)
    bob.types(keys)

    assert await bob.ends() == code
    assert bob.settings == before
    assert words in "\n".join(bob.lines)
    assert "Traceback" not in "\n".join(bob.lines)


@async_test
async def test_the_shells_terminal_blocks_again_after_the_end(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    shell = "import os, subprocess, sys; subprocess.call(sys.argv[1:]); print('blocking', os.get_blocking(0))"
    client = (sys.executable, *CLIENT, "--plain", "--ip=127.0.0.1", f"--port={server.port}")
    terminal = terminals.spawn(tmp_path, "-c", shell, *client)
    await terminal.until("you are in #lobby")

    terminal.types("/exit\r")

    await terminal.until("blocking True")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ip=127.0.0.1", "--port=1"), "127.0.0.1:1: No server listens there"),
        (("--ip=::1", "--port=1"), "[::1]:1: "),
        (("--ip=nowhere.invalid",), "There is no host of that name"),
        (("--port=x",), "a port is a number from 1 to 65535"),
        (("--nick=a b",), "a nick is one word"),
    ],
)
@async_test
async def test_an_error_at_the_start_is_one_line(
    terminals: Terminals, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    terminal = terminals.spawn(tmp_path, *CLIENT, "--plain", "--ip=127.0.0.1", "--port=1", *options)
    before = terminal.settings

    code = await terminal.ends()

    assert code == 1
    assert terminal.written.count(b"\n") == 1
    assert words in "".join(terminal.lines)
    assert terminal.settings == before


@async_test
async def test_the_address_is_asked_for_until_it_is_valid(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    terminal = terminals.spawn(tmp_path, *CLIENT)

    await terminal.until("Server [127.0.0.1]:")
    terminal.types("\n")
    await terminal.until("Port [8067]:")
    terminal.types("none\n")
    await terminal.until("a port is a number from 1 to 65535")
    terminal.types(f"{server.port}\n")
    await terminal.until("you are in #lobby")


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 0)])
@async_test
async def test_a_key_leaves_instead_of_answering(
    terminals: Terminals, tmp_path: Path, key: str, code: int
) -> None:
    terminal = terminals.spawn(tmp_path, *CLIENT)
    await terminal.until("Server [127.0.0.1]:")

    assert await terminal.ends(pressing=key) == code
    assert "Traceback" not in "\n".join(terminal.lines)


# -- servers that do not speak IRC, and hostile ones ---------------------------------------------------


class FakeServer(Protocol):
    """A server that sends fixed lines after the client's first line."""

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "surrogatepass")

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        said, self._data = self._data, b""
        self.transport.write(said)


async def start_fake_server(*lines: str) -> int:
    """Listen as such a server until the tests end; return the port."""
    factory = Factory.forProtocol(lambda: FakeServer("".join(f"{line}\r\n" for line in lines)))
    port = await TCP4ServerEndpoint(the_reactor(), 0, interface="127.0.0.1").listen(factory)
    number: int = port.getHost().port
    return number


@async_test
async def test_a_server_that_does_not_speak_irc_is_one_line(terminals: Terminals, tmp_path: Path) -> None:
    port = await start_fake_server("HTTP/1.1 400 Bad Request")

    terminal = terminals.spawn(tmp_path, *CLIENT, "--ip=127.0.0.1", f"--port={port}")

    assert await terminal.ends() == 1
    shown = [line for line in terminal.lines if line]
    assert shown == [f"simplechat-client: 127.0.0.1:{port}: It does not speak as a chat server does"]


@async_test
async def test_an_unconfirmed_message_stays_visible(terminals: Terminals, tmp_path: Path) -> None:
    port = await start_fake_server("CAP * LS :", ":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby")
    terminal = terminals.spawn(tmp_path, *CLIENT, "--ip=127.0.0.1", f"--port={port}")
    await terminal.until("you are in #lobby")

    terminal.types("are you there?\r")

    await terminal.until("… are you there?\n#lobby>")
    await terminal.until_typing("#lobby>")


NASTY = (
    "\x1b]52;c;aGk=\x07",  # the clipboard
    "\x1b[2J\x1b[H\x1b[?1049h",
    "\x9b31m\x9d0;title\x9c",
    "\u202egnp.exe\u2066x\u2067y",
    "e" + "\u0301" * 60,
    "\u200b\u200d" * 60,
    "\u2028\u2029\x85\x0c\x0b",
    "\U000e0041\U000e0042\ufeff",
    "\x08\x08\x08\x7f\x00"[:4],
)


@async_test
async def test_no_text_of_a_server_controls_the_terminal(terminals: Terminals, tmp_path: Path) -> None:
    lines = ["CAP * LS :", ":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby"]
    for nasty in NASTY:
        word = nasty.replace(" ", "")
        lines += [
            f":{word}!u@h JOIN #lobby",
            f":{word}!u@h PRIVMSG #lobby :{nasty}",
            f":{word}!u@h PRIVMSG #lobby :\x01ACTION {nasty}\x01",
            f":{word}!u@h NOTICE bob :{nasty}",
            f":{word}!u@h TOPIC #lobby :{nasty}",
            f":{word}!u@h NICK {word}2",
            f":irc 332 bob #{word} :{nasty}",
            f":irc 352 bob #{word} u h irc {word} H :0 {nasty}",
            f":irc 322 bob #{word} 3 :{nasty}",
            f":irc 353 bob = #lobby :{word} {word}2",
            f":irc 372 bob :{nasty}",
            f":irc 403 bob #{word} :{nasty}",
            f":{word}!u@h INVITE bob #{word}",
            f":{word}!u@h MODE #lobby +b {word}",
            f":{word}!u@h KICK #lobby zed :{nasty}",
            f":{word}!u@h QUIT :{nasty}",
        ]
    lines += [
        ":irc 315 bob x :End",
        ":irc 323 bob :End",
        ":irc 366 bob #lobby :End",
        ":ann!a@h PRIVMSG #lobby :the end",
    ]
    port = await start_fake_server(*lines)

    terminal = terminals.spawn(tmp_path, *CLIENT, "--ip=127.0.0.1", f"--port={port}", "--nick=bob")
    await terminal.until("the end")
    terminal.types("/help \t\t")
    terminal.types("\x03\x03")
    await terminal.until("interrupted")

    texts = DRAWING.sub(b"\n", terminal.written).decode().splitlines()
    assert [text for text in texts if text != printable(text)] == []
    assert any("]52;c" in text for text in texts)


# -- accounts and pastes -------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["", "--plain"])
@async_test
async def test_a_password_that_is_typed_is_seen_nowhere(
    servers: Servers, terminals: Terminals, tmp_path: Path, option: str
) -> None:
    server = await servers.start(tmp_path / "data", "--password-cost=5000")
    bob = await start_in_lobby(terminals, tmp_path, server, "bob", *filter(None, [option]))

    bob.types("/register\r")
    await bob.until("New password for bob:")
    bob.types("xyzzy-pencil\r")
    await bob.until("Once more:")
    bob.types("xyzzy-pencil\r")
    await bob.until("logged in as bob")
    bob.types("hello\r")
    await bob.until("bob: hello ✓")
    bob.types("/login\r")
    await bob.until("Password of bob:")
    bob.types("xyzzy")
    if not option:
        bob.types("\x03")
        await bob.until("nothing was done")
        await bob.until_typing("#lobby>")
    bob.types("\x04" if not option else "\r/exit\r")

    assert await bob.ends() == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"xyzzy" not in bob.written
    assert [path for path in files if b"xyzzy" in path.read_bytes()] == []


@async_test
async def test_an_account_is_logged_in_to_with_the_password_of_the_environment(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data", "--password-cost=5000")
    maker = await enter(server, "ann", channel="#lobby")
    maker.says("REGISTER * * pencil")
    await maker.hears("REGISTER")
    maker.says("QUIT")
    words = (*CLIENT, "--plain", "--ip=127.0.0.1", f"--port={server.port}", "--account=ann")

    ann = terminals.spawn(tmp_path, *words, SIMPLECHAT_CLIENT_PASSWORD="pencil")
    await ann.until("connected as ann")

    assert "* logged in as ann" in ann.lines


@async_test
async def test_a_paste_of_three_lines_is_one_message(
    servers: Servers, terminals: Terminals, tmp_path: Path
) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann", channel="#lobby", caps=("batch", "draft/multiline"))
    bob = await start_in_lobby(terminals, tmp_path, server)

    bob.types("\x1b[200~one\r\n  two\r\nthree\x1b[201~")
    await bob.until("three")
    bob.types("\r")
    await bob.until("      | three ✓")

    assert (await ann.hears("BATCH")).params[1] == "draft/multiline"
