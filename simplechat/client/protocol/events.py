"""Events: what a client learns from the server, as values.

In each of them `at` is when it happened, in seconds since 1970, or None where the server did not say.
"""

from __future__ import annotations

from dataclasses import dataclass

from simplechat.client.protocol.message_events import (
    HistoryEvent,
    MessageDeleted,
    MessageReceived,
    ReactionReceived,
)
from simplechat.locale import gettext


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The server let us in, under this nick."""

    nick: str


@dataclass(frozen=True, slots=True)
class ReadMarkerReceived:
    """We have read something up to a time, here or on another device.

    Attributes:
        at: None where the server knows of none.
    """

    at: float | None
    target: str


@dataclass(frozen=True, slots=True)
class MissedCount:
    """What follows was said while we were not there.

    Attributes:
        count: How many messages of others.
        since: When we were last there, in seconds since 1970; None where nobody knows.
    """

    target: str
    count: int
    since: float | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
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
    rows: tuple[HistoryEvent, ...] = ()
    is_end: bool = True
    oldest: str = ""
    newest: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class HistoryTargets:
    """Where something was said, in the time that was asked for."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """A page of what was said before, for people, each message with a number by which it can be named.

    Attributes:
        rows: What was said, and with 0 that something was deleted.
        is_first: True where nothing was said before it.
    """

    target: str
    rows: tuple[tuple[int, MessageReceived | MessageDeleted], ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What a search found, oldest first, each message with a number by which it can be named."""

    rows: tuple[tuple[int, MessageReceived], ...]


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
class AccountCreated:
    """There is an account of ours now."""

    account: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Our account has another password now."""


@dataclass(frozen=True, slots=True)
class MessageNotStored:
    """Something of our own was not stored, as far as can be known; nobody should count on it."""

    target: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class UserJoined:
    """Somebody came into a room."""

    at: float | None
    nick: str
    room: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class UserLeft:
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
class NickChanged:
    """Somebody took another nick."""

    at: float | None
    old: str
    new: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class ChannelRenamed:
    """Somebody gave a room another name."""

    at: float | None
    nick: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class TopicShown:
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
class MembersListed:
    """Who is in a room, whole: nicks with the signs of what they are there, such as @ann."""

    room: str
    nicks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableShown:
    """The answer to a question, as a table.

    Attributes:
        columns: The heads, in English.
        rows: A text for each head.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RequestRefused:
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
class InputRejected:
    """Something typed was not done, and not sent.

    Attributes:
        line: What was typed, so that nothing is lost; "" where there is nothing to keep.
    """

    reason: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class NoteShown:
    """The server has something to tell."""

    text: str


@dataclass(frozen=True, slots=True)
class HelpShown:
    """What can be typed, as it was asked for."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is no connection; it is tried again in so many seconds."""

    reason: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The talk on this connection is over; nothing follows.

    Attributes:
        is_final: True where we were put out, so that coming back by ourselves would be rude.
    """

    reason: str
    is_final: bool = False


Event = (
    Welcomed
    | MessageReceived
    | MessageNotStored
    | UserJoined
    | UserLeft
    | NickChanged
    | ChannelRenamed
    | TopicShown
    | MembersListed
    | TableShown
    | RequestRefused
    | InputRejected
    | NoteShown
    | HelpShown
    | Disconnected
    | ConnectionClosed
    | ReactionReceived
    | MessageDeleted
    | ReadMarkerReceived
    | MissedCount
    | HistoryPage
    | HistoryTargets
    | HistoryShown
    | SearchResults
    | LoggedIn
    | NotLoggedIn
    | AccountCreated
    | PasswordChanged
)
