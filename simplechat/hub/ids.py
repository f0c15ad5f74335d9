"""Ids: the order and the time of an event in one number.

An id is the milliseconds since 2000-01-01 UTC, shifted left by 22; the low bits are 8 for the node and 14
for a sequence. Its text form, the msgid, is 13 characters of base32hex. Ids, msgids and times have the same
order.

Spec: https://ircv3.net/specs/extensions/message-ids
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_S = EPOCH.timestamp()
EPOCH_MS = int(EPOCH_S * 1000)
MAX_ID = (1 << 63) - 1  # above every id
TIME_SHIFT = 22  # bits
SEQUENCE_BITS = 14
SEQUENCE_MASK = (1 << SEQUENCE_BITS) - 1
MAX_AHEAD_MS = 1000  # how far ids may run ahead of the clock before they share a millisecond

_MSGID_LENGTH = 13
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


def next_id(now_s: float, last: int) -> int:
    """Mint the id after `last` at the time `now_s` (seconds since 1970).

    Each id takes the next free millisecond. Once ids are `MAX_AHEAD_MS` ahead of the clock, they share a
    millisecond and differ in the sequence.
    """
    now_ms = int((now_s - EPOCH_S) * 1000)
    following_ms = (last >> TIME_SHIFT) + 1
    if following_ms <= now_ms:
        return now_ms << TIME_SHIFT
    if following_ms <= now_ms + MAX_AHEAD_MS or last & SEQUENCE_MASK == SEQUENCE_MASK:
        return following_ms << TIME_SHIFT
    return last + 1


def msgid_of(number: int) -> str:
    """Return an id's msgid."""
    pairs = _PAIRS
    return (
        _DIGITS[number >> 60]
        + pairs[number >> 50 & 1023]
        + pairs[number >> 40 & 1023]
        + pairs[number >> 30 & 1023]
        + pairs[number >> 20 & 1023]
        + pairs[number >> 10 & 1023]
        + pairs[number & 1023]
    )


def parse_msgid(msgid: str) -> int:
    """Return the id of a msgid.

    Raises:
        ValueError: The text is not a msgid of this server.
    """
    if len(msgid) != _MSGID_LENGTH or not set(msgid) <= _VALUES.keys():
        raise ValueError(f"not a msgid: {msgid!r}")
    number = 0
    for digit in msgid:
        number = number << 5 | _VALUES[digit]
    return number


def first_id(ms: int) -> int:
    """Return the lowest id of a time, in milliseconds since 1970."""
    return min(max(ms - EPOCH_MS, 0) << TIME_SHIFT, MAX_ID)


def ms_of(number: int) -> int:
    """Return an id's time in milliseconds since 1970."""
    return EPOCH_MS + (number >> TIME_SHIFT)


def time_of(number: int) -> str:
    """Return an id's time in the format of the time tag: 2026-11-23T05:29:02.000Z.

    Spec: https://ircv3.net/specs/extensions/server-time
    """
    seconds, milliseconds = divmod(number >> TIME_SHIFT, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(256)
def _second(seconds: int) -> str:
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


def seconds_of(number: int) -> float:
    """Return an id's time in seconds since 1970."""
    return EPOCH_S + (number >> TIME_SHIFT) / 1000


def event_tags(number: int) -> dict[str, str]:
    """Return the tags that tell an event's id and time."""
    return {"time": time_of(number), "msgid": msgid_of(number)}
