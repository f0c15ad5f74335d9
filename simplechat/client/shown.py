"""Events as lines for people."""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.events import (
    Closed,
    Event,
    Joined,
    Left,
    Noted,
    Refused,
    Renamed,
    Said,
    Unsaved,
    Welcomed,
)
from simplechat.ircv3.casemap import fold

Told = Callable[[float | None], str]  # the time of day for people; now, where it is None


class Shown:
    """Writes events as lines.

    Args:
        told: Gives the time of day.

    Attributes:
        room: The room that need not be named.
    """

    def __init__(self, told: Told, room: str) -> None:
        self.room = room
        self._told = told

    def line(self, event: Event) -> str:
        """Give the line for an event; "" where there is nothing to show."""
        match event:
            case Said():
                return self._said(event)
            case Joined(_, nick, room, is_own):
                return f"* you are in {room}" if is_own else f"* {nick} joined{self._elsewhere(' ', room)}"
            case Left():
                return self._left(event)
            case Renamed(_, old, new, is_own):
                return f"* you are now {new}" if is_own else f"* {old} is now {new}"
            case Welcomed(nick):
                return f"* connected as {nick}"
            case Noted(text):
                return f"* {text}"
            case Refused(text):
                return f"! {text}"
            case Unsaved(_, text, reason):
                return f"! not stored: {_short(text)} ({reason})"
            case Closed():
                return ""

    def _said(self, event: Said) -> str:
        nick = event.nick or "server"
        if event.target.startswith("#"):
            where = self._elsewhere(" in ", event.target)
        else:
            where = f" to {event.target}" if event.is_own else " to you"
        if event.kind == "ACTION":
            return f"{self._told(event.at)} * {nick}{where} {event.text}"
        return f"{self._told(event.at)} {nick}{where}: {event.text}"

    def _left(self, event: Left) -> str:
        who = "you" if event.is_own else event.nick
        how = "were put out of" if event.is_own else "was put out of"
        did = f"{how} {event.room}" if event.kind == "KICK" else f"left{self._elsewhere(' ', event.room)}"
        return f"* {who} {did}" + (f" ({event.reason})" if event.reason else "")

    def _elsewhere(self, before: str, room: str) -> str:
        return before + room if room and fold(room) != fold(self.room) else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}\N{HORIZONTAL ELLIPSIS}"
