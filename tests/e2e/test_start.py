"""A server that cannot start says why in one line, and ends with exit code 1."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.reactor import async_test
from tests.e2e.server import START_S, TWIST, TWISTD, Server, Servers

PROGRAMS = pytest.mark.parametrize("program", [TWISTD, TWIST], ids=["twistd", "twist"])


def check_refusal(server: Server, *words: str) -> None:
    """Check that a server ended with one line that contains these words."""
    assert server.exit_code == 1, f"it listens on {server.port}"
    lines = server.err.splitlines()
    assert len(lines) == 1, f"on stderr: {server.err!r}; on stdout: {server.out!r}"
    assert lines[0].startswith("simplechat: ")
    assert all(word in lines[0] for word in words), lines[0]
    assert "Traceback" not in server.out


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ("--port=x", "--port"),
        ("--port=65536", "--port"),
        ("--bogus", "bogus"),
        ("--plaintext=maybe", "--plaintext"),
        ("--sendq=lots", "--sendq"),
        ("--motd=missing.txt", "--motd"),
        ("--config=missing.toml", "--config"),
        ("--ip=nowhere", "nowhere"),
        ("--ip=203.0.113.7", "--ip"),
        ("--listen=bogus:1", "bogus"),
        ("--listen=ssl:0", "--tls-cert"),
        ("--tls-cert=missing.pem", "missing.pem"),
    ],
)
@async_test
async def test_a_wrong_option_is_told(servers: Servers, tmp_path: Path, option: str, word: str) -> None:
    server = servers.spawn(tmp_path / "data", "--port=0", option)

    await server.ended.wait(START_S)

    check_refusal(server, word)


@PROGRAMS
@async_test
async def test_a_port_in_use_is_told(servers: Servers, tmp_path: Path, program: tuple[str, ...]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]

        server = servers.spawn(tmp_path / "data", f"--port={port}", program=program)
        await server.ended.wait(START_S)

    check_refusal(server, str(port), "another program", "another port")


def may_listen_on(port: int) -> bool:
    """Tell whether this process and its children may listen on a port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except PermissionError:
        return False
    return True


@pytest.mark.skipif(may_listen_on(81), reason="here everybody, or root, may listen below port 1024")
@async_test
async def test_a_port_of_the_system_is_told(servers: Servers, tmp_path: Path) -> None:
    server = servers.spawn(tmp_path / "data", "--port=81")

    await server.ended.wait(START_S)

    check_refusal(server, "81", "permission", "choose another")


@PROGRAMS
@async_test
async def test_a_data_folder_that_is_a_file_is_told(
    servers: Servers, tmp_path: Path, program: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    data.write_text("in its place")

    server = servers.spawn(data, "--port=0", program=program)
    await server.ended.wait(START_S)

    check_refusal(server, str(data))


@async_test
async def test_a_data_folder_in_use_is_told(servers: Servers, tmp_path: Path) -> None:
    first = await servers.start(tmp_path / "data")

    second = servers.spawn(first.data, "--port=0")
    await second.ended.wait(START_S)

    check_refusal(second, "another server", str(first.data))
    assert first.exit_code is None


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE meta SET value = 999 WHERE name = 'compat'")
        database.execute("PRAGMA user_version = 999")


def _somebody_elses(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")


def _no_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, this is no database at all.\n" * 100)


def _newer_and_strange(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DROP TABLE meta")
        database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL)")
        database.execute("PRAGMA user_version = 999")


def _truncated(path: Path) -> None:
    os.truncate(path, 5000)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (_newer, "newer version"),
        (_newer_and_strange, "newer version"),
        (_somebody_elses, "not simplechat's"),
        (_no_database, "not a database"),
        (_truncated, "malformed"),
        (_folder, "simplechat.db"),
    ],
)
@async_test
async def test_a_database_that_cannot_be_used_is_told(
    servers: Servers, tmp_path: Path, spoil: Callable[[Path], None], word: str
) -> None:
    first = await servers.start(tmp_path / "data")
    first.signal("TERM")
    await first.ended.wait(START_S)
    spoil(first.database)

    server = servers.spawn(first.data, "--port=0")
    await server.ended.wait(START_S)

    check_refusal(server, word)


@async_test
async def test_a_newer_database_that_this_version_still_understands_is_used(
    servers: Servers, tmp_path: Path
) -> None:
    first = await servers.start(tmp_path / "data")
    await first.kill()
    with closing(sqlite3.connect(first.database, isolation_level=None)) as database:
        database.execute("PRAGMA user_version = 999")

    second = await servers.start(first.data)

    assert second.port
