"""The formats of an exported log: JSON for programs, lines of text for people.

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

MESSAGE_KINDS = ("PRIVMSG", "NOTICE")
EVENT_TEXTS = {
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
TOPIC_REMOVED = marked("{nick} removed the topic")
REDACTED = marked("(what {nick} said here was taken back)")

_ACTION_START, _ACTION_END = "\1ACTION ", "\1"


class ExportedRow(NamedTuple):
    """One row of a channel's log, with the columns of the server's `log` table."""

    id: int
    kind: str
    nick: str
    source: str
    account: str
    text: str
    status: str
    tags: str

    @classmethod
    def from_table(cls, columns: Mapping[str, Any]) -> ExportedRow:
        """Build a row from a row of the server's table, given by the names of its columns."""
        return cls(int(columns["id"]), *(str(columns[name]) for name in cls._fields[1:]))


class LogFormat(Protocol):
    """How a log is written, part by part; each method returns text to write."""

    def begin(self, channels: list[str]) -> str:
        """Return what stands before everything."""
        ...

    def begin_channel(self, channel: str) -> str:
        """Return what stands before a channel's rows."""
        ...

    def row(self, channel: str, row: ExportedRow) -> str:
        """Return one row."""
        ...

    def end_channel(self) -> str:
        """Return what stands after a channel's rows."""
        ...

    def end(self) -> str:
        """Return what stands after everything."""
        ...


class JsonFormat:
    """One JSON object per line, and nothing else, so that each line can be read by itself."""

    def begin(self, channels: list[str]) -> str:
        """See `LogFormat.begin`."""
        return ""

    def begin_channel(self, channel: str) -> str:
        """See `LogFormat.room`."""
        return ""

    def row(self, channel: str, row: ExportedRow) -> str:
        """See `LogFormat.row`."""
        fields = {
            "room": channel,
            "id": msgid_of(row.id),
            "time": time_of(row.id),
            "kind": row.kind,
            "nick": row.nick,
            "source": row.source,
            "account": row.account,
            "text": row.text,
            "status": row.status,
            "tags": _parse_tags(row.tags),
        }
        return _escape_unprintable(json.dumps(fields, ensure_ascii=False)) + "\n"

    def end_channel(self) -> str:
        """See `LogFormat.end_of_room`."""
        return ""

    def end(self) -> str:
        """See `LogFormat.end`."""
        return ""


def _parse_tags(text: str) -> dict[str, Any]:
    try:
        tags = json.loads(text or "{}")
    except ValueError:
        tags = None
    return tags if isinstance(tags, dict) else {}


def _escape_unprintable(text: str) -> str:
    """Escape all characters that are not printable; JSON itself escapes only the first 32."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


class TextFormat:
    """One line of text per row, and a heading per channel."""

    def __init__(self) -> None:
        self._separator = ""

    def begin(self, channels: list[str]) -> str:
        """See `LogFormat.begin`."""
        return ""

    def begin_channel(self, channel: str) -> str:
        """See `LogFormat.room`."""
        return f"{self._separator}== {printable(channel)} ==\n"

    def row(self, channel: str, row: ExportedRow) -> str:
        """See `LogFormat.row`."""
        time = time_of(row.id)
        return "".join(f"{time[:10]} {time[11:19]} {printable(line)}\n" for line in text_lines(row))

    def end_channel(self) -> str:
        """See `LogFormat.end_of_room`."""
        self._separator = "\n"
        return ""

    def end(self) -> str:
        """See `LogFormat.end`."""
        return ""


def text_lines(row: ExportedRow) -> list[str]:
    """Return a row as lines of text, each with the nick."""
    if not is_shown(row):
        return []
    if not is_message(row):
        return [f"* {event_text(row)}"]
    prefix = f"<{row.nick}> " if row.kind == "PRIVMSG" else f"-{row.nick}- "
    return [prefix + line for line in message_text(row).split("\n")]


def is_shown(row: ExportedRow) -> bool:
    """Tell whether a row is shown to people: a reaction is, other tags without a text are not."""
    return row.kind != "TAGMSG" or _reaction(row) != ""


def _reaction(row: ExportedRow) -> str:
    tags = _parse_tags(row.tags)
    return str(tags.get("+draft/react") or tags.get("+react") or "")


def is_message(row: ExportedRow) -> bool:
    """Tell whether a row is a message rather than an event or an action (`/me`)."""
    return row.kind in MESSAGE_KINDS and not row.text.startswith(_ACTION_START)


def message_text(row: ExportedRow) -> str:
    """Return a message's text, preceded by the status prefix that it was limited to."""
    text = remove_concat_marks(row.text).replace(LINE_FEED, "\n")
    return f"({row.status}) {text}" if row.status else text


def event_text(row: ExportedRow) -> str:
    """Return a sentence about an event or an action (`/me`), the nick first."""
    if row.kind in MESSAGE_KINDS:
        return f"{row.nick} {row.text.removeprefix(_ACTION_START).removesuffix(_ACTION_END)}"
    other, _space, reason = row.text.partition(" ") if row.kind == "KICK" else ("", "", row.text)
    text = _reaction(row) or row.text
    sentence = _(_event_template(row)).format(nick=row.nick, other=other, text=text, kind=row.kind)
    return f"{sentence} ({reason})" if reason and row.kind in ("PART", "QUIT", "KICK") else sentence


def _event_template(row: ExportedRow) -> str:
    if not row.kind:
        return REDACTED
    if row.kind == "TOPIC" and not row.text:
        return TOPIC_REMOVED
    return EVENT_TEXTS.get("REACTION" if row.kind == "TAGMSG" else row.kind, "{nick}: {kind} {text}")
