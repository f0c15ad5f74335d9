"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.e2e.reactor import async_yield_fixture
from tests.e2e.server import Servers


@async_yield_fixture
async def servers() -> AsyncIterator[Servers]:
    """What starts servers; they end with the test."""
    servers = Servers()
    try:
        yield servers
    finally:
        await servers.kill_all()
