"""Selectors: how clients refer to a position in a log, by msgid or by timestamp.

Spec: https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

REFERENCE_TYPES = ("msgid", "timestamp")

_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3}))?Z")


class BadSelector(ValueError):
    """A word that is not a selector.

    Attributes:
        code: The code for a FAIL reply.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class TimestampSelector(NamedTuple):
    """A position by time, in milliseconds since 1970."""

    ms: int


class MsgidSelector(NamedTuple):
    """The position of a message."""

    msgid: str


Selector = TimestampSelector | MsgidSelector


def parse_selector(word: str) -> Selector:
    """Parse `timestamp=2026-11-23T05:29:02.000Z` or `msgid=...`.

    Raises:
        BadSelector: The word is neither.
    """
    kind, equals, value = word.partition("=")
    if not equals or kind not in REFERENCE_TYPES:
        code = "INVALID_MSGREFTYPE" if equals else "INVALID_PARAMS"
        raise BadSelector(code, "A selector is msgid=... or timestamp=...")
    return MsgidSelector(value) if kind == "msgid" else TimestampSelector(parse_server_time(value))


def parse_server_time(text: str) -> int:
    """Parse the value of a `time` tag to milliseconds since 1970.

    Raises:
        BadSelector: The text is not such a time.

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
