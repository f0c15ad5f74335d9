"""The real reactor for tests and fixtures, and waits that always end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.task import deferLater

T = TypeVar("T")

async_test: Callable[[T], T] = pytest_twisted.ensureDeferred
async_yield_fixture: Callable[[T], T] = pytest_twisted.async_yield_fixture


def the_reactor() -> Any:
    """Return the reactor that pytest-twisted installed."""
    from twisted.internet import reactor

    return reactor


async def within(seconds: float, what: str, awaited: Deferred[T]) -> T:
    """Wait for something, with a limit.

    Raises:
        AssertionError: It did not happen in time.
    """
    try:
        return await awaited.addTimeout(seconds, the_reactor())
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds} s") from None


async def pause(seconds: float) -> None:
    """Wait for a fixed time: for what must last, never until something is done."""
    await deferLater(the_reactor(), seconds)


class Happening:
    """An event that happens once; it can be awaited before and after."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.is_past = False
        self._waiting: list[Deferred[None]] = []

    def happen(self) -> None:
        """Release everybody who waits."""
        self.is_past = True
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.called:
                each.callback(None)

    async def wait(self, seconds: float) -> None:
        """Wait until it happened."""
        if not self.is_past:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await within(seconds, self.what, waiting)
