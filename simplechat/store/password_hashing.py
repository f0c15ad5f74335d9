"""Password hashing in two threads of low priority, which leave the processor to the rest of the server."""

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
MAX_WAITING = 250  # passwords
TARGET_S = 0.1  # that hashing one password takes
MEASURED_ITERATIONS = 20_000  # per round; the fastest round counts
ROUNDS = 3
ROUND_TO = 10_000  # iterations; a measurement is never exact
MIN_ITERATIONS, MAX_ITERATIONS = 20_000, 2_000_000
NICENESS = 10  # of the threads

T = TypeVar("T")


class HashingPool:
    """Hashes passwords in threads; see `hub.password_service`.

    Args:
        reactor: The reactor that the threads report to.
        threads: The thread pool; tests pass one that they run by hand.
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
        return await self._in_thread(
            lambda: hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        )

    async def iterations(self) -> int:
        """See `Passwords.iterations`; measured at the first call."""
        if not self._iterations:
            self._iterations = await self._in_thread(measure_iterations)
        return self._iterations

    def random(self, count: int) -> bytes:
        """See `Passwords.random`."""
        return secrets.token_bytes(count)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING or self._is_closed:
            raise HasherBusy
        if not self._threads.started:
            self._threads.start()
        self._waiting += 1
        try:
            done: Deferred[T] = deferToThreadPool(self._reactor, self._threads, self._with_low_priority, work)
            return await done
        finally:
            self._waiting -= 1

    def _with_low_priority(self, work: Callable[[], T]) -> T:
        """Work in this thread after lowering its priority."""
        if self._is_closed:
            raise HasherBusy
        if not hasattr(self._local, "is_nice"):
            self._local.is_nice = True
            with contextlib.suppress(OSError, AttributeError):  # systems whose threads share one priority
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        return work()

    def close(self) -> None:
        """Stop the threads after the passwords they work on; those that wait are dropped."""
        self._is_closed = True
        if self._threads.started:
            self._threads.stop()


def measure_iterations() -> int:
    """Return how many iterations take `TARGET_S` on this machine."""
    fastest_s = min(_time_iterations(MEASURED_ITERATIONS) for _ in range(ROUNDS))
    wanted = MEASURED_ITERATIONS * TARGET_S / fastest_s
    return min(MAX_ITERATIONS, max(MIN_ITERATIONS, round(wanted / ROUND_TO) * ROUND_TO))


def _time_iterations(iterations: int) -> float:
    began = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", b"a password", b"and some salt", iterations)
    return time.perf_counter() - began
