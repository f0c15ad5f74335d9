"""The fields of a message that the server sends, checked.

Spec: https://modern.ircdocs.horse/#message-format
Spec: https://ircv3.net/specs/extensions/server-time
Spec: https://ircv3.net/specs/extensions/message-ids
"""

from __future__ import annotations

import re
from datetime import datetime

from simplechat.ircv3.message import Message, is_middle

REPLY_TAGS = ("+reply", "+draft/reply")
MAX_MSGID_CHARS = 128  # none is longer anywhere

_TIME = re.compile(r"(?:19[7-9]|[2-8]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)


def parameter(message: Message, index: int) -> str:
    """Return a parameter; "" if there is none."""
    return message.params[index] if index < len(message.params) else ""


def last_parameter(message: Message) -> str:
    """Return the last parameter; "" if there is none."""
    return message.params[-1] if message.params else ""


def is_valid_channel(name: str) -> bool:
    """Tell whether something can be the name of a channel, and be sent back as one."""
    return name.startswith("#") and is_middle(name) and "," not in name


def source_nick(message: Message) -> str:
    """Return the nick of the user that a message comes from."""
    return message.source.partition("!")[0]


def read_msgid(message: Message) -> str:
    """Return a message's msgid; "" if it has none, or none that could be sent back."""
    msgid = message.tags.get("msgid", "")
    return msgid if len(msgid) <= MAX_MSGID_CHARS and is_middle(msgid) else ""


def read_tag(message: Message, names: tuple[str, ...]) -> str:
    """Return the value of a tag that has several names; "" if it has none."""
    return next((message.tags[name] for name in names if message.tags.get(name)), "")


def read_time_tag(message: Message) -> float | None:
    """Return when a message happened, in seconds since 1970; None if its tag does not say."""
    return parse_timestamp(message.tags.get("time", ""))


def parse_timestamp(text: str) -> float | None:
    """Parse a time as tags have it, to seconds since 1970; return None if it is not valid."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # the 30th of February
        return None
