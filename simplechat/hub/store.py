"""What the hub needs of a store, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import (
    AccountRow,
    ChannelRow,
    LastSeenRow,
    LogRow,
    ReadMarkerRow,
    Record,
    ServerBanRow,
    UserRow,
)


class StartupState(NamedTuple):
    """Everything that the hub must know before it accepts a connection.

    Attributes:
        newest_id: The highest id in the log, 0 if the log is empty.
        channels: The settings of every channel.
        read_markers: The read markers of all accounts.
        accounts: Every account.
        users: The users of accounts, connected or not, and their channels.
        last_seen: What each account has been shown.
        bans: The bans and mutes of the server.
        secret: Random bytes that never change during the life of the store.
    """

    newest_id: int
    channels: tuple[ChannelRow, ...]
    read_markers: tuple[ReadMarkerRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    users: tuple[UserRow, ...] = ()
    last_seen: tuple[LastSeenRow, ...] = ()
    bans: tuple[ServerBanRow, ...] = ()
    secret: bytes = b""


class DirectConversation(NamedTuple):
    """A user's conversation with one other user.

    Attributes:
        other: The other's identity.
        nick: The other's nick in the last message between the two.
        target: The target of its log.
        newest_id: The id of its newest PRIVMSG or NOTICE, 0 if there is none.
    """

    other: int
    nick: str
    target: str
    newest_id: int


class ReadableLog(NamedTuple):
    """The part of a channel's log that one member may read.

    Attributes:
        target: The target of the log.
        since: The lowest readable id.
        statuses: The membership prefixes whose STATUSMSGs the member may read.
        statuses_since: The lowest readable id of such STATUSMSGs; the member's own are readable from `since`.
    """

    target: str
    since: int
    statuses: str = ""
    statuses_since: int = 0


class ActiveTargets(NamedTuple):
    """A query for the targets whose newest readable PRIVMSG or NOTICE lies in a range of ids.

    Attributes:
        identity: Who asks: all their direct conversations are looked at.
        channels: The channels that are looked at.
        since: Lowest id.
        below: Lowest id that is too high.
        newest_first: True to get the targets with the newest messages, False to get the oldest.
    """

    identity: int
    channels: tuple[ReadableLog, ...] = ()
    since: int = 0
    below: int = MAX_ID
    newest_first: bool = False


class ActiveTarget(NamedTuple):
    """A channel or a direct conversation, and its newest message.

    Attributes:
        newest_id: The id of the newest readable PRIVMSG or NOTICE.
        target: The target of the log.
        other: The other's identity in a direct conversation, 0 for a channel.
        nick: The other's nick in the last message between the two, "" for a channel.
        is_latest_of_nick: False if the same user has a newer direct conversation with this nick: a guest
            gets a new identity with each connection.
    """

    newest_id: int
    target: str
    other: int = 0
    nick: str = ""
    is_latest_of_nick: bool = True


class SearchQuery(NamedTuple):
    """A search for messages; a message matches if it meets every condition.

    Attributes:
        targets: The targets to search, each with its lowest readable id.
        conversations_of: The msgid form of an identity whose direct conversations are searched as well;
            "" for none.
        since: Lowest id.
        below: Lowest id that is too high.
        words: Words that the text must contain; "" for any text.
        nick: The author's nick at that time; "" for any author.
        oldest_first: The order of the hits.
    """

    targets: tuple[tuple[str, int], ...]
    conversations_of: str = ""
    since: int = 0
    below: int = MAX_ID
    words: str = ""
    nick: str = ""
    oldest_first: bool = False


class SearchHit(NamedTuple):
    """A message that matches a search.

    Attributes:
        position: Its position in the order of the search.
        row: The message.
    """

    position: int
    row: LogRow


class StoreFile(Protocol):
    """What a store can do if it is a file on this machine."""

    def copy_to(self, path: Path, report: Callable[[int, int], None]) -> Awaitable[int]:
        """Copy everything that is stored now into one new file, while commits go on.

        Args:
            path: The file, which must not exist yet.
            report: Called now and then with the bytes written and the bytes to write.

        Returns:
            The file's size in bytes.

        Raises:
            StoreError: No file was written; the text says why.
        """
        ...

    def wipe_deleted(self) -> Awaitable[None]:
        """Overwrite what deleted rows have left behind in the store's files.

        Raises:
            StoreError: Something is left, because a reader is still at work or the disk fails.
        """
        ...

    def size_bytes(self) -> int:
        """Return the size of the store's files, in bytes."""
        ...


class Store(Protocol):
    """Durable storage for records.

    `MemoryStore` is the reference implementation: every other store must behave like it.
    """

    @property
    def file(self) -> StoreFile | None:
        """The store's file on this machine; None if it is elsewhere."""
        ...

    def startup_state(self) -> StartupState:
        """Read what the hub must know before it accepts connections. Called once; blocks."""
        ...

    def commit(self, records: Sequence[Record]) -> Awaitable[None]:
        """Write all of the records or none. When this returns they survive a loss of power.

        Raises:
            NotStored: None was written, for a reason outside this program.
            MaybeStored: Either all or none were written; there is no way to find out.
            Exception: None was written, and the records are at fault.
        """
        ...

    def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> Awaitable[list[LogRow]]:
        """Read the newest `limit` rows of these kinds from a target's log, oldest first.

        Args:
            since: Lowest id.
            below: Lowest id that is too high.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> Awaitable[list[LogRow]]:
        """Read the oldest `limit` rows of a target's log above an id, oldest first.

        Args:
            below: Lowest id that is too high.
            kinds: None for every kind.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def direct_conversations(self, identity: int) -> Awaitable[list[DirectConversation]]:
        """Read all direct conversations of an identity.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def active_targets(self, query: ActiveTargets, limit: int) -> Awaitable[list[ActiveTarget]]:
        """Read the first `limit` targets of a query, ordered by the id of their newest message.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def search(self, query: SearchQuery, position: int, limit: int) -> Awaitable[list[SearchHit]]:
        """Read the first `limit` hits of a search beyond a position.

        Args:
            position: The position of the last hit that is known already; to begin, `MAX_ID`, or -1 for the
                oldest first.

        Raises:
            StoreError: The store could not be read, or the search took too long.
        """
        ...

    def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> Awaitable[int]:
        """Count the rows of these kinds below an id: of one target, or of all except `AUDIT_TARGET`.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def list_targets(self, after: str, limit: int) -> Awaitable[list[str]]:
        """Return the first `limit` targets that have a log, in alphabetical order, beyond `after`.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def delete_rows(self, target: str | None, below: int, limit: int) -> Awaitable[int]:
        """Delete the oldest `limit` rows below an id, of one target or of all except `AUDIT_TARGET`.

        Of several targets, the first in alphabetical order goes first.

        Returns:
            The number of deleted rows.

        Raises:
            StoreError: Nothing was deleted.
        """
        ...

    def close(self) -> Awaitable[None]:
        """Release the store's files, connections and threads."""
        ...
