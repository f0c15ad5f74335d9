"""Events: what a client learns from the server, as values.

In each of them `at` is when it happened, in seconds since 1970, or None where the server did not say.
"""

from __future__ import annotations

from dataclasses import dataclass

from simplechat.locale import gettext


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The server let us in, under this nick."""

    nick: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something; where it is our own, it is stored now.

    Attributes:
        target: The room or the nick it was said to.
        kind: PRIVMSG, NOTICE, or ACTION for what somebody does.
        msgid: "" where the server gives none.
        is_old: True where it was said before, and is told to who comes in.
    """

    at: float | None
    nick: str
    target: str
    text: str
    kind: str
    msgid: str
    is_own: bool
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Something of our own was not stored, as far as can be known; nobody should count on it."""

    target: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came into a room."""

    at: float | None
    nick: str
    room: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody left a room, or was made to.

    Attributes:
        room: "" where it was every room.
        kind: PART, QUIT or KICK.
    """

    at: float | None
    nick: str
    room: str
    kind: str
    reason: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody took another nick."""

    at: float | None
    old: str
    new: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a room is about.

    Attributes:
        nick: Who has changed it just now; "" where it is only told.
        text: "" for nothing.
    """

    at: float | None
    nick: str
    room: str
    text: str


@dataclass(frozen=True, slots=True)
class Present:
    """Who is in a room, whole: nicks with the signs of what they are there, such as @ann."""

    room: str
    nicks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a question, as a table.

    Attributes:
        columns: The heads, in English.
        rows: A text for each head.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not do something that was asked for, other than storing a message.

    Attributes:
        about: The words of the server that may name what it is about, such as a room.
    """

    text: str
    about: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The text for people, in the language in use as far as it is one that our server says."""
        before = ": ".join((*self.about, ""))
        if not self.text.startswith(before):
            return gettext(self.text)
        return before + gettext(self.text[len(before) :])


@dataclass(frozen=True, slots=True)
class Unsent:
    """Something typed was not done, and not sent.

    Attributes:
        line: What was typed, so that nothing is lost; "" where there is nothing to keep.
    """

    reason: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """The server has something to tell."""

    text: str


@dataclass(frozen=True, slots=True)
class Helped:
    """What can be typed, as it was asked for."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is no connection; it is tried again in so many seconds."""

    reason: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The talk on this connection is over; nothing follows.

    Attributes:
        is_final: True where we were put out, so that coming back by ourselves would be rude.
    """

    reason: str
    is_final: bool = False


Event = (
    Welcomed
    | Said
    | Unsaved
    | Joined
    | Left
    | Renamed
    | Told
    | Present
    | Found
    | Refused
    | Unsent
    | Noted
    | Helped
    | Disconnected
    | Closed
)
