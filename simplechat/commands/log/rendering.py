"""Rendering of stored rows: as the messages that they were when they happened.

Spec: https://ircv3.net/specs/batches/chathistory
"""

from __future__ import annotations

import json

from simplechat.commands.log.log_rows import CHANNEL_RENAME
from simplechat.commands.log.multiline_messages import render_as_batch, render_as_lines, supports_multiline
from simplechat.hub.ids import event_tags
from simplechat.hub.multiline import split_lines
from simplechat.hub.records import MESSAGE_KINDS, LogRow
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message, fit_to_line

CHANNEL_EVENT_KINDS = ("JOIN", "PART", "QUIT", "KICK", "NICK", "MODE", "TOPIC")
"""The kinds of what changes a client's picture of a channel, for clients that want it in their history."""


REDACTION = "REDACT"
REDACTABLE_KINDS = (*MESSAGE_KINDS, "TAGMSG")


def history_kinds(session: Session) -> tuple[str, ...]:
    """Return the kinds of rows that a session receives as history.

    Spec: https://ircv3.net/specs/extensions/chathistory
    """
    if "draft/event-playback" not in session.caps:
        return MESSAGE_KINDS
    tags = ("TAGMSG",) if "message-tags" in session.caps else ()
    redactions = (REDACTION,) if "draft/message-redaction" in session.caps else ()
    renames = ("RENAME",) if CHANNEL_RENAME in session.caps else ()
    return (*MESSAGE_KINDS, *CHANNEL_EVENT_KINDS, *tags, *redactions, *renames)


def render_row(row: LogRow, addressee: str, session: Session) -> list[Message]:
    """Return the messages of a row; its time is in a tag, or in the text for clients without that tag."""
    tags = event_tags(row.id)
    if row.tags:
        tags.update(json.loads(row.tags))
    if row.account:
        tags["account"] = row.account
    if row.kind in MESSAGE_KINDS:
        lines = split_lines(
            row.text if "server-time" in session.caps else _prefix_time(row.text, tags["time"])
        )
        head = Message(row.kind, (addressee,), row.source)
        is_whole = len(lines) > 1 and supports_multiline(session)
        return render_as_batch(head, lines, row.id, tags) if is_whole else render_as_lines(head, lines, tags)
    return [fit_to_line(Message(row.kind, _params(row, addressee, session), row.source, tags))]


def _params(row: LogRow, addressee: str, session: Session) -> tuple[str, ...]:
    match row.kind:
        case "JOIN" if "extended-join" in session.caps:
            return (addressee, row.account or "*", row.source.partition("!")[0])
        case "JOIN" | "TAGMSG":
            return (addressee,)
        case "PART":
            return (addressee, row.text) if row.text else (addressee,)
        case "RENAME":
            return tuple(row.text.split(" ", 2))
        case "QUIT" | "NICK":
            return (row.text,)
        case "KICK" | "REDACT":
            return (addressee, *row.text.split(" ", 1))
        case "MODE":
            return (addressee, *row.text.split(" "))
    return (addressee, row.text)


def _prefix_time(text: str, time: str) -> str:
    """Put the time before a text; in an ACTION, after the word."""
    stamp = f"[{time[:10]} {time[11:16]} UTC] "
    action = "\1ACTION "
    return action + stamp + text.removeprefix(action) if text.startswith(action) else stamp + text
