"""Passwords are hashed in two threads of their own, which leave the processor to whoever needs it more."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from simplechat.hub.password_service import HasherBusy

THREADS = 2
MOST_WAITING = 250  # passwords
WANTED_S = 0.1  # for one password
MEASURED = 20_000  # iterations, of which the fastest of a few rounds counts
ROUNDS = 3
STEP = 10_000  # what is measured is never exact
LEAST, MOST = 20_000, 2_000_000  # iterations
NICENESS = 10  # of the threads

T = TypeVar("T")


class HashingPool:
    """Hashes passwords for the verbs; see `hub.passwords.Passwords`.

    Args:
        reactor: Where the results are awaited.
        threads: What works; tests give one that works by hand.
    """

    def __init__(self, reactor: Any, threads: Any = None) -> None:
        self._reactor = reactor
        self._threads = threads or ThreadPool(0, THREADS, "passwords")
        self._waiting = 0
        self._iterations = 0
        self._is_closed = False
        self._local = threading.local()

    async def salted(self, password: str, salt: bytes, iterations: int) -> bytes:
        """See `Passwords.salted`."""
        return await self._do(lambda: hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations))

    async def iterations(self) -> int:
        """See `Passwords.iterations`; measured when it is first asked for."""
        if not self._iterations:
            self._iterations = await self._do(measure)
        return self._iterations

    def random(self, count: int) -> bytes:
        """See `Passwords.random`."""
        return secrets.token_bytes(count)

    async def _do(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING or self._is_closed:
            raise HasherBusy
        if not self._threads.started:
            self._threads.start()
        self._waiting += 1
        try:
            done: Deferred[T] = deferToThreadPool(self._reactor, self._threads, self._politely, work)
            return await done
        finally:
            self._waiting -= 1

    def _politely(self, work: Callable[[], T]) -> T:
        """Work in a thread that the others go before."""
        if self._is_closed:
            raise HasherBusy
        if not hasattr(self._local, "is_nice"):
            self._local.is_nice = True
            with contextlib.suppress(OSError, AttributeError):  # where threads have no niceness of their own
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        return work()

    def close(self) -> None:
        """End the threads, once what they work at is done; what waits is not done any more."""
        self._is_closed = True
        if self._threads.started:
            self._threads.stop()


def measure() -> int:
    """Give how many iterations take `WANTED_S` here."""
    fastest_s = min(_time_of(MEASURED) for _ in range(ROUNDS))
    wanted = MEASURED * WANTED_S / fastest_s
    return min(MOST, max(LEAST, round(wanted / STEP) * STEP))


def _time_of(iterations: int) -> float:
    began = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", b"a password", b"and some salt", iterations)
    return time.perf_counter() - began
