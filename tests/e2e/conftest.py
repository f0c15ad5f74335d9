"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.e2e.reactor import async_yield_fixture
from tests.e2e.server import Servers
from tests.e2e.terminal import Terminals


@async_yield_fixture
async def servers() -> AsyncIterator[Servers]:
    """Start servers; they end with the test."""
    servers = Servers()
    try:
        yield servers
    finally:
        await servers.kill_all()


@async_yield_fixture
async def terminals() -> AsyncIterator[Terminals]:
    """Start programs on terminals; they end with the test."""
    terminals = Terminals()
    try:
        yield terminals
    finally:
        await terminals.kill_all()
