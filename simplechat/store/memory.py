"""A store in memory: what every other store must be equal to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simplechat.hub.errors import StoreError
from simplechat.hub.records import ACTS, AccountRow, BanRow, LogRow, Record, RoomRow, SeenRow, StayRow
from simplechat.hub.store import Kept

SECRET = b"kept until the process ends"


class MemoryStore:
    """Keeps records until the process ends."""

    def __init__(self) -> None:
        self.log: dict[tuple[str, int], LogRow] = {}
        self.rooms: dict[str, RoomRow] = {}
        self.accounts: dict[str, AccountRow] = {}
        self.stays: dict[str, StayRow] = {}
        self.seen: dict[str, SeenRow] = {}
        self.bans: dict[tuple[str, str], BanRow] = {}

    def kept(self) -> Kept:
        """Give what the hub must know at the start."""
        return Kept(
            newest=max((number for _, number in self.log), default=0),
            rooms=tuple(self.rooms.values()),
            accounts=tuple(self.accounts.values()),
            stays=tuple(self.stays.values()),
            seen=tuple(self.seen.values()),
            bans=tuple(self.bans.values()),
            secret=SECRET,
        )

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Store.commit`."""
        rows = [record for record in records if isinstance(record, LogRow)]
        new = {(row.target, row.id): LogRow(*row) for row in rows}
        if len(new) < len(rows) or new.keys() & self.log.keys():
            raise ValueError("a row of this target and id is there already")
        self.log.update(new)
        self.rooms.update({record.folded: record for record in records if isinstance(record, RoomRow)})
        self.accounts.update({each.folded: each for each in records if isinstance(each, AccountRow)})
        self.stays.update({each.folded: each for each in records if isinstance(each, StayRow)})
        self.stays = {folded: each for folded, each in self.stays.items() if each.account}
        self.bans.update({(each.kind, each.mask): each for each in records if isinstance(each, BanRow)})
        self.bans = {key: each for key, each in self.bans.items() if each.until >= 0}
        self.seen.update({each.account: each for each in records if isinstance(each, SeenRow)})

    async def page(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        """See `Store.page`."""
        rows = sorted(
            row
            for row in self.log.values()
            if row.target == target and since <= row.id < below and row.kind in kinds
        )
        return rows[-limit:] if limit else []

    async def following(self, target: str, after: int, limit: int) -> list[LogRow]:
        """See `Store.following`."""
        return sorted(row for row in self.log.values() if row.target == target and row.id > after)[:limit]

    async def count(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count`."""
        return sum(row.kind in kinds for row in self._below(target, below))

    async def forget(self, target: str | None, below: int, most: int) -> int:
        """See `Store.forget`."""
        rows = self._below(target, below)[:most]
        for row in rows:
            del self.log[row.target, row.id]
        return len(rows)

    def _below(self, target: str | None, below: int) -> list[LogRow]:
        return [
            row
            for row in self.log.values()
            if row.id < below and (row.target == target if target else row.target != ACTS)
        ]

    async def scrub(self) -> None:
        """See `Store.scrub`."""

    async def copy(self, path: Path, told: Callable[[int, int], None]) -> int:
        """See `Store.copy`."""
        raise StoreError("What is kept in memory has no file")

    def size(self) -> int:
        """See `Store.size`."""
        return 0

    async def close(self) -> None:
        """See `Store.close`."""
