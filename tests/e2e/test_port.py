"""One port serves every protocol, and plain text stays on this machine."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from twisted.internet.utils import getProcessOutput

from simplechat.doors.http.websocket import BINARY_PROTOCOL, TEXT_PROTOCOL
from tests.e2e.actor import Actor, connect, enter
from tests.e2e.reactor import async_test, the_reactor
from tests.e2e.secure import Trusting, certificate_of, connect_secure, verifying
from tests.e2e.server import Server, Servers
from tests.e2e.test_pipes import client
from tests.e2e.web import open_socket

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")


async def curl(*words: str) -> str:
    """Send a request with curl; return the head of the answer."""
    options = ("--silent", "--show-error", "--include", "--insecure", "--max-time", "10", *words)
    answer: bytes = await getProcessOutput(str(shutil.which("curl")), options, reactor=the_reactor())
    return answer.decode()


def pinned(server: Server) -> str:
    """Return the authority's fingerprint from the server's start lines."""
    (found,) = re.findall(r"certificate authority, .*: ([0-9A-F:]{95})\n", server.out + server.err)
    return str(found)


async def come_in(actor: Actor) -> Actor:
    """Register and join."""
    actor.says(f"NICK {actor.nick}", f"USER {actor.nick} 0 * :{actor.nick}", "JOIN #tea")
    await actor.hears("366", "#tea")
    return actor


def way_in(server: Server) -> str:
    """Return the address for others from the server's start lines."""
    found = re.search(r"Others type: simplechat-client 'ircs://([0-9.]+):", server.out + server.err)
    if found is None:
        pytest.skip("this machine has no address but loopback")
    return found[1]


@needs_curl
@async_test
async def test_with_and_without_tls_all_are_in_one_room(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data")
    plain = await enter(server, "plain")
    secure = await come_in(await connect_secure(server, "secure", verifying(server)))
    agreed = await come_in(await connect_secure(server, "agreed", Trusting((b"irc",))))
    odd = await come_in(await connect_secure(server, "odd", Trusting((b"h2",))))
    web = await open_socket(server, "web", TEXT_PROTOCOL)
    secure_web = await open_socket(server, "secureweb", BINARY_PROTOCOL, Trusting((b"http/1.1",)))
    actors = (plain, secure, agreed, odd, web, secure_web)

    for actor in actors:
        actor.says(f"PRIVMSG #tea :from {actor.nick}")
        await actor.settles()
    ended = await client(server, "--room=#tea", "--tls", f"--fingerprint={pinned(server)}", piped="from bob")

    assert (ended.code, ended.err) == (0, "")
    for actor in actors:
        await actor.settles()
        others = [each.nick for each in actors if each is not actor]
        heard = [each.text for each in actor.messages("#tea") if each.text != f"from {actor.nick}"]
        assert heard == [f"from {nick}" for nick in (*others, "bob")]
    address = f"127.0.0.1:{server.port}/healthz"
    for words in (
        (f"http://{address}",),
        (f"https://{address}",),
        ("--no-alpn", f"https://{address}"),
        ("--http2", f"https://{address}"),
    ):
        assert (await curl(*words)).startswith("HTTP/1.1 "), words


@needs_curl
@async_test
async def test_from_afar_only_what_is_encrypted_is_heard(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", "--ip=0.0.0.0")
    near = await enter(server, "near")
    address = way_in(server)

    secure = await come_in(await connect_secure(server, "secure", Trusting(), address))
    plain = await connect(server, "plain", address)
    plain.says("NICK plain", "USER plain 0 * :plain")
    assert "TLS" in (await plain.hears("ERROR")).text
    await plain.gone.wait(5)
    answer = await curl(f"http://{address}:{server.port}/x?y")

    assert answer.startswith("HTTP/1.1 308 "), answer
    assert f"Location: https://{address}:{server.port}/x?y\r\n" in answer
    secure.says("ISON plain near secure")
    assert (await secure.hears("303")).text.split() == ["near", "secure"]
    near.says("QUIT")


@async_test
async def test_who_has_a_certificate_logs_in_with_it(servers: Servers, tmp_path: Path) -> None:
    server = await servers.start(tmp_path / "data", "--password-cost=4096")
    ann = await enter(server, "ann")
    ann.says("REGISTER * * :open sesame")
    await ann.hears("REGISTER", "SUCCESS")
    await server.kill()
    own, fingerprint = certificate_of("ann")
    with closing(sqlite3.connect(server.database, isolation_level=None)) as database:
        database.execute("UPDATE account SET fingerprints = ?", (json.dumps([fingerprint]),))

    server = await servers.start(server.data)
    again = await connect_secure(server, "ann", Trusting((b"irc",), own))
    again.says("CAP LS 302", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "NICK ann", "USER ann 0 * :ann")
    assert "ann" in (await again.hears("900")).params
    other = await connect_secure(server, "eve", Trusting((b"irc",), certificate_of("eve")[0]))
    other.says("CAP LS 302", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")

    await other.hears("904")
