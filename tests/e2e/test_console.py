"""The owner's prompt, on a real terminal and on a pipe."""

from __future__ import annotations

import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.actor import enter
from tests.e2e.audit import said_in
from tests.e2e.owner import OwnedServer, own
from tests.e2e.reactor import async_test, pause
from tests.e2e.server import START_S, TWISTD, Servers
from tests.e2e.terminal import Terminals

STOP_S = 5.0
HANG_UP_S = 1.0  # for what goes wrong then to go wrong
NOHUP = ("-c", f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); {TWISTD[1]}", *TWISTD[2:])

NASTY = (
    *("\x1b]52;c;aGk=\x07", "\x1b]0;owned\x07", "\x1b[?1049h", "\x1b[5n", "\x1bPq\x1b\\", "\x9b31m", "\x07"),
    *("\u202e", "\u2066", "\x85", "\x0e", "\x7f", "\u2028"),
)
WIDE = "\uff41nn"
OF_THE_EDITOR = (
    *(rb"\x1b\[\?(?:25|2004|7|1|12)[hl]", rb"\x1b\[[0-9;]*m", rb"\x1b\[\d*[ABCDGJK]", rb"\x1b\[\d+;\d+H"),
    *(rb"\x1b\[H", rb"\x1b[=>]", rb"\x1b\[\d* q", rb"\r", rb"\n", rb"\x08"),
)


def acts(server: OwnedServer) -> list[tuple[str, str]]:
    """Return the commands in the audit log, and their objects."""
    with closing(sqlite3.connect(server.database)) as database:
        return database.execute("SELECT kind, text FROM log WHERE target = '*audit' ORDER BY id").fetchall()


