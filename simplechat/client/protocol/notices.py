"""Messages of the server that only tell something: each is one event, whatever came before it.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/client-tags/react
Spec: https://ircv3.net/specs/extensions/message-redaction
Spec: https://ircv3.net/specs/extensions/read-marker
Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from simplechat.client.protocol.events import Event, Marked, Noted, RoomRenamed, Told
from simplechat.client.protocol.message_events import Deleted, Reacted
from simplechat.ircv3.message import Message, is_middle
from simplechat.locale import gettext as _

REACT = ("+draft/react", "+react")
UNREACT = ("+draft/unreact", "+unreact")
REPLY = ("+reply", "+draft/reply")
LONGEST_MSGID = 128  # characters; none is longer anywhere
LONGEST_EMOJI = 40  # characters shown of what somebody reacts with

_TIME = re.compile(r"(?:19[7-9]|[2-8]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)

IsOwn = Callable[[str], bool]


def param(message: Message, place: int) -> str:
    """Give a parameter, "" where there is none."""
    return message.params[place] if place < len(message.params) else ""


def last(message: Message) -> str:
    """Give the last parameter."""
    return message.params[-1] if message.params else ""


def is_room(name: str) -> bool:
    """Tell whether something can be the name of a room, and be sent back as one."""
    return name.startswith("#") and is_middle(name) and "," not in name


def nick_of(message: Message) -> str:
    """Give the nick of who speaks."""
    return message.source.partition("!")[0]


def msgid_of(message: Message) -> str:
    """Give the name of a message; "" where it has none, or none that anybody could send back."""
    msgid = message.tags.get("msgid", "")
    return msgid if len(msgid) <= LONGEST_MSGID and is_middle(msgid) else ""


def tag_of(message: Message, names: tuple[str, ...]) -> str:
    """Give the value of a tag that has several names."""
    return next((message.tags[name] for name in names if message.tags.get(name)), "")


def happened_at(message: Message) -> float | None:
    """Give when a message happened, in seconds since 1970; None where it tells nothing sensible.

    Spec: https://ircv3.net/specs/extensions/server-time
    """
    return seconds_of(message.tags.get("time", ""))


def seconds_of(text: str) -> float | None:
    """Read a time, in seconds since 1970; None where it is none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # the 30th of February
        return None


# -- events --------------------------------------------------------------------------------------------


def topic(message: Message, is_own: IsOwn) -> Event:
    """Read what a room is about."""
    room = message.params[-2] if len(message.params) > 1 else ""
    nick = nick_of(message) if message.command == "TOPIC" else ""
    text = "" if message.command == "331" else last(message)
    return Told(happened_at(message), nick, room, text)


def invited(message: Message, is_own: IsOwn) -> Event:
    """Read an invitation."""
    told = _("{nick} invites you to {room}")
    return Noted(told.format(nick=nick_of(message), room=last(message)))


def modes(message: Message, is_own: IsOwn) -> Event | None:
    """Read a change of modes, a room's only."""
    told = _("{nick} sets {modes} in {room}")
    room, *changes = message.params or ("",)
    if not room.startswith("#"):
        return None
    return Noted(told.format(nick=nick_of(message), modes=" ".join(changes), room=room))


def gone(message: Message, is_own: IsOwn) -> Event:
    """Read that somebody is away."""
    told = _("{nick} is away: {reason}")
    return Noted(told.format(nick=param(message, 1), reason=last(message)))


def note(message: Message, is_own: IsOwn) -> Event:
    """Read what the server says in its own words."""
    return Noted(last(message))


def reacted(message: Message, is_own: IsOwn) -> Event | None:
    """Read tags without a text: a reaction, or nothing for people."""
    msgid, nick = tag_of(message, REPLY), nick_of(message)
    emoji, gone = tag_of(message, REACT), tag_of(message, UNREACT)
    if not msgid or not (emoji or gone):
        return None
    shown = (emoji or gone)[:LONGEST_EMOJI]
    target = param(message, 0)
    return Reacted(happened_at(message), nick, target, msgid, shown, is_own(nick), not emoji)


def room_renamed(message: Message, is_own: IsOwn) -> Event | None:
    """Read that a room has another name."""
    old, new = param(message, 0), param(message, 1)
    if not (is_room(old) and is_room(new)):
        return None
    return RoomRenamed(happened_at(message), nick_of(message), old, new, param(message, 2))


def deleted(message: Message, is_own: IsOwn) -> Event:
    """Read that something was deleted."""
    nick = nick_of(message)
    return Deleted(
        happened_at(message), nick, param(message, 0), param(message, 1), param(message, 2), is_own(nick)
    )


def marked(message: Message, is_own: IsOwn) -> Event:
    """Read up to when we have read something."""
    return Marked(seconds_of(param(message, 1).removeprefix("timestamp=")), param(message, 0))


NOTES: dict[str, Callable[[Message, IsOwn], Event | None]] = {
    "301": gone,
    "305": note,
    "306": note,
    "331": topic,
    "332": topic,
    "372": note,
    "INVITE": invited,
    "MARKREAD": marked,
    "MODE": modes,
    "REDACT": deleted,
    "RENAME": room_renamed,
    "TAGMSG": reacted,
    "TOPIC": topic,
    "WARN": note,
}
