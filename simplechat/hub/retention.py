"""Retention: the deletion of messages after a number of days, per channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from simplechat.hub.channel import SERVER_RETENTION
from simplechat.hub.hub import Hub
from simplechat.hub.ids import first_id
from simplechat.hub.records import AUDIT_TARGET
from simplechat.hub.store import Store

DAY_MS = 86_400_000
TARGETS_PER_PAGE = 500
ROWS_PER_DELETE = 500  # rows; other commits run in between


def retention_days(hub: Hub, target: str) -> int:
    """Return how many days a target's messages are kept; 0 for ever."""
    channel = hub.channel_index.by_target.get(target)
    if target == AUDIT_TARGET:
        return 0
    return (
        hub.config.retention
        if channel is None or channel.retention == SERVER_RETENTION
        else channel.retention
    )


async def delete_expired(hub: Hub, store: Store, pause: Callable[[], Awaitable[object]]) -> int:
    """Delete expired rows in small steps; return how many were deleted.

    Args:
        pause: Awaited between two steps.

    Raises:
        StoreError: The store failed; some rows may have been deleted.
    """
    if not hub.config.retention and all(channel.retention <= 0 for channel in hub.channels.values()):
        return 0
    after, count = "", 0
    while targets := await store.list_targets(after, TARGETS_PER_PAGE):
        for target in targets:
            days = retention_days(hub, target)
            below = first_id(int(hub.now() * 1000) - days * DAY_MS)
            while days and (gone := await store.delete_rows(target, below, ROWS_PER_DELETE)):
                count += gone
                await pause()
        after = targets[-1]
        await pause()
    return count
