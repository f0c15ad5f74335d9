"""Events as JSON for programs: one object a line, of ASCII only, whatever was said.

Every object has `event` and `time` (UTC, or null where the server did not say); the other keys are the
event's own: docs/client.md, "Pipes and programs".
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from simplechat.client.protocol.events import (
    ChannelRenamed,
    Disconnected,
    Event,
    HistoryShown,
    InputRejected,
    LoggedIn,
    MembersListed,
    MessageNotStored,
    MissedCount,
    NickChanged,
    NoteShown,
    NotLoggedIn,
    RequestRefused,
    SearchResults,
    TopicShown,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived

NAMES: dict[type, str] = {
    MessageReceived: "said",
    MessageNotStored: "not_stored",
    InputRejected: "not_sent",
    RequestRefused: "refused",
    Welcomed: "connected",
    Disconnected: "disconnected",
    UserJoined: "joined",
    UserLeft: "left",
    NickChanged: "renamed",
    ChannelRenamed: "room_renamed",
    TopicShown: "topic",
    MembersListed: "present",
    NoteShown: "note",
    ReactionReceived: "reacted",
    MessageDeleted: "deleted",
    MissedCount: "missed",
    LoggedIn: "logged_in",
    NotLoggedIn: "not_logged_in",
}
KEYS = {"channel": "room"}  # as scripts know it
OMITTED = ("about", "command", "is_with_message")  # for the client itself


def encode_event(event: Event) -> list[str]:
    """Return the lines for an event: none for one that is for people only, several for a page of messages."""
    if isinstance(event, HistoryShown | SearchResults):
        return [_encode(NAMES[type(row)], row, number=number) for number, row in event.rows]
    name = NAMES.get(type(event))
    return [_encode(name, event)] if name else []


def _encode(name: str, event: Event, **more: int) -> str:
    values = {KEYS.get(key, key): value for key, value in asdict(event).items()}
    at = values.pop("since" if isinstance(event, MissedCount) else "at", None)
    for omitted in OMITTED:
        values.pop(omitted, None)
    return json.dumps({"event": name, "time": _time(at), **values, **more})


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
