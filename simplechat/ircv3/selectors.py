"""Selectors: how clients name a place in a log, by a message or by a time.

Spec: https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

REFERENCE_TYPES = ("msgid", "timestamp")

_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3}))?Z")


class BadSelector(ValueError):
    """A word that names no place.

    Attributes:
        code: A code for a FAIL reply.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class TimestampSelector(NamedTuple):
    """The place of a time, in milliseconds since 1970."""

    ms: int


class MsgidSelector(NamedTuple):
    """The place of a message."""

    msgid: str


Selector = TimestampSelector | MsgidSelector


def parse_selector(word: str) -> Selector:
    """Read `timestamp=2026-11-23T05:29:02.000Z` or `msgid=...`.

    Raises:
        BadSelector: It is neither.
    """
    kind, equals, value = word.partition("=")
    if not equals or kind not in REFERENCE_TYPES:
        code = "INVALID_MSGREFTYPE" if equals else "INVALID_PARAMS"
        raise BadSelector(code, "A place is msgid=... or timestamp=...")
    return MsgidSelector(value) if kind == "msgid" else TimestampSelector(parse_server_time(value))


def parse_server_time(text: str) -> int:
    """Read a time as the time tag has it; give milliseconds since 1970.

    Raises:
        BadSelector: It is none.

    Spec: https://ircv3.net/specs/extensions/server-time
    """
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        second = datetime(*map(int, found.groups()[:6]), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise BadSelector("INVALID_PARAMS", "A time is YYYY-MM-DDThh:mm:ss.sssZ") from None
    return int(second.timestamp()) * 1000 + int((found[7] or "").ljust(3, "0"))
