"""Rows of the log, said again: each as the messages that it was when it happened.

Spec: https://ircv3.net/specs/batches/chathistory
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from simplechat.commands.framework.events import RENAMES, stamp_tags
from simplechat.commands.log.multiline_messages import piecemeal, takes_lines, whole
from simplechat.hub.multiline import split_lines
from simplechat.hub.records import MESSAGE_KINDS, LogRow
from simplechat.hub.session import Session
from simplechat.ircv3.message import Message, fit_to_line

EVENTS = ("JOIN", "PART", "QUIT", "KICK", "NICK", "MODE", "TOPIC")
"""The kinds of what changes a client's picture of a channel, for clients that want it in their history."""


REDACTION = "REDACT"
CAN_BE_REDACTED = (*MESSAGE_KINDS, "TAGMSG")


def kinds_for(session: Session) -> tuple[str, ...]:
    """Give the kinds of rows that a session wants in its history.

    Spec: https://ircv3.net/specs/extensions/chathistory
    """
    if "draft/event-playback" not in session.caps:
        return MESSAGE_KINDS
    tags = ("TAGMSG",) if "message-tags" in session.caps else ()
    redactions = (REDACTION,) if "draft/message-redaction" in session.caps else ()
    renames = ("RENAME",) if RENAMES in session.caps else ()
    return (*MESSAGE_KINDS, *EVENTS, *tags, *redactions, *renames)


def as_messages(row: LogRow, addressee: str, session: Session) -> list[Message]:
    """Say a row of a log again, its time in a tag, or in the text where tags are not understood."""
    tags = stamp_tags(row.id)
    if row.tags:
        tags.update(json.loads(row.tags))
    if row.account:
        tags["account"] = row.account
    if row.kind in MESSAGE_KINDS:
        lines = split_lines(row.text if "server-time" in session.caps else _dated(row.text, tags["time"]))
        head = Message(row.kind, (addressee,), row.source)
        is_whole = len(lines) > 1 and takes_lines(session)
        return whole(head, lines, row.id, tags) if is_whole else piecemeal(head, lines, tags)
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


def _dated(text: str, time: str) -> str:
    """Put a time tag, as people write it, before a text; in an ACTION, behind the word."""
    stamp = f"[{time[:10]} {time[11:16]} UTC] "
    action = "\1ACTION "
    return action + stamp + text.removeprefix(action) if text.startswith(action) else stamp + text


def in_batch(messages: Iterable[Message], opening: Message, closing: Message) -> list[Message]:
    """Put messages into a batch, those left out that are in another one."""
    reference = opening.params[0][1:]
    inside = (
        each
        if "batch" in each.tags
        else Message(each.command, each.params, each.source, {**each.tags, "batch": reference})
        for each in messages
    )
    return [opening, *inside, closing]


def batch(reference: str, kind: str, *params: str, source: str) -> tuple[Message, Message]:
    """Give the two messages that a batch stands between.

    Spec: https://ircv3.net/specs/extensions/batch
    """
    return (
        Message("BATCH", (f"+{reference}", kind, *params), source),
        Message("BATCH", (f"-{reference}",), source),
    )