@async_test
async def test_the_owner_looks_speaks_and_stops_the_server(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    terminal = server.terminal
    ann, ben = await enter(server, "ann"), await enter(server, "ben")
    ann.says("PRIVMSG #tea :hello from ann")
    await ann.settles()

    terminal.types("list\r")
    await terminal.until("ben  ")
    terminal.types("messages\r")
    await terminal.until("hello from ann")
    terminal.types("broadcast tea is ready\r")
    assert (await ann.hears("NOTICE", "*")).text == "tea is ready"
    await terminal.until("Connections reached: 2")
    terminal.types("eject ben too loud\r")
    assert "too loud" in (await ben.hears("ERROR")).text
    await ben.gone.wait(STOP_S)
    terminal.types("shutdown 0 see you\r")
    assert "see you" in (await ann.hears("ERROR")).text

    assert await terminal.ends(STOP_S) == 0
    assert terminal.settings == server.settings
    assert acts(server) == [
        ("BROADCAST", "2"),
        ("EJECT", "ben too loud"),
        ("SHUTDOWN", "0 see you"),
    ]
    assert "Traceback" not in "\n".join(terminal.lines)


@async_test
async def test_clearing_asks_and_leaves_no_trace(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    terminal = server.terminal
    ann = await enter(server, "ann")
    for batch in range(10):
        ann.says(*(f"PRIVMSG #tea :canary {batch}.{number}" for number in range(100)))
    ann.says("JOIN #milk", "PRIVMSG #milk :kept")
    await ann.settles()

    terminal.types("clear tea\r")
    await terminal.until_typing("This deletes all 1000 messages of #tea for good. Really? [y/N]")
    terminal.types("n\r")
    await terminal.until("Nothing was done")
    assert len(said_in(server.database)) == 1000
    terminal.types("clear tea\ry\r")
    await terminal.until("Messages deleted for good: 1000")

    for file in server.data.rglob("*"):
        assert not file.is_file() or b"canary" not in file.read_bytes(), file
    assert [row.text for row in said_in(server.database, "#milk")] == ["kept"]
    ann.says("PRIVMSG #tea :afterwards")
    await ann.hears("PRIVMSG", "afterwards")
    assert [row.text for row in said_in(server.database)] == ["afterwards"]


@async_test
async def test_exit_asks_and_stops(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    ann = await enter(server, "ann")

    server.terminal.types("exit\r")
    await server.terminal.until("for 1 who are here. Really?")
    server.terminal.types("y\r")

    await ann.hears("ERROR")
    assert await server.terminal.ends(STOP_S) == 0
    assert server.terminal.settings == server.settings


@async_test
async def test_the_end_of_input_leaves_it_running(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)

    server.terminal.types("\x04")
    await server.terminal.until("the server goes on")

    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :still there")
    await ann.hears("PRIVMSG", "still there")
    assert server.terminal.settings == server.settings
    server.terminal.signal("TERM")
    await server.terminal.ends(STOP_S)
    assert [row.text for row in said_in(server.database)] == ["still there"]


@async_test
async def test_under_nohup_a_terminal_that_is_gone_leaves_it_running(
    terminals: Terminals, tmp_path: Path
) -> None:
    server = await own(terminals, tmp_path, NOHUP)
    ann = await enter(server, "ann")

    server.terminal.hangs_up()

    await pause(HANG_UP_S)
    ann.says("PRIVMSG #tea :still there")
    await ann.hears("PRIVMSG", "still there")


@async_test
async def test_ctrl_c_ends_it_with_everything_saved(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    ann = await enter(server, "ann")
    ann.says(*(f"PRIVMSG #tea :{number}" for number in range(300)))
    await ann.hears("PRIVMSG", "0")

    server.terminal.types("half a line\x03")

    await ann.hears("ERROR")
    assert await server.terminal.ends(STOP_S) == 0
    assert server.terminal.settings == server.settings
    shown = [heard.text for heard in ann.messages("#tea")]
    assert [row.text for row in said_in(server.database)] == shown
    assert "Traceback" not in "\n".join(server.terminal.lines)


@async_test
async def test_nothing_that_people_typed_drives_the_terminal(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    nasty = " ".join(NASTY)
    ann = await enter(server, "ann")
    ann.says(f"SETNAME :{nasty}", f"TOPIC #tea :{nasty}", f"PRIVMSG #tea :{nasty}", f"AWAY :{nasty}")
    ann.says("NICK {0}", f"NICK {WIDE}", f"JOIN #{nasty[:20]}", f"JOIN #{'{0}'}", f"@label={nasty} FOO")
    await ann.settles()

    server.terminal.types(f"list\rrooms\rmessages\rwho ann\rwho {WIDE}\raudit\rstats\rbroadcast done\r")
    await server.terminal.until("Connections reached: 1")

    written = server.terminal.written
    for driving in NASTY:
        assert driving.encode() not in written, repr(driving)
    rest = re.sub(b"|".join(OF_THE_EDITOR), b"", written).decode()
    assert rest.isprintable(), [char for char in rest if not char.isprintable()]


@async_test
async def test_what_is_typed_and_is_no_text_is_told(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    transport = server.terminal.transport
    assert transport is not None

    transport.write(b"who \xff\xfe\xed\xa0\x80\r")
    await server.terminal.until("Nobody here is called")
    server.terminal.types("stats\r")
    await server.terminal.until("people at once")


@async_test
async def test_verbs_and_nicks_are_completed(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    await enter(server, "magnolia")

    server.terminal.types("broa\t")
    await server.terminal.until_typing("simplechat> broadcast")
    server.terminal.types("\x15who mag\t")
    await server.terminal.until_typing("simplechat> who magnolia")
    server.terminal.types("\r")
    await server.terminal.until("user name")


@async_test
async def test_tables_fit_a_narrow_terminal(terminals: Terminals, tmp_path: Path) -> None:
    server = await own(terminals, tmp_path)
    ann = await enter(server, "ann")
    ann.says("PRIVMSG #tea :" + "word " * 50 + "last")
    await ann.settles()

    server.terminal.resize(24, 50)
    server.terminal.types("messages\r")
    await server.terminal.until("last")

    assert len([line for line in server.terminal.lines if "word" in line]) > 3


@async_test
async def test_a_pipe_may_give_the_lines(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", "--console=yes", "--lang=en")
    ann = await enter(server, "ann")
    assert server.transport is not None

    server.transport.write(b"who ann\nexit\nbroadcast hello\nmessages #tea\n")
    server.transport.closeStdin()

    assert (await ann.hears("NOTICE", "*")).text == "hello"
    await ann.settles()
    assert "user name" in server.out
    assert "exit yes" in server.out
    assert "Connections reached: 1" in server.out
    assert server.exit_code is None
    assert "Traceback" not in server.out + server.err


@async_test
async def test_a_file_may_give_the_lines(terminals: Terminals, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("stats\nshutdown 0 all done\n")
    command = f"exec {{}} --console=yes < {lines}"
    words = "from twisted.scripts.twistd import run; run()"
    options = f'"$PYTHON" -c "{words}" -n --pidfile= simplechat --data {tmp_path / "data"} --port=0'
    code = "import os, sys; os.environ['PYTHON'] = sys.executable; os.execvp('sh', ['sh', '-c', sys.argv[1]])"

    terminal = terminals.spawn(tmp_path, "-c", code, command.format(options))

    assert await terminal.ends(START_S) == 0
    assert "bytes on the disk" in "\n".join(terminal.lines)


@pytest.mark.parametrize("console", ["no", "auto"])
@async_test
async def test_without_a_prompt_nothing_that_comes_in_is_run(
    servers: Servers, tmp_path: Path, console: str
) -> None:
    server = await servers.start(tmp_path / "data", f"--console={console}")
    ann = await enter(server, "ann")
    assert server.transport is not None

    server.transport.write(b"shutdown\n")
    server.transport.closeStdin()
    await ann.settles()

    assert server.exit_code is None
    server.signal("TERM")
    await server.ended.wait(STOP_S)
    assert server.exit_code in (0, -signal.SIGTERM)
