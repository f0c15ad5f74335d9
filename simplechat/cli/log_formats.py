"""How a row of a log is written: as JSON for programs, as a line of text for people.

Spec: https://jsonlines.org/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from simplechat.hub.ids import msgid_of, time_of
from simplechat.hub.multiline import LINE_FEED, remove_concat_marks
from simplechat.locale import gettext as _
from simplechat.locale import marked
from simplechat.terminal.sanitize import printable

SAID = ("PRIVMSG", "NOTICE")
EVENTS = {
    "JOIN": marked("{nick} joined"),
    "PART": marked("{nick} left"),
    "QUIT": marked("{nick} quit"),
    "NICK": marked("{nick} is now known as {text}"),
    "KICK": marked("{nick} kicked {other}"),
    "MODE": marked("{nick} set {text}"),
    "TOPIC": marked("{nick} changed the topic to: {text}"),
    "REACTION": marked("{nick} reacted: {text}"),
    "REDACT": marked("{nick} took a message back"),
}
NO_TOPIC = marked("{nick} removed the topic")
TAKEN_BACK = marked("(what {nick} said here was taken back)")

_ACTION, _END = "\1ACTION ", "\1"


class Row(NamedTuple):
    """One row of a channel's log, with the columns of the server's table."""

    id: int
    kind: str
    nick: str
    source: str
    account: str
    text: str
    status: str
    tags: str

    @classmethod
    def from_table(cls, columns: Mapping[str, Any]) -> Row:
        """Read a row of the server's table, by the names of its columns."""
        return cls(int(columns["id"]), *(str(columns[name]) for name in cls._fields[1:]))


class Form(Protocol):
    """Writes a log, part by part."""

    def begin(self, rooms: list[str]) -> str:
        """Write what stands before everything."""
        ...

    def room(self, room: str) -> str:
        """Write what stands before a channel's rows."""
        ...

    def row(self, room: str, row: Row) -> str:
        """Write a row."""
        ...

    def end_of_room(self) -> str:
        """Write what stands behind a channel's rows."""
        ...

    def end(self) -> str:
        """Write what stands behind everything."""
        ...


class Json:
    """One object a line; nothing else, so that lines can be taken one by one."""

    def begin(self, rooms: list[str]) -> str:
        """See `Form.begin`."""
        return ""

    def room(self, room: str) -> str:
        """See `Form.room`."""
        return ""

    def row(self, room: str, row: Row) -> str:
        """See `Form.row`."""
        fields = {
            "room": room,
            "id": msgid_of(row.id),
            "time": time_of(row.id),
            "kind": row.kind,
            "nick": row.nick,
            "source": row.source,
            "account": row.account,
            "text": row.text,
            "status": row.status,
            "tags": _tags(row.tags),
        }
        return _visible(json.dumps(fields, ensure_ascii=False)) + "\n"

    def end_of_room(self) -> str:
        """See `Form.end_of_room`."""
        return ""

    def end(self) -> str:
        """See `Form.end`."""
        return ""


def _tags(text: str) -> dict[str, Any]:
    try:
        tags = json.loads(text or "{}")
    except ValueError:
        tags = None
    return tags if isinstance(tags, dict) else {}


def _visible(text: str) -> str:
    """Escape what cannot be seen; JSON itself escapes the first 32 control characters only."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


class Text:
    """A line a row, a heading a channel."""

    def __init__(self) -> None:
        self._before = ""

    def begin(self, rooms: list[str]) -> str:
        """See `Form.begin`."""
        return ""

    def room(self, room: str) -> str:
        """See `Form.room`."""
        return f"{self._before}== {printable(room)} ==\n"

    def row(self, room: str, row: Row) -> str:
        """See `Form.row`."""
        time = time_of(row.id)
        return "".join(f"{time[:10]} {time[11:19]} {printable(line)}\n" for line in sentences(row))

    def end_of_room(self) -> str:
        """See `Form.end_of_room`."""
        self._before = "\n"
        return ""

    def end(self) -> str:
        """See `Form.end`."""
        return ""


def sentences(row: Row) -> list[str]:
    """Tell what was said or what happened, who it was in each line."""
    if not is_told(row):
        return []
    if not is_said(row):
        return [f"* {happened(row)}"]
    who = f"<{row.nick}> " if row.kind == "PRIVMSG" else f"-{row.nick}- "
    return [who + line for line in said(row).split("\n")]


def is_told(row: Row) -> bool:
    """Tell whether a row means anything to people: a reaction does, other tags without a text do not."""
    return row.kind != "TAGMSG" or _reaction(row) != ""


def _reaction(row: Row) -> str:
    tags = _tags(row.tags)
    return str(tags.get("+draft/react") or tags.get("+react") or "")


def is_said(row: Row) -> bool:
    """Tell whether a row is a message rather than an event or a deed."""
    return row.kind in SAID and not row.text.startswith(_ACTION)


def said(row: Row) -> str:
    """Give a message's text, and before it the status that it was limited to."""
    text = remove_concat_marks(row.text).replace(LINE_FEED, "\n")
    return f"({row.status}) {text}" if row.status else text


def happened(row: Row) -> str:
    """Tell of an event or a deed, who did it first."""
    if row.kind in SAID:
        return f"{row.nick} {row.text.removeprefix(_ACTION).removesuffix(_END)}"
    other, _space, reason = row.text.partition(" ") if row.kind == "KICK" else ("", "", row.text)
    text = _reaction(row) or row.text
    told = _(_template(row)).format(nick=row.nick, other=other, text=text, kind=row.kind)
    return f"{told} ({reason})" if reason and row.kind in ("PART", "QUIT", "KICK") else told


def _template(row: Row) -> str:
    if not row.kind:
        return TAKEN_BACK
    if row.kind == "TOPIC" and not row.text:
        return NO_TOPIC
    return EVENTS.get("REACTION" if row.kind == "TAGMSG" else row.kind, "{nick}: {kind} {text}")
