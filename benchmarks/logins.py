"""Measure how long others wait while many users log in at once.

Then logins one after the other: right password, wrong password, unknown account. Needs
the Python that simplechat is installed for.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import sys
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from statistics import median
from threading import Event

if not __package__:  # run as a file: the rest lies beside it
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.irc_client import Client
from benchmarks.servers import OurServer, Server, memory_kib

ACCOUNT, PASSWORD, WRONG = "ann", "open sesame", "open barley"
CROWD = 200

LogIn = Callable[[Client, str, str], Awaitable[str]]


async def plain(client: Client, account: str, password: str) -> str:
    """Log in with SASL PLAIN; return the answer's numeric."""
    client.say("CAP REQ sasl", "AUTHENTICATE PLAIN")
    await client.hear("AUTHENTICATE +")
    client.say(f"AUTHENTICATE {_told(f'{chr(0)}{account}{chr(0)}{password}')}")
    return (await client.hear(" 903 ", " 904 ")).split()[1]


async def scram(client: Client, account: str, password: str) -> str:
    """Log in with SCRAM-SHA-256.

    Spec: https://datatracker.ietf.org/doc/html/rfc5802#section-3
    """
    client.say("CAP REQ sasl", "AUTHENTICATE SCRAM-SHA-256")
    await client.hear("AUTHENTICATE +")
    first = f"n={account},r={client.nick}"
    client.say(f"AUTHENTICATE {_told(f'n,,{first}')}")
    challenge = b64decode((await client.hear("AUTHENTICATE ")).split()[-1]).decode()
    nonce, salt, count = (part[2:] for part in challenge.split(","))
    salted = _salted(password, salt, int(count))
    key = hmac.digest(salted, b"Client Key", "sha256")
    last = f"c=biws,r={nonce}"
    stored = hashlib.sha256(key).digest()
    signature = hmac.digest(stored, f"{first},{challenge},{last}".encode(), "sha256")
    proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
    client.say(f"AUTHENTICATE {_told(f'{last},p={b64encode(proof).decode()}')}")
    answer = await client.hear("AUTHENTICATE ", " 904 ")
    if " 904 " in answer:
        return "904"
    client.say("AUTHENTICATE +")
    return (await client.hear(" 903 ", " 904 ")).split()[1]


@lru_cache
def _salted(password: str, salt: str, count: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), count)


def _told(text: str) -> str:
    return b64encode(text.encode()).decode()


async def crowd(server: Server, log_in: LogIn, password: str, waits: list[float]) -> list[str]:
    """Log many users in at once; record how long another user waits for each answer meanwhile."""
    people = [await Client.open(server, f"n{number}") for number in range(CROWD)]
    end = Event()
    waiting = asyncio.create_task(
        asyncio.to_thread(lambda: asyncio.run(_wait_repeatedly(server, waits, end)))
    )
    answers = await asyncio.gather(*(log_in(each, ACCOUNT, password) for each in people))
    end.set()
    await waiting
    for each in people:
        each.leave()
    return answers


async def _wait_repeatedly(server: Server, waits: list[float], end: Event) -> None:
    """Ask one question after the other; in a thread of its own, so that the crowd's work is not measured."""
    ben = await Client.connect(server, f"b{time.monotonic_ns()}")
    ben.say("JOIN #tea")
    while not end.is_set():
        start = time.perf_counter()
        ben.say("PRIVMSG #tea :hello", "PING x")
        await ben.hear(" PONG ")
        waits.append(time.perf_counter() - start)
    ben.leave()


async def one_by_one(server: Server, log_in: LogIn, times: int) -> dict[str, float]:
    """Return the median time, in seconds, of each kind of login, taken in turn."""
    kinds = {
        "right": (ACCOUNT, PASSWORD),
        "wrong password": (ACCOUNT, WRONG),
        "unknown account": ("eve", WRONG),
    }
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(times):
        for kind, (account, password) in kinds.items():
            client = await Client.open(server, f"x{number}")
            start = time.perf_counter()
            await log_in(client, account, password)
            taken[kind].append(time.perf_counter() - start)
            client.leave()
    return {kind: median(times) for kind, times in taken.items()}


async def measure(server: Server, times: int) -> None:
    """Measure everything, and print it."""
    ann = await Client.connect(server, ACCOUNT, "draft/account-registration")
    ann.say(f"REGISTER * * :{PASSWORD}")
    await ann.hear("SUCCESS")
    for name, log_in in (("PLAIN", plain), ("SCRAM-SHA-256", scram)):
        for what, password in (("right", PASSWORD), ("wrong", WRONG)):
            print(f"{CROWD} {what} {name} at once: {await _measure_crowd(server, log_in, password)}")
        medians = await one_by_one(server, log_in, times)
        shown = ", ".join(f"{kind} {1000 * each:.1f}" for kind, each in medians.items())
        print(f"{name} in turn, ms: {shown}")


async def _measure_crowd(server: Server, log_in: LogIn, password: str) -> str:
    before = memory_kib(server.pid or 0) or 0
    waits: list[float] = []
    start = time.perf_counter()
    answers = Counter(await crowd(server, log_in, password, waits))
    took = time.perf_counter() - start
    late = sorted(waits)[int(0.99 * len(waits))] * 1000
    grown = ((memory_kib(server.pid or 0) or 0) - before) / 1024
    counts = ", ".join(f"{count} times {number}" for number, count in answers.items())
    return f"{took:.1f} s, {counts}; another's p99 {late:.1f} ms of {len(waits)}; memory {grown:+.1f} MiB"


def main() -> None:
    """Start our server, and measure."""
    parser = argparse.ArgumentParser(prog="logins.py", description=__doc__)
    parser.add_argument("--times", type=int, default=30, help="how often each kind logs in alone (30)")
    options = parser.parse_args()
    with OurServer().running(None) as server:
        asyncio.run(measure(server, options.times))


if __name__ == "__main__":
    main()
