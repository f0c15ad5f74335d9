"""What is written: rows as named tuples, in three kinds that differ in what a failing disk does to them.

*Spoken* rows and *settings* are refused when they cannot be stored; *presence* is true because it
happened, and is kept until it can be written.
"""

from __future__ import annotations

from typing import NamedTuple


class LogRow(NamedTuple):
    """One line of a target's log.

    Attributes:
        target: A channel's (the name that it began with, folded), or the key of a conversation between
            two identities.
        id: Unique within the target; its order is the log's order; see `ids`.
        kind: The verb: PRIVMSG, NOTICE, JOIN, PART, QUIT, NICK ...
        sender: The identity of who did it.
        account: The sender's account, "" for a guest.
        source: nick!user@host as it was then.
        tags: The client's own tags, and `bot` where a bot did it, as a JSON object, "" for none.
        text: The message, the reason or the new nick.
        status: The membership prefix that a message to a channel was limited to, "" for none.
    """

    target: str
    id: int
    kind: str
    sender: int
    account: str
    source: str
    tags: str
    text: str
    status: str


MESSAGE_KINDS = ("PRIVMSG", "NOTICE")
"""The kinds of what is said in words."""

AUDIT_TARGET = "*audit"
"""The target under which the owner's acts are kept: one row each, its kind the verb, its text the words."""

ANNOUNCEMENT_TARGET = "*"
"""The target under which is kept what was said to everybody at once."""


class Spoken(LogRow):
    """A message: refused when it cannot be stored."""

    __slots__ = ()


class Presence(LogRow):
    """A coming or going: true because it happened, so never refused."""

    __slots__ = ()


class ChannelRow(NamedTuple):
    """A channel's settings, whole.

    Attributes:
        target: Its log: the key, which stays the same whatever the channel is called.
        folded: The name, folded.
        name: The name as its first member, or who renamed it, spelled it.
        created: The id that was current when the channel came to be.
        founder: The account that made it, "" for a guest's.
        era: Rows of the log below this id are nobody's any more.
        topic: "" for none.
        topic_by: The source of who set the topic.
        topic_at: When that was, seconds since 1970.
        modes: The letters of the modes without a parameter.
        key: "" for none.
        most: How many members there may be, 0 for any number.
        lists: The masks by letter as a JSON object: {"b": [[mask, set by, seconds since 1970], ...]}.
        history: Who may read what was said before: "all" members, those who had "joined", "none".
        retention: Days that messages are kept, 0 for ever, -1 as the server does.
        slow: Seconds between two messages of one member, 0 for none.
        filter: Words that are not said there, as a JSON array.
        formerly: The names that it had before, folded, the latest last, as a JSON array.
        profile: Its metadata by key, as a JSON object.
    """

    target: str
    folded: str
    name: str
    created: int
    founder: str = ""
    era: int = 0
    topic: str = ""
    topic_by: str = ""
    topic_at: int = 0
    modes: str = ""
    key: str = ""
    most: int = 0
    lists: str = "{}"
    history: str = "all"
    retention: int = -1
    slow: int = 0
    filter: str = "[]"
    formerly: str = "[]"
    profile: str = "{}"


class DirectConversationRow(NamedTuple):
    """That somebody has spoken with somebody else; each of the two has one of the other.

    Attributes:
        identity: Who is concerned.
        other: The other's identity.
        target: The log of the two.
        nick: What the other was called then.
    """

    identity: int
    other: int
    target: str
    nick: str


class ReadMarkerRow(NamedTuple):
    """Up to when somebody with an account has read.

    Attributes:
        identity: Who.
        target: A channel's log, or a folded nick.
        at: Milliseconds since 1970.
    """

    identity: int
    target: str
    at: int


class Redaction(NamedTuple):
    """That a row of the log keeps its place only: its text and tags are gone."""

    target: str
    id: int


class AccountRow(NamedTuple):
    """An account, whole.

    Attributes:
        folded: The name, folded: the key.
        name: The name as it was chosen.
        identity: What its owner said is kept under it; see `User`.
        created: When it was made, seconds since 1970.
        salt: Of the password's keys, in base64 as the two that follow; see `sasl.Keys`.
        stored_key: "" where there is no password.
        fingerprints: Of the certificates that stand for it, as a JSON list.
        is_admin: 1 for who may run the server, else 0.
        is_disabled: 1 for an account that nobody can use, else 0.
        persistence: What its owner wants: ON, OFF, or "" for the server's way.
        profile: Its owner's metadata by key, as a JSON object.
    """

    folded: str
    name: str
    identity: int
    created: int
    salt: str = ""
    iterations: int = 0
    stored_key: str = ""
    server_key: str = ""
    fingerprints: str = "[]"
    is_admin: int = 0
    is_disabled: int = 0
    persistence: str = ""
    profile: str = "{}"


BAN = "ban"
MUTE = "mute"


class ServerBanRow(NamedTuple):
    """Who is kept out of the server, or silent in it.

    Attributes:
        kind: BAN or MUTE; with the mask, the key.
        mask: An address, a network, a mask of addresses, or an account behind `a:`.
        by: Who said so.
        at: When that was, seconds since 1970.
        until: When it ends, likewise; 0 for never, -1 when it is over, and the row is to go.
        reason: "" for none.
    """

    kind: str
    mask: str
    by: str
    at: int
    until: int
    reason: str


class UserRow(NamedTuple):
    """One stay of an account's owner under a nick, whole: what a new connection finds again.

    Attributes:
        folded: The nick, folded: the key.
        account: The account's name, folded; "" when the stay is over, and the row is to go.
        about: Everything else, as a JSON object; see `User.user_row`.
    """

    folded: str
    account: str = ""
    about: str = "{}"


class LastSeenRow(NamedTuple):
    """What an account's owner has seen.

    Attributes:
        account: The account's name, folded: the key.
        left: The newest id of rooms they were shown, by their logs, as a JSON object.
        waiting: The last id before what they have not seen, by the key of the conversation, likewise.
    """

    account: str
    left: str
    waiting: str


class Probe(NamedTuple):
    """A row that says only that the disk takes rows again.

    Attributes:
        at: Seconds since 1970.
    """

    at: float


Record = (
    Spoken
    | Presence
    | ChannelRow
    | DirectConversationRow
    | ReadMarkerRow
    | Redaction
    | AccountRow
    | ServerBanRow
    | UserRow
    | LastSeenRow
    | Probe
)


def is_refusable(record: Record) -> bool:
    """Tell whether an entry with this record is refused when it cannot be stored."""
    return not isinstance(record, (Presence, UserRow, LastSeenRow, Probe))
