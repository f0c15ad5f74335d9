"""What people say, and what becomes of it, as values: the events that have a place in what was said before.

In each of them `at` is when it happened, in seconds since 1970, or None where the server did not say.
"""

from __future__ import annotations

from dataclasses import dataclass


def conversation_of(target: str, nick: str, *, is_own: bool) -> str:
    """Give where something belongs that a nick sent to a target: the room, or who is talked with."""
    room = target.lstrip("~&@%+")
    if room.startswith("#"):
        return room
    return target if is_own else nick


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody said something; where it is our own, it is stored now.

    Attributes:
        target: The room or the nick it was said to.
        kind: PRIVMSG, NOTICE, or ACTION for what somebody does.
        msgid: "" where the server gives none.
        is_old: True where it was said before, and is told to who comes in.
        reply_to: The msgid of what it answers; "" for nothing.
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
    def address(self) -> str:
        """Where it belongs: the room, or the nick of who is talked with."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


@dataclass(frozen=True, slots=True)
class ReactionReceived:
    """Somebody reacted to something that was said.

    Attributes:
        target: The room or the nick it was sent to.
        msgid: Of what was said.
        emoji: A short text.
        is_taken_back: True where an earlier reaction is meant no more.
        is_folded: True where the message itself is told with it, so that people see it there.
    """

    at: float | None
    nick: str
    target: str
    msgid: str
    emoji: str
    is_own: bool
    is_taken_back: bool = False
    is_folded: bool = False

    @property
    def address(self) -> str:
        """Where it belongs: the room, or the nick of who is talked with."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """Somebody deleted something that was said.

    Attributes:
        msgid: Of what was said.
    """

    at: float | None
    nick: str
    target: str
    msgid: str
    reason: str
    is_own: bool

    @property
    def address(self) -> str:
        """Where it belongs: the room, or the nick of who is talked with."""
        return conversation_of(self.target, self.nick, is_own=self.is_own)


HistoryEvent = MessageReceived | ReactionReceived | MessageDeleted
"""What a page of what was said before has in it."""
