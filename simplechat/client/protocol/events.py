"""Events: what a client learns from the server, as values.

In each of them `at` is when it happened, in seconds since 1970, or None where the server did not say.
"""

from __future__ import annotations

from dataclasses import dataclass

from simplechat.client.protocol.message_events import Deleted, Reacted, Row, Said
from simplechat.locale import gettext


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The server let us in, under this nick."""

    nick: str


@dataclass(frozen=True, slots=True)
class Marked:
    """We have read something up to a time, here or on another device.

    Attributes:
        at: None where the server knows of none.
    """

    at: float | None
    target: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What follows was said while we were not there.

    Attributes:
        count: How many messages of others.
        since: When we were last there, in seconds since 1970; None where nobody knows.
    """

    target: str
    count: int
    since: float | None


@dataclass(frozen=True, slots=True)
class Paged:
    """The answer to a question about what was said before.

    Attributes:
        purpose: What it was asked for.
        target: Where; "" for everywhere.
        rows: What was said, and what became of it; oldest first.
        is_end: True where there is nothing more in the direction that was asked for.
        oldest: Names the first of it, so that what is before it can be asked for; "" for nothing.
        newest: Names the last of it likewise.
        trouble: Why there is no answer, in a sentence; "" where there is one.
    """

    purpose: str
    target: str
    rows: tuple[Row, ...] = ()
    is_end: bool = True
    oldest: str = ""
    newest: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where something was said, in the time that was asked for."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """A page of what was said before, for people, each message with a number by which it can be named.

    Attributes:
        rows: What was said, and with 0 that something was deleted.
        is_first: True where nothing was said before it.
    """

    target: str
    rows: tuple[tuple[int, Said | Deleted], ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """What a search found, oldest first, each message with a number by which it can be named."""

    rows: tuple[tuple[int, Said], ...]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The server knows us as the owner of an account."""

    account: str


@dataclass(frozen=True, slots=True)
class NotLoggedIn:
    """The server did not let us be the owner of an account; we go on as a guest.

    Attributes:
        reason: "" where we wanted it so.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class AccountMade:
    """There is an account of ours now."""

    account: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Our account has another password now."""


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
class RoomRenamed:
    """Somebody gave a room another name."""

    at: float | None
    nick: str
    old: str
    new: str
    reason: str


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
        command: Which command was refused; "" where the server does not tell.
    """

    text: str
    about: tuple[str, ...] = ()
    command: str = ""

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
    | RoomRenamed
    | Told
    | Present
    | Found
    | Refused
    | Unsent
    | Noted
    | Helped
    | Disconnected
    | Closed
    | Reacted
    | Deleted
    | Marked
    | Missed
    | Paged
    | Places
    | Recalled
    | Matched
    | LoggedIn
    | NotLoggedIn
    | AccountMade
    | PasswordChanged
)
