"""What became of messages, put where people see it: reactions at the message, deletions where they matter."""

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


def folded(rows: Iterable[HistoryEvent], recent: MessageCache) -> list[HistoryEvent]:
    """Give a page of what was said before, as it is to be told.

    What was deleted on the page is left out of it. A reaction to a message of the page is known before
    that is told; what is known already is not told again.

    Args:
        rows: Oldest first.
        recent: What is known of messages; learns of the reactions.
    """
    rows = list(rows)
    gone = {row.msgid for row in rows if isinstance(row, MessageDeleted)}
    here = {row.msgid for row in rows if isinstance(row, MessageReceived) and row.msgid not in gone}
    told: list[HistoryEvent] = []
    for row in rows:
        match row:
            case ReactionReceived(msgid=msgid) if msgid in here:
                if recent.react(row):
                    told.append(replace(row, is_folded=True))
            case MessageReceived(msgid=msgid) if msgid in gone:
                pass
            case _:
                told.append(row)
    return told
