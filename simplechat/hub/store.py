"""What the hub wants of a disk."""

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
    """What a store holds that the hub must know before anybody is let in.

    Attributes:
        newest_id: The highest id in the log, 0 for an empty one.
        channels: Every channel's settings.
        read_markers: Up to when everybody with an account has read.
        accounts: Every account.
        memberships: Who of them is here, whether connected or not.
        last_seen: What they have seen.
        bans: Who must not come in, or not speak.
        secret: Random bytes, the same ones for as long as the store lasts.
    """

    newest_id: int
    channels: tuple[ChannelRow, ...]
    read_markers: tuple[ReadMarkerRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    memberships: tuple[UserRow, ...] = ()
    last_seen: tuple[LastSeenRow, ...] = ()
    bans: tuple[ServerBanRow, ...] = ()
    secret: bytes = b""


class DirectConversation(NamedTuple):
    """A conversation of somebody's.

    Attributes:
        other: The identity of who it is with.
        nick: What the other was called when it was last heard of.
        target: Its log.
        newest: The id of the newest message in it, 0 where there is none any more.
    """

    other: int
    nick: str
    target: str
    newest: int


class SearchQuery(NamedTuple):
    """What is looked for among what was said.

    Attributes:
        targets: In these targets, each from an id on.
        conversations_of: And in every conversation of this identity, written as a msgid; "" for none.
        since: Only ids from here on.
        below: Only ids less than this.
        words: With all of these words; "" for any text.
        nick: Said by who had this nick then; "" for anybody.
        oldest_first: True where the oldest come first.
    """

    targets: tuple[tuple[str, int], ...]
    conversations_of: str = ""
    since: int = 0
    below: int = MAX_ID
    words: str = ""
    nick: str = ""
    oldest_first: bool = False


class SearchHit(NamedTuple):
    """A row that was looked for.

    Attributes:
        seq: Its place in the order in which rows are looked at.
    """

    seq: int
    row: LogRow


class Store(Protocol):
    """Keeps records, durably."""

    def commit(self, records: Sequence[Record]) -> Awaitable[None]:
        """Write all of the records or none. When this returns they survive a loss of power.

        Raises:
            NotStored: None was written, for a reason outside this program.
            MaybeStored: Either all or none were written; it could not be found out which.
            Exception: None was written, and the records are at fault.
        """
        ...

    def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> Awaitable[list[LogRow]]:
        """Read the newest `limit` rows of these kinds from a target's log, oldest first.

        Args:
            since: Ids from here on.
            below: Ids less than this.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> Awaitable[list[LogRow]]:
        """Read the oldest `limit` rows of a target's log above an id, oldest first.

        Args:
            below: Ids less than this.
            kinds: None for every kind.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def direct_conversations(self, identity: int) -> Awaitable[list[DirectConversation]]:
        """Give every conversation of somebody's.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def search(self, sought: SearchQuery, place: int, limit: int) -> Awaitable[list[SearchHit]]:
        """Give what was looked for, so many rows at most.

        Args:
            place: Only what lies before this place, the newest first; or behind it, the oldest first.
                `MAX_ID` or -1 for everything.

        Raises:
            StoreError: The store could not be read, or it took too long.
        """
        ...

    def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> Awaitable[int]:
        """Count the rows of these kinds below an id: of a target, or of all but `AUDIT_TARGET`.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def list_targets(self, after: str, limit: int) -> Awaitable[list[str]]:
        """Name the first `limit` targets that have a log, of those that come after one.

        Raises:
            StoreError: The store could not be read.
        """
        ...

    def delete_rows(self, target: str | None, below: int, most: int) -> Awaitable[int]:
        """Delete at most `most` rows below an id, of a target or of all but `AUDIT_TARGET`; return the count.

        Raises:
            StoreError: None was deleted.
        """
        ...

    def wipe_deleted(self) -> Awaitable[None]:
        """See to it that nothing of what was forgotten is left in any file of the store.

        Raises:
            StoreError: Something is, since a reader is still at work or the disk fails.
        """
        ...

    def copy_to(self, path: Path, told: Callable[[int, int], None]) -> Awaitable[int]:
        """Write everything that is stored now into one new file; what is stored meanwhile is not in it.

        Args:
            path: The file, which must not be there.
            told: Called now and then with the bytes written and the bytes to be written.

        Returns:
            The file's size in bytes.

        Raises:
            StoreError: There is no such file now; the text says why.
        """
        ...

    def size_bytes(self) -> int:
        """Give how many bytes the store takes."""
        ...

    def close(self) -> Awaitable[None]:
        """End what is under way and let go of everything."""
        ...
