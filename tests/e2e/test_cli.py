"""The command line as a process: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from simplechat.hub.ids import TIME_SHIFT
from simplechat.owner_answers import Answer
from simplechat.store.data_folder import DataFolder
from tests.cli.actors import COLUMNS, FakeLink, log_row, table
from tests.e2e.actor import enter
from tests.e2e.control import control_socket
from tests.e2e.reactor import async_test
from tests.e2e.server import ROOT, START_S, Servers
from tests.support import seed

PATIENCE_S = 30.0


def environment() -> dict[str, str]:
    """Return an environment without any setting of ours."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SIMPLECHAT_")}
    return {**kept, "LANG": "C.UTF-8", "LANGUAGE": "", "LC_ALL": "", "PYTHONPATH": str(ROOT)}


def start(*words: str | Path) -> subprocess.Popen[str]:
    """Start the command line."""
    return subprocess.Popen(
        [sys.executable, "-m", "simplechat", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def run(*words: str | Path, typed: str = "") -> tuple[int, str, str]:
    """Run the command line with some input; return its exit code, output and errors."""
    with start(*words) as process:
        out, err = process.communicate(typed, timeout=PATIENCE_S)
    return process.returncode, out, err


def check_complaint(done: tuple[int, str, str], *words: str) -> None:
    """Check that it ended with one line that contains these words."""
    code, out, err = done
    assert (code, out, err.count("\n")) == (1, "", 1), done
    assert err.startswith("simplechat: ")
    assert all(word in err for word in words), err


def exported(data: Path) -> list[dict[str, Any]]:
    """Return every exported message."""
    code, out, err = run("--data", data, "export", "--format", "json")
    assert (code, err) == (0, "")
    return [row for row in map(json.loads, out.splitlines()) if row["kind"] == "PRIVMSG"]


def check_import(done: tuple[int, str, str], first: str, second: str = "") -> None:
    """Check that an import succeeded with this report."""
    code, out, err = done
    assert (code, err) == (0, ""), done
    assert out.splitlines()[0] == first
    assert not second or out.splitlines()[1] == second


@async_test
async def test_an_import_twice_is_shown_to_a_newcomer_once_and_in_order(
    servers: Servers, tmp_path: Path
) -> None:
    expected = seed.make(tmp_path / "chat.db", 10_000)
    count = len(expected.lines)
    server = await servers.start(tmp_path / "data", "--replay=1000")
    words = ("import", tmp_path / "chat.db", "--timezone", "UTC", "--data", server.data)

    check_import(run(*words), f"{count} messages were imported into #lobby")
    check_import(run(*words), "0 messages were imported into #lobby", f"{count} messages were there already")
    ann = await enter(server, "ann", channel="#lobby")
    await ann.settles()

    shown = [(heard.source.partition("!")[0], heard.text) for heard in ann.messages("#lobby")]
    assert shown == [line[1:] for line in expected.lines[-1000:]]
    rows = exported(server.data)
    assert [(row["nick"], row["text"]) for row in rows] == [line[1:] for line in expected.lines]
    assert rows[-1]["time"] == "2019-03-01T08:55:33.000Z"


def test_without_a_server_the_verbs_open_the_folder_themselves(tmp_path: Path) -> None:
    expected = seed.make(tmp_path / "chat.db", 1000)
    data = tmp_path / "data"
    words = ("import", tmp_path / "chat.db", "--timezone", "UTC", "--data", data)

    check_import(run(*words), f"{len(expected.lines)} messages were imported into #lobby")
    check_import(run(*words), "0 messages were imported into #lobby")

    assert [(row["nick"], row["text"]) for row in exported(data)] == [line[1:] for line in expected.lines]


@async_test
async def test_a_backup_holds_what_was_said_and_can_take_its_place(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    ann = await enter(server, "ann")
    ann.says(*(f"PRIVMSG #tea :{number}" for number in range(100)))
    await ann.settles()
    copy = tmp_path / "new" / "simplechat.db"
    copy.parent.mkdir()

    code, out, err = run("backup", copy, "--data", server.data)
    again = run("backup", copy, "--data", server.data)

    assert (code, err, out.splitlines()[0].startswith(f"Everything is in {copy} (")) == (0, "", True)
    check_complaint(again, str(copy), "another name")
    assert [row["text"] for row in exported(copy.parent)] == [str(number) for number in range(100)]


def test_a_folder_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    check_complaint(run("backup", tmp_path / "copy", "--data", folder.path), "another server")
    folder.release()

    folder.database.write_text("dear diary " * 100)
    check_complaint(run("backup", tmp_path / "copy", "--data", folder.path), "simplechat.db")
    assert not (tmp_path / "copy").exists()


def test_a_signal_ends_an_import_that_has_the_folder_to_itself(tmp_path: Path) -> None:
    seed.make(tmp_path / "chat.db", 30_000)
    data = tmp_path / "data"
    words = ("import", tmp_path / "chat.db", "--timezone", "UTC", "--data", data)
    process = start(*words)
    log = data / "simplechat.db-wal"
    while process.poll() is None and not (log.exists() and log.stat().st_size > 500_000):
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, said) == (130, ("", ""))
    code, out, _ = run(*words)
    assert (code, "were there already" in out) == (0, True)


def test_a_room_that_is_none_is_told(tmp_path: Path) -> None:
    code, _, err = run("export", "#none", "--data", tmp_path / "data")

    assert (code, err.count("\n"), "#none" in err) == (1, 1, True)


def test_an_export_that_nobody_reads_to_its_end_ends_quietly(tmp_path: Path) -> None:
    with control_socket(tmp_path / "data", many_rows(100_000)):
        process = start("export", "#tea", "--data", tmp_path / "data")
        assert process.stdout is not None and process.stderr is not None
        with contextlib.closing(process.stdout):
            assert process.stdout.readline() == "== #tea ==\n"
        with contextlib.closing(process.stderr):
            assert process.stderr.read() == ""
        assert process.wait(PATIENCE_S) == 0


def test_an_export_into_a_file_is_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with control_socket(tmp_path / "data", many_rows(1000)):
        whole = run("export", "#tea", "--output", out / "tea.html", "--data", tmp_path / "data")
        again = run("export", "#tea", "--output", out / "tea.html", "--data", tmp_path / "data")
    assert (whole[0], whole[1]) == (0, f"1000 rows are in {out / 'tea.html'}\n")
    assert "</html>" in (out / "tea.html").read_text()
    check_complaint(again, "--force")


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_an_export_and_leaves_nothing_behind(tmp_path: Path, name: str, code: int) -> None:
    stuck, go_on = threading.Event(), threading.Event()
    out = tmp_path / "out"
    out.mkdir()

    def answers(line: str) -> Iterable[Answer]:
        stuck.set()
        go_on.wait(PATIENCE_S)
        return []

    with control_socket(tmp_path / "data", FakeLink(answers)):
        process = start("export", "#tea", "--output", out / "tea.txt", "--data", tmp_path / "data")
        stuck.wait(PATIENCE_S)
        assert list(out.iterdir())
        process.send_signal(signal.Signals[name])
        said = process.communicate(timeout=PATIENCE_S)
        go_on.set()

    assert (process.returncode, said) == (code, ("", ""))
    assert list(out.iterdir()) == []


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    check_complaint(run("console", "clients", "--data", tmp_path), "no server is running", "simplechat")
    check_complaint(run("console", "--data", tmp_path), "no server is running")


def test_a_file_that_is_none_of_simplechats_is_told(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("dear diary " * 100)

    check_complaint(run("import", tmp_path / "diary"), "diary", "not a SQLite database")
    check_complaint(run("import", tmp_path / "none"), "there is no file")


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    check_complaint(run("export", "--config", tmp_path / "none.toml"), "--config")


@async_test
async def test_an_account_is_made_with_a_password_that_nobody_else_sees(
    servers: Servers, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for words, typed in (
        (("add", "ann"), "open  sesame\n"),
        (("admin", "ann"), ""),
    ):
        assert run("--data", data, "account", *words, typed=typed)[0] == 0
    server = await servers.start(data)
    code, out, err = run("--data", data, "account", "add", "ben", typed="another secret\n")
    assert (code, err) == (0, "")
    assert "secret" not in out
    check_complaint(run("--data", data, "account", "add", "ben", typed="x\n"), "ben cannot be a new account")
    check_complaint(run("--data", data, "account", "add", "cat", typed=""), "no password")

    code, out, err = run("--data", data, "account", "list")
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["ann", "ben"]
    guest = await enter(server, "guest")
    guest.says("OPER ann :open  sesame")
    await guest.hears("381")
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert b"sesame" not in everything
    assert b"another secret" not in everything


def test_help_and_version_need_nothing() -> None:
    for words, word in (
        (["--help"], "import"),
        (["--port", "1", "-h"], "export"),
        (["serve", "--help"], "--plaintext"),
        (["--version"], "simplechat 0."),
    ):
        code, out, err = run(*words)

        assert (code, err) == (0, ""), words
        assert word in out


@pytest.mark.parametrize("before", [(), ("serve",), ("--lang", "es")])
@async_test
async def test_without_a_verb_it_is_the_server(
    servers: Servers, tmp_path: Path, before: tuple[str, ...]
) -> None:
    server = servers.spawn(tmp_path / "data", "--port=0", program=as_server(*before))
    await server.listening.wait(START_S)
    await enter(server, "ann")

    server.signal("INT")
    await server.ended.wait(START_S)

    assert server.exit_code in (0, -signal.SIGINT)
    assert "Traceback" not in server.out + server.err


@async_test
async def test_a_wrong_option_of_the_server_is_told(servers: Servers, tmp_path: Path) -> None:
    server = servers.spawn(tmp_path / "data", "--port=x", program=as_server())

    await server.ended.wait(START_S)

    assert server.exit_code == 1
    assert server.err.startswith("simplechat: --port")


def as_server(*words: str) -> tuple[str, str]:
    """Return Python arguments that run the command line with these words first."""
    return "-c", f"import sys; from simplechat.cli import main; main([*{words!r}, *sys.argv[2:]])"


def many_rows(count: int) -> FakeLink:
    """Make a server whose channel has so many rows."""

    def answers(line: str) -> Iterable[Answer]:
        after = int(line.split()[2]) >> TIME_SHIFT
        yield table(
            COLUMNS, [log_row(n << TIME_SHIFT) for n in range(after + 1, min(after + 500, count) + 1)]
        )

    return FakeLink(answers)
