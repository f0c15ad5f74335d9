"""Events as JSON for programs: one object a line, of ASCII only, whatever was said.

Every object has `event` and `time` (UTC, or null where the server did not say); the other keys are the
event's own: README, "From scripts".
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from simplechat.client.events import (
    Disconnected,
    Event,
    Joined,
    Left,
    Noted,
    Present,
    Refused,
    Renamed,
    Said,
    Told,
    Unsaved,
    Unsent,
    Welcomed,
)

NAMES: dict[type, str] = {
    Said: "said",
    Unsaved: "not_stored",
    Unsent: "not_sent",
    Refused: "refused",
    Welcomed: "connected",
    Disconnected: "disconnected",
    Joined: "joined",
    Left: "left",
    Renamed: "renamed",
    Told: "topic",
    Present: "present",
    Noted: "note",
}


def recorded(event: Event) -> str:
    """Write an event; "" for what is for people only."""
    name = NAMES.get(type(event))
    if name is None:
        return ""
    values = asdict(event)
    at = values.pop("at", None)
    values.pop("about", None)
    return json.dumps({"event": name, "time": _time(at), **values})


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
