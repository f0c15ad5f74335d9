"""A store in memory: what every other store must be equal to."""

from __future__ import annotations

from collections.abc import Sequence

from simplechat.hub.records import LogRow, Record, RoomRow
from simplechat.hub.store import Kept


class MemoryStore:
    """Keeps records until the process ends."""

    def __init__(self) -> None:
        self.log: dict[tuple[str, int], LogRow] = {}
        self.rooms: dict[str, RoomRow] = {}

    def kept(self) -> Kept:
        """Give what the hub must know at the start."""
        return Kept(max((number for _, number in self.log), default=0), tuple(self.rooms.values()))

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Store.commit`."""
        rows = [record for record in records if isinstance(record, LogRow)]
        new = {(row.target, row.id): LogRow(*row) for row in rows}
        if len(new) < len(rows) or new.keys() & self.log.keys():
            raise ValueError("a row of this target and id is there already")
        self.log.update(new)
        self.rooms.update({record.folded: record for record in records if isinstance(record, RoomRow)})

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

    async def close(self) -> None:
        """See `Store.close`."""
