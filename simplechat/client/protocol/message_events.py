"""The events that history holds: messages, reactions and deletions.

In each of them `at` is when it happened, in seconds since 1970, or None if the server did not say.
"""

from __future__ import annotations

from dataclasses import dataclass

MEMBER_PREFIXES = "~&@%+"  # before a nick or a channel: what somebody may do in the channel


def conversation_of(target: str, nick: str, *, is_own: bool) -> str:
    """Return the conversation of what a nick sent to a target: a channel, or the other person's nick."""
    channel = target.lstrip(MEMBER_PREFIXES)
    if channel.startswith("#"):
        return channel
    return target if is_own else nick


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message of somebody; if it is our own, it is stored now.

    Attributes:
        target: The channel or the nick that it was sent to.
        kind: PRIVMSG, NOTICE, or ACTION for what somebody does.
        msgid: "" if the server gives none.
        is_old: True if it was sent before we joined, and comes from history.
        reply_to: The msgid of the message that it answers; "" for none.
    """

    at: float | None
    nick: str
    target: str
    text: str
    kind: str
    msgid: str
    is_own: bool
    is_old: bool = False
    reply_to: str = ""

    @property
    def conversation(self) -> str:
        """The channel, or the nick of the other person."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


@dataclass(frozen=True, slots=True)
class ReactionReceived:
    """A reaction to a message.

    Attributes:
        target: The channel or the nick that it was sent to.
        msgid: Of the message.
        emoji: A short text.
        is_taken_back: True if an earlier reaction is taken back.
        is_with_message: True if it is shown at its message, so that it needs no line of its own.
    """

    at: float | None
    nick: str
    target: str
    msgid: str
    emoji: str
    is_own: bool
    is_taken_back: bool = False
    is_with_message: bool = False

    @property
    def conversation(self) -> str:
        """The channel, or the nick of the other person."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message was deleted.

    Attributes:
        msgid: Of the message.
    """

    at: float | None
    nick: str
    target: str
    msgid: str
    reason: str
    is_own: bool

    @property
    def conversation(self) -> str:
        """The channel, or the nick of the other person."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


HistoryEvent = MessageReceived | ReactionReceived | MessageDeleted
