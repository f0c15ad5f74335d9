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

from simplechat.client.protocol.events import ChannelRenamed, Event, NoteShown, ReadMarkerReceived, TopicShown
from simplechat.client.protocol.message_events import MessageDeleted, ReactionReceived
from simplechat.ircv3.message import Message, is_middle
from simplechat.locale import gettext as _

REACT = ("+draft/react", "+react")
UNREACT = ("+draft/unreact", "+unreact")
REPLY = ("+reply", "+draft/reply")
MAX_MSGID_CHARS = 128  # characters; none is longer anywhere
MAX_EMOJI_CHARS = 40  # characters shown of what somebody reacts with

_TIME = re.compile(r"(?:19[7-9]|[2-8]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)

IsOwn = Callable[[str], bool]


def parameter(message: Message, place: int) -> str:
    """Give a parameter, "" where there is none."""
    return message.params[place] if place < len(message.params) else ""


def last_parameter(message: Message) -> str:
    """Give the last parameter."""
    return message.params[-1] if message.params else ""


def is_channel_name(name: str) -> bool:
    """Tell whether something can be the name of a room, and be sent back as one."""
    return name.startswith("#") and is_middle(name) and "," not in name


def source_nick(message: Message) -> str:
    """Give the nick of who speaks."""
    return message.source.partition("!")[0]


def read_msgid(message: Message) -> str:
    """Give the name of a message; "" where it has none, or none that anybody could send back."""
    msgid = message.tags.get("msgid", "")
    return msgid if len(msgid) <= MAX_MSGID_CHARS and is_middle(msgid) else ""


def read_tag(message: Message, names: tuple[str, ...]) -> str:
    """Give the value of a tag that has several names."""
    return next((message.tags[name] for name in names if message.tags.get(name)), "")


def read_time_tag(message: Message) -> float | None:
    """Give when a message happened, in seconds since 1970; None where it tells nothing sensible.

    Spec: https://ircv3.net/specs/extensions/server-time
    """
    return parse_time(message.tags.get("time", ""))


def parse_time(text: str) -> float | None:
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
    nick = source_nick(message) if message.command == "TOPIC" else ""
    text = "" if message.command == "331" else last_parameter(message)
    return TopicShown(read_time_tag(message), nick, room, text)


def invited(message: Message, is_own: IsOwn) -> Event:
    """Read an invitation."""
    told = _("{nick} invites you to {room}")
    return NoteShown(told.format(nick=source_nick(message), room=last_parameter(message)))


def modes(message: Message, is_own: IsOwn) -> Event | None:
    """Read a change of modes, a room's only."""
    told = _("{nick} sets {modes} in {room}")
    room, *changes = message.params or ("",)
    if not room.startswith("#"):
        return None
    return NoteShown(told.format(nick=source_nick(message), modes=" ".join(changes), room=room))


def gone(message: Message, is_own: IsOwn) -> Event:
    """Read that somebody is away."""
    told = _("{nick} is away: {reason}")
    return NoteShown(told.format(nick=parameter(message, 1), reason=last_parameter(message)))


def note(message: Message, is_own: IsOwn) -> Event:
    """Read what the server says in its own words."""
    return NoteShown(last_parameter(message))


def reacted(message: Message, is_own: IsOwn) -> Event | None:
    """Read tags without a text: a reaction, or nothing for people."""
    msgid, nick = read_tag(message, REPLY), source_nick(message)
    emoji, gone = read_tag(message, REACT), read_tag(message, UNREACT)
    if not msgid or not (emoji or gone):
        return None
    shown = (emoji or gone)[:MAX_EMOJI_CHARS]
    target = parameter(message, 0)
    return ReactionReceived(read_time_tag(message), nick, target, msgid, shown, is_own(nick), not emoji)


def room_renamed(message: Message, is_own: IsOwn) -> Event | None:
    """Read that a room has another name."""
    old, new = parameter(message, 0), parameter(message, 1)
    if not (is_channel_name(old) and is_channel_name(new)):
        return None
    return ChannelRenamed(read_time_tag(message), source_nick(message), old, new, parameter(message, 2))


def deleted(message: Message, is_own: IsOwn) -> Event:
    """Read that something was deleted."""
    nick = source_nick(message)
    return MessageDeleted(
        read_time_tag(message),
        nick,
        parameter(message, 0),
        parameter(message, 1),
        parameter(message, 2),
        is_own(nick),
    )


def marked(message: Message, is_own: IsOwn) -> Event:
    """Read up to when we have read something."""
    return ReadMarkerReceived(
        parse_time(parameter(message, 1).removeprefix("timestamp=")), parameter(message, 0)
    )


PARSERS: dict[str, Callable[[Message, IsOwn], Event | None]] = {
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
