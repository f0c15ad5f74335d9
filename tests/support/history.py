"""Requests for history, and the times that tests use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred

from simplechat.hub.records import LogRow
from simplechat.ircv3.message import Message
from tests.support.replies import heard
from tests.support.stage import Actor, FaultyStore

CAPS = "message-tags server-time batch echo-message draft/chathistory"


def asks(actor: Actor, line: str) -> list[Message]:
    """Request history; return the messages within the batch."""
    actor.hears()
    actor.says(f"CHATHISTORY {line}")
    opening, *messages, closing = heard(actor)
    assert opening.command == closing.command == "BATCH", opening
    return messages


def texts(messages: list[Message]) -> list[str]:
    """Return the last parameter of each message."""
    return [message.params[-1] for message in messages]


def late(store: FaultyStore, after: Deferred[None]) -> Callable[..., Awaitable[list[LogRow]]]:
    """Return a `newest_rows` that reads at once and answers later."""
    read = store.newest_rows

    async def page(*args: Any) -> list[LogRow]:
        rows = await read(*args)
        await after
        return rows

    return page


EARLY = "timestamp=2001-01-01T00:00:00.000Z"


LATER = "timestamp=2001-02-01T00:00:00.123Z"
