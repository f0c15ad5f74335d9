"""What the hub wants of a disk."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import NamedTuple, Protocol

from simplechat.hub.records import LogRow, Record, RoomRow


class Kept(NamedTuple):
    """What a store holds that the hub must know before anybody is let in.

    Attributes:
        newest: The highest id in the log, 0 for an empty one.
        rooms: Every channel's settings.
    """

    newest: int
    rooms: tuple[RoomRow, ...]


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

    def page(
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

    def close(self) -> Awaitable[None]:
        """End what is under way and let go of everything."""
        ...
