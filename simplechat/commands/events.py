"""Events: what users do has an id, a row in each log that it belongs to, and tags that tell when it was."""

from __future__ import annotations

from collections.abc import Iterable

from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of, time_of
from simplechat.hub.outbox import Entry
from simplechat.hub.records import Presence
from simplechat.hub.user import User


def stamp_tags(number: int) -> dict[str, str]:
    """Give the tags that tell an event's id and time."""
    return {"time": time_of(number), "msgid": msgid_of(number)}


def keep_presence(
    entry: Entry, user: User, kind: str, number: int, channels: Iterable[Channel], text: str = ""
) -> None:
    """Have a coming, a going or a new nick written to the log of each channel that saw it."""
    for channel in channels:
        entry.keep(
            Presence(
                target=channel.folded,
                id=number,
                kind=kind,
                sender=user.identity,
                account=user.account,
                source=user.source,
                tags="",
                text=text,
                status="",
            )
        )
