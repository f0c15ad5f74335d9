"""Reactions and deletions on a page of history, applied to the messages that they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simplechat.client.protocol.message_events import (
    HistoryEvent,
    MessageDeleted,
    MessageReceived,
    ReactionReceived,
)
from simplechat.client.state.message_cache import MessageCache


def apply_annotations(rows: Iterable[HistoryEvent], cache: MessageCache) -> list[HistoryEvent]:
    """Return the rows of a page as users should see them.

    A message that is deleted on the page is left out. A reaction to a message of the page goes to the cache,
    so that it is shown with the message; one that the cache has already is left out.

    Args:
        rows: Oldest first.
    """
    rows = list(rows)
    deleted = {row.msgid for row in rows if isinstance(row, MessageDeleted)}
    present = {row.msgid for row in rows if isinstance(row, MessageReceived)} - deleted
    shown: list[HistoryEvent] = []
    for row in rows:
        match row:
            case ReactionReceived(msgid=msgid) if msgid in present:
                if cache.add_reaction(row):
                    shown.append(replace(row, is_with_message=True))
            case MessageReceived(msgid=msgid) if msgid in deleted:
                pass
            case _:
                shown.append(row)
    return shown
