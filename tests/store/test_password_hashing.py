"""Passwords are hashed in threads, and only a limited number of them may wait."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.password_service import HasherBusy
from simplechat.store import password_hashing
from simplechat.store.password_hashing import (
    MAX_ITERATIONS,
    MAX_WAITING,
    MIN_ITERATIONS,
    THREADS,
    HashingPool,
    measure_iterations,
)


class Threads:
    """A thread pool whose work a test runs by hand."""

    def __init__(self) -> None:
        self.started = False
        self.waiting: list[Callable[[], None]] = []

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.do_all()

    def callInThreadWithCallback(
        self, done: Callable[[bool, Any], None], work: Callable[..., Any], *args: Any
    ) -> None:
        """Queue work, and whom to call with its result."""

        def run() -> None:
            try:
                result = work(*args)
            except Exception as error:
                done(False, error)
            else:
                done(True, result)

        self.waiting.append(run)

    def do_all(self) -> None:
        """Run all that is queued."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            each()


class ImmediateReactor(MemoryReactorClock):
    """A reactor that calls at once what another thread wants called."""

    def callFromThread(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        callable(*args, **kwargs)


class HashingPoolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.threads = Threads()
        self.pool = HashingPool(ImmediateReactor(), self.threads)

    def hash(self) -> Deferred[bytes]:
        """Start to hash a password."""
        return Deferred.fromCoroutine(self.pool.salted("ñ", b"salt", 10))

    def test_a_password_is_hashed_in_a_thread(self) -> None:
        waiting = self.hash()
        self.assertNoResult(waiting)

        self.threads.do_all()

        self.assertEqual(
            self.successResultOf(waiting), hashlib.pbkdf2_hmac("sha256", "ñ".encode(), b"salt", 10)
        )

    def test_a_limited_number_of_passwords_may_wait(self) -> None:
        waiting = [self.hash() for _ in range(MAX_WAITING)]

        self.failureResultOf(self.hash(), HasherBusy)
        self.threads.do_all()

        for each in waiting:
            self.successResultOf(each)
        self.assertNoResult(self.hash())

    def test_the_cost_is_measured_once_and_in_a_thread(self) -> None:
        self.patch(password_hashing, "measure_iterations", iter([7]).__next__)
        first = Deferred.fromCoroutine(self.pool.iterations())
        self.assertNoResult(first)

        self.threads.do_all()

        self.assertEqual(self.successResultOf(first), 7)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(self.pool.iterations())), 7)

    def test_the_measured_cost_is_round_and_within_bounds(self) -> None:
        for seconds, iterations in (
            (0.02, 100_000),
            (0.0067, 300_000),
            (9, MIN_ITERATIONS),
            (1e-6, MAX_ITERATIONS),
        ):
            self.patch(password_hashing, "_time_iterations", lambda count, seconds=seconds: seconds)
            self.assertEqual(measure_iterations(), iterations)

    def test_passwords_that_wait_at_the_end_are_dropped(self) -> None:
        waiting = self.hash()

        self.pool.close()

        self.failureResultOf(waiting, HasherBusy)
        self.failureResultOf(self.hash(), HasherBusy)

    def test_a_pool_that_was_never_used_can_be_closed(self) -> None:
        self.pool.close()

        self.assertFalse(self.threads.started)

    def test_there_are_few_threads(self) -> None:
        self.assertEqual(HashingPool(ImmediateReactor())._threads.max, THREADS)
