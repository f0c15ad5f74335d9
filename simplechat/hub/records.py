"""Records: the rows that the store keeps, in three kinds that differ in what a failing disk means.

*Spoken* rows and *settings* are refused if they cannot be stored. *Presence* is true because it happened, and
is kept in memory until it can be stored.
"""

from __future__ import annotations

from typing import NamedTuple


class LogRow(NamedTuple):
    """One row of a target's log.

    Attributes:
        target: A channel's target (usually its first name, casefolded), or that of a direct conversation.
        id: Unique within the target; gives the order of the log; see `ids`.
        kind: The command: PRIVMSG, NOTICE, JOIN, PART, QUIT, NICK ...
        sender: The identity of the author.
        account: The author's account; "" for a guest.
        source: nick!user@host at that time.
        tags: The client-only tags, and `bot` for a bot, as a JSON object; "" for none.
        text: The message, the reason or the new nick.
        status: The membership prefix of a STATUSMSG; "" for none.
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
"""The kinds of rows that are messages with a text."""

AUDIT_TARGET = "*audit"
"""The target of the audit log: one row per act of the owner, with the command as kind."""

ANNOUNCEMENT_TARGET = "*"
"""The target of announcements to all users."""


class Spoken(LogRow):
    """A message; refused if it cannot be stored."""

    __slots__ = ()


class Presence(LogRow):
    """A join, part, quit, kick or change of nick; never refused, because it happened."""

    __slots__ = ()


class ChannelRow(NamedTuple):
    """All settings of a channel.

    Attributes:
        target: The key; never changes, even if the name does.
        folded: The name, casefolded.
        name: The name as its first member, or the last rename, spelled it.
        created: The id that was current when the channel was created.
        founder: The account that created it; "" for a guests' channel.
        era: Rows of the log below this id are not readable by anybody.
        topic: "" for none.
        topic_by: The source that set the topic.
        topic_at: When it was set, seconds since 1970.
        modes: The letters of the modes without a parameter.
        key: "" for none.
        most: The maximum number of members; 0 for no limit.
        lists: The masks by letter as a JSON object: {"b": [[mask, set by, seconds since 1970], ...]}.
        history: Who may read earlier messages: "all" members, only since they "joined", or "none".
        retention: Days that messages are kept; 0 for ever, -1 as the server does.
        slow: Seconds between two messages of one member; 0 for none.
        filter: Words that are not allowed, as a JSON array.
        formerly: The former names, casefolded, the latest last, as a JSON array.
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
    """A direct conversation as one of its two partners lists it.

    Attributes:
        identity: The identity of the partner that lists it.
        other: The identity of the other one.
        target: The key of their log.
        nick: The last known nick of the other one.
    """

    identity: int
    other: int
    target: str
    nick: str


class ReadMarkerRow(NamedTuple):
    """Up to when an account has read a target.

    Attributes:
        identity: The account's identity.
        target: A channel's target, or a casefolded nick.
        at: Milliseconds since 1970.
    """

    identity: int
    target: str
    at: int


class Redaction(NamedTuple):
    """The redaction of a row: it stays in the log without text and tags."""

    target: str
    id: int


class AccountRow(NamedTuple):
    """All settings of an account.

    Attributes:
        folded: The name, casefolded; the key.
        name: The name as registered.
        identity: The number under which its owner's messages are stored; see `User`.
        created: When it was registered, seconds since 1970.
        salt: Of the password, in base64 like the two keys; see `sasl.ScramKeys`.
        stored_key: "" for no password.
        fingerprints: Of the certificates that log in to it, as a JSON list.
        is_admin: 1 for a server operator, else 0.
        is_disabled: 1 for an account that cannot be used, else 0.
        persistence: ON, OFF, or "" for the server's default.
        profile: Its metadata by key, as a JSON object.
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
    """A ban or mute of the whole server.

    Attributes:
        kind: BAN or MUTE; kind and mask are the key.
        mask: An address, a network, a mask of addresses, or `a:` and an account.
        by: Who set it.
        at: When it was set, seconds since 1970.
        until: When it ends, seconds since 1970; 0 for never; -1 to delete the row.
        reason: "" for none.
    """

    kind: str
    mask: str
    by: str
    at: int
    until: int
    reason: str


class UserRow(NamedTuple):
    """A user that is logged in to an account, so that it survives a restart.

    Attributes:
        folded: The nick, casefolded; the key.
        account: The account's name, casefolded; "" to delete the row.
        about: Everything else, as a JSON object; see `User.user_row`.
    """

    folded: str
    account: str = ""
    about: str = "{}"


class LastSeenRow(NamedTuple):
    """What an account's owner has seen.

    Attributes:
        account: The account's name, casefolded; the key.
        left: The newest id that its owner was shown, by channel target, as a JSON object.
        waiting: The last id before the first unread message, by target of the conversation, as a JSON object.
    """

    account: str
    left: str
    waiting: str


class Probe(NamedTuple):
    """A row that only tests whether the disk can be written again.

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
    """Tell whether an entry with this record is refused if it cannot be stored."""
    return not isinstance(record, (Presence, UserRow, LastSeenRow, Probe))
