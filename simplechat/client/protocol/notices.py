"""Messages of the server that need nothing but themselves to be understood: each is one event.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/client-tags/react
Spec: https://ircv3.net/specs/extensions/message-redaction
Spec: https://ircv3.net/specs/extensions/read-marker
Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.protocol.events import (
    ChannelRenamed,
    Event,
    NoteShown,
    ReadMarkerReceived,
    TopicShown,
)
from simplechat.client.protocol.message_events import MessageDeleted, ReactionReceived
from simplechat.client.protocol.message_fields import (
    REPLY_TAGS,
    is_valid_channel,
    last_parameter,
    parameter,
    parse_timestamp,
    read_tag,
    read_time_tag,
    source_nick,
)
from simplechat.ircv3.message import Message
from simplechat.locale import gettext as _

REACT_TAGS = ("+draft/react", "+react")
UNREACT_TAGS = ("+draft/unreact", "+unreact")
MAX_EMOJI_CHARS = 40  # shown of a reaction

IsOwn = Callable[[str], bool]  # tells whether a nick is ours


def parse_topic(message: Message, is_own: IsOwn) -> Event:
    """Parse a channel's topic, or that it has none."""
    channel = message.params[-2] if len(message.params) > 1 else ""
    nick = source_nick(message) if message.command == "TOPIC" else ""
    text = "" if message.command == "331" else last_parameter(message)
    return TopicShown(read_time_tag(message), nick, channel, text)


def parse_invitation(message: Message, is_own: IsOwn) -> Event:
    """Parse an invitation."""
    text = _("{nick} invites you to {room}")
    return NoteShown(text.format(nick=source_nick(message), room=last_parameter(message)))


def parse_mode_change(message: Message, is_own: IsOwn) -> Event | None:
    """Parse a change of a channel's modes; return None for a user's."""
    text = _("{nick} sets {modes} in {room}")
    channel, *changes = message.params or ("",)
    if not channel.startswith("#"):
        return None
    return NoteShown(text.format(nick=source_nick(message), modes=" ".join(changes), room=channel))


def parse_away(message: Message, is_own: IsOwn) -> Event:
    """Parse that somebody is away."""
    text = _("{nick} is away: {reason}")
    return NoteShown(text.format(nick=parameter(message, 1), reason=last_parameter(message)))


def parse_note(message: Message, is_own: IsOwn) -> Event:
    """Parse a text of the server for people."""
    return NoteShown(last_parameter(message))


def parse_reaction(message: Message, is_own: IsOwn) -> Event | None:
    """Parse a reaction; return None for other tags without a text."""
    msgid, nick = read_tag(message, REPLY_TAGS), source_nick(message)
    added, removed = read_tag(message, REACT_TAGS), read_tag(message, UNREACT_TAGS)
    if not msgid or not (added or removed):
        return None
    emoji = (added or removed)[:MAX_EMOJI_CHARS]
    target = parameter(message, 0)
    return ReactionReceived(
        read_time_tag(message), nick, target, msgid, emoji, is_own(nick), is_taken_back=not added
    )


def parse_channel_rename(message: Message, is_own: IsOwn) -> Event | None:
    """Parse a channel's new name; return None if it cannot be one."""
    old, new, reason = (parameter(message, index) for index in range(3))
    if not (is_valid_channel(old) and is_valid_channel(new)):
        return None
    return ChannelRenamed(read_time_tag(message), source_nick(message), old, new, reason)


def parse_deletion(message: Message, is_own: IsOwn) -> Event:
    """Parse that a message was deleted."""
    nick = source_nick(message)
    target, msgid, reason = (parameter(message, index) for index in range(3))
    return MessageDeleted(read_time_tag(message), nick, target, msgid, reason, is_own(nick))


def parse_read_marker(message: Message, is_own: IsOwn) -> Event:
    """Parse up to when we have read a conversation."""
    read_at = parse_timestamp(parameter(message, 1).removeprefix("timestamp="))
    return ReadMarkerReceived(read_at, parameter(message, 0))


PARSERS: dict[str, Callable[[Message, IsOwn], Event | None]] = {
    "301": parse_away,
    "305": parse_note,
    "306": parse_note,
    "331": parse_topic,
    "332": parse_topic,
    "372": parse_note,
    "INVITE": parse_invitation,
    "MARKREAD": parse_read_marker,
    "MODE": parse_mode_change,
    "REDACT": parse_deletion,
    "RENAME": parse_channel_rename,
    "TAGMSG": parse_reaction,
    "TOPIC": parse_topic,
    "WARN": parse_note,
}
