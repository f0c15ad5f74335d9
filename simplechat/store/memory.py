"""A store in memory: what every other store must be equal to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simplechat.hub.errors import StoreError
from simplechat.hub.ids import EVER
from simplechat.hub.multiline import as_people_read_it
from simplechat.hub.records import (
    ACTS,
    SAID,
    AccountRow,
    BanRow,
    LogRow,
    MarkRow,
    Record,
    Redaction,
    RoomRow,
    SeenRow,
    StayRow,
    TalkRow,
)
from simplechat.hub.store import Found, Kept, Sought, Talk
from simplechat.ircv3.casemap import fold
from simplechat.store.search_terms import has_all, terms_of

SECRET = b"kept until the process ends"


class MemoryStore:
    """Keeps records until the process ends."""

    def __init__(self) -> None:
        self.log: dict[tuple[str, int], LogRow] = {}
        self.rooms: dict[str, RoomRow] = {}
        self.marks: dict[tuple[int, str], MarkRow] = {}
        self.met: dict[tuple[int, int], TalkRow] = {}
        self.accounts: dict[str, AccountRow] = {}
        self.stays: dict[str, StayRow] = {}
        self.seen: dict[str, SeenRow] = {}
        self.bans: dict[tuple[str, str], BanRow] = {}

    def kept(self) -> Kept:
        """Give what the hub must know at the start."""
        return Kept(
            newest=max((number for _, number in self.log), default=0),
            rooms=tuple(self.rooms.values()),
            marks=tuple(self.marks.values()),
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
        self.rooms.update({record.target: record for record in records if isinstance(record, RoomRow)})
        talks = (record for record in records if isinstance(record, TalkRow))
        self.met.update({(talk.identity, talk.other): talk for talk in talks})
        marks = (record for record in records if isinstance(record, MarkRow))
        self.marks.update({(mark.identity, mark.target): mark for mark in marks})
        for record in records:
            if isinstance(record, Redaction) and (row := self.log.get((record.target, record.id))):
                self.log[row.target, row.id] = row._replace(kind="", tags="", text="")
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

    async def following(
        self, target: str, after: int, limit: int, *, below: int = EVER, kinds: Sequence[str] | None = None
    ) -> list[LogRow]:
        """See `Store.following`."""
        rows = (row for row in self.log.values() if row.target == target and after < row.id < below)
        return sorted(row for row in rows if kinds is None or row.kind in kinds)[:limit]

    async def talks(self, identity: int) -> list[Talk]:
        """See `Store.talks`."""
        return [
            Talk(talk.other, talk.nick, talk.target, self._newest_said(talk.target))
            for talk in self.met.values()
            if talk.identity == identity
        ]

    async def search(self, sought: Sought, place: int, limit: int) -> list[Found]:
        """See `Store.search`."""
        if sought.words and not terms_of(sought.words):
            return []
        found = [Found(seq, row) for seq, row in enumerate(self.log.values()) if _is_sought(row, sought)]
        if sought.is_forward:
            return [each for each in found if each.seq > place][:limit]
        return [each for each in reversed(found) if each.seq < place][:limit]

    def _newest_said(self, target: str) -> int:
        said = (row.id for row in self.log.values() if row.target == target and row.kind in SAID)
        return max(said, default=0)

    async def count(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count`."""
        return sum(row.kind in kinds for row in self._below(target, below))

    async def targets(self, after: str, limit: int) -> list[str]:
        """See `Store.targets`."""
        return sorted({target for target, _ in self.log if target > after})[:limit]

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


def _is_sought(row: LogRow, sought: Sought) -> bool:
    logs = dict(sought.logs)
    is_theirs = sought.talks_of in row.target.split("+") and not row.target.startswith("#")
    return (
        row.kind in SAID
        and (row.target in logs or is_theirs)
        and max(sought.since, logs.get(row.target, 0)) <= row.id < sought.below
        and (not sought.nick or fold(row.source.partition("!")[0]) == fold(sought.nick))
        and has_all(as_people_read_it(row.text), terms_of(sought.words))
    )
