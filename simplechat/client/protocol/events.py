"""Events: what the client learns, as values.

In each of them `at` is when it happened, in seconds since 1970, or None if the server did not say.
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

# -- the connection ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The server has registered our connection, with this nick."""

    nick: str


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The connection is over; nothing follows.

    Attributes:
        is_final: True if we were removed by an operator, so that reconnecting would be rude.
    """

    reason: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is no connection; the next attempt follows in some seconds."""

    reason: str
    retry_s: float


# -- accounts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """We are logged in to an account."""

    account: str


@dataclass(frozen=True, slots=True)
class NotLoggedIn:
    """We are a guest: a login failed, or we logged out.

    Attributes:
        reason: "" if we logged out.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """The server created an account for us."""

    account: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Our account has another password now."""


# -- channels and users --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserJoined:
    """Somebody joined a channel."""

    at: float | None
    nick: str
    channel: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class UserLeft:
    """Somebody left a channel, or was kicked.

    Attributes:
        channel: "" for all of them.
        kind: PART, QUIT or KICK.
    """

    at: float | None
    nick: str
    channel: str
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
    """Somebody gave a channel another name."""

    at: float | None
    nick: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class TopicShown:
    """A channel's topic.

    Attributes:
        nick: Of the user that has just changed it; "" if nobody has.
        text: "" for no topic.
    """

    at: float | None
    nick: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class MembersListed:
    """All members of a channel: nicks with the channel's prefixes, such as @ann."""

    channel: str
    nicks: tuple[str, ...]


# -- messages ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageNotStored:
    """A message of ours was not stored, as far as we know; nobody should count on it."""

    target: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadMarkerReceived:
    """We have read a conversation up to a time, here or on another device.

    Attributes:
        at: None if the server knows of none.
    """

    at: float | None
    target: str


# -- history -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The answer to a request for messages.

    Attributes:
        purpose: Of the request.
        target: Of the request; "" for all.
        rows: Oldest first.
        is_end: True if there is no more in the direction of the request.
        oldest: The selector of the first row, to ask for what is before it; "" for none.
        newest: The selector of the last row likewise.
        error: Why there is no answer, in a sentence; "" if there is one.
    """

    purpose: str
    target: str
    rows: tuple[HistoryEvent, ...] = ()
    is_end: bool = True
    oldest: str = ""
    newest: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class HistoryTargets:
    """The channels and nicks with messages in the requested time."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissedCount:
    """The messages that follow were sent while we were away.

    Attributes:
        count: How many of them are by others.
        since: When we were last here, in seconds since 1970; None if nobody knows.
    """

    target: str
    count: int
    since: float | None


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """A page of history for people, each message with the number that names it.

    Attributes:
        rows: Messages, and deletions with the number 0.
        is_first: True if there is nothing before it.
    """

    target: str
    rows: tuple[tuple[int, MessageReceived | MessageDeleted], ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What a search found, oldest first, each message with the number that names it."""

    rows: tuple[tuple[int, MessageReceived], ...]


# -- answers for people --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableShown:
    """The answer to WHO or LIST.

    Attributes:
        columns: The heads, in English.
        rows: A text for each column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """The server refused something other than to store a message.

    Attributes:
        about: The words of the server that may name what it is about, such as a channel.
        command: The command that was refused; "" if the server does not say.
    """

    text: str
    about: tuple[str, ...] = ()
    command: str = ""

    @property
    def shown_text(self) -> str:
        """The text for people, translated if it is one of our server's."""
        before = ": ".join((*self.about, ""))
        if not self.text.startswith(before):
            return gettext(self.text)
        return before + gettext(self.text[len(before) :])


@dataclass(frozen=True, slots=True)
class InputRejected:
    """Something typed was not done, and not sent.

    Attributes:
        line: What was typed, so that it is not lost; "" if there is nothing to keep.
    """

    reason: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A note for people, by the server or by the client itself."""

    text: str


@dataclass(frozen=True, slots=True)
class HelpShown:
    """The help that was asked for."""

    lines: tuple[str, ...]


Event = (
    Welcomed
    | ConnectionClosed
    | Disconnected
    | LoggedIn
    | NotLoggedIn
    | AccountCreated
    | PasswordChanged
    | UserJoined
    | UserLeft
    | NickChanged
    | ChannelRenamed
    | TopicShown
    | MembersListed
    | MessageReceived
    | MessageNotStored
    | ReactionReceived
    | MessageDeleted
    | ReadMarkerReceived
    | HistoryPage
    | HistoryTargets
    | MissedCount
    | HistoryShown
    | SearchResults
    | TableShown
    | RequestRefused
    | InputRejected
    | NoteShown
    | HelpShown
)
