"""A store in memory: what every other store must be equal to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simplechat.hub.errors import StoreError
from simplechat.hub.ids import MAX_ID
from simplechat.hub.multiline import remove_concat_marks
from simplechat.hub.records import (
    AUDIT_TARGET,
    MESSAGE_KINDS,
    AccountRow,
    ChannelRow,
    DirectConversationRow,
    LastSeenRow,
    LogRow,
    ReadMarkerRow,
    Record,
    Redaction,
    ServerBanRow,
    UserRow,
)
from simplechat.hub.store import DirectConversation, SearchHit, SearchQuery, StartupState
from simplechat.ircv3.casemap import fold
from simplechat.store.search_terms import has_all, terms_of

SECRET = b"kept until the process ends"


class MemoryStore:
    """Keeps records until the process ends."""

    def __init__(self) -> None:
        self.log: dict[tuple[str, int], LogRow] = {}
        self.channels: dict[str, ChannelRow] = {}
        self.read_markers: dict[tuple[int, str], ReadMarkerRow] = {}
        self.contacts: dict[tuple[int, int], DirectConversationRow] = {}
        self.accounts: dict[str, AccountRow] = {}
        self.memberships: dict[str, UserRow] = {}
        self.last_seen: dict[str, LastSeenRow] = {}
        self.bans: dict[tuple[str, str], ServerBanRow] = {}

    def startup_state(self) -> StartupState:
        """Give what the hub must know at the start."""
        return StartupState(
            newest_id=max((number for _, number in self.log), default=0),
            channels=tuple(self.channels.values()),
            read_markers=tuple(self.read_markers.values()),
            accounts=tuple(self.accounts.values()),
            memberships=tuple(self.memberships.values()),
            last_seen=tuple(self.last_seen.values()),
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
        self.channels.update({record.target: record for record in records if isinstance(record, ChannelRow)})
        talks = (record for record in records if isinstance(record, DirectConversationRow))
        self.contacts.update({(talk.identity, talk.other): talk for talk in talks})
        marks = (record for record in records if isinstance(record, ReadMarkerRow))
        self.read_markers.update({(mark.identity, mark.target): mark for mark in marks})
        for record in records:
            if isinstance(record, Redaction) and (row := self.log.get((record.target, record.id))):
                self.log[row.target, row.id] = row._replace(kind="", tags="", text="")
        self.accounts.update({each.folded: each for each in records if isinstance(each, AccountRow)})
        self.memberships.update({each.folded: each for each in records if isinstance(each, UserRow)})
        self.memberships = {folded: each for folded, each in self.memberships.items() if each.account}
        self.bans.update({(each.kind, each.mask): each for each in records if isinstance(each, ServerBanRow)})
        self.bans = {key: each for key, each in self.bans.items() if each.until >= 0}
        self.last_seen.update({each.account: each for each in records if isinstance(each, LastSeenRow)})

    async def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        """See `Store.newest_rows`."""
        rows = sorted(
            row
            for row in self.log.values()
            if row.target == target and since <= row.id < below and row.kind in kinds
        )
        return rows[-limit:] if limit else []

    async def oldest_rows(
        self, target: str, after: int, limit: int, *, below: int = MAX_ID, kinds: Sequence[str] | None = None
    ) -> list[LogRow]:
        """See `Store.oldest_rows`."""
        rows = (row for row in self.log.values() if row.target == target and after < row.id < below)
        return sorted(row for row in rows if kinds is None or row.kind in kinds)[:limit]

    async def direct_conversations(self, identity: int) -> list[DirectConversation]:
        """See `Store.direct_conversations`."""
        return [
            DirectConversation(talk.other, talk.nick, talk.target, self._newest_said(talk.target))
            for talk in self.contacts.values()
            if talk.identity == identity
        ]

    async def search(self, sought: SearchQuery, place: int, limit: int) -> list[SearchHit]:
        """See `Store.search`."""
        if sought.words and not terms_of(sought.words):
            return []
        found = [SearchHit(seq, row) for seq, row in enumerate(self.log.values()) if _is_sought(row, sought)]
        if sought.oldest_first:
            return [each for each in found if each.seq > place][:limit]
        return [each for each in reversed(found) if each.seq < place][:limit]

    def _newest_said(self, target: str) -> int:
        said = (row.id for row in self.log.values() if row.target == target and row.kind in MESSAGE_KINDS)
        return max(said, default=0)

    async def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count_rows`."""
        return sum(row.kind in kinds for row in self._below(target, below))

    async def list_targets(self, after: str, limit: int) -> list[str]:
        """See `Store.list_targets`."""
        return sorted({target for target, _ in self.log if target > after})[:limit]

    async def delete_rows(self, target: str | None, below: int, most: int) -> int:
        """See `Store.delete_rows`."""
        rows = self._below(target, below)[:most]
        for row in rows:
            del self.log[row.target, row.id]
        return len(rows)

    def _below(self, target: str | None, below: int) -> list[LogRow]:
        return [
            row
            for row in self.log.values()
            if row.id < below and (row.target == target if target else row.target != AUDIT_TARGET)
        ]

    async def wipe_deleted(self) -> None:
        """See `Store.wipe_deleted`."""

    async def copy_to(self, path: Path, told: Callable[[int, int], None]) -> int:
        """See `Store.copy_to`."""
        raise StoreError("What is kept in memory has no file")

    def size_bytes(self) -> int:
        """See `Store.size_bytes`."""
        return 0

    async def close(self) -> None:
        """See `Store.close`."""


def _is_sought(row: LogRow, sought: SearchQuery) -> bool:
    logs = dict(sought.targets)
    is_theirs = sought.conversations_of in row.target.split("+") and not row.target.startswith("#")
    return (
        row.kind in MESSAGE_KINDS
        and (row.target in logs or is_theirs)
        and max(sought.since, logs.get(row.target, 0)) <= row.id < sought.below
        and (not sought.nick or fold(row.source.partition("!")[0]) == fold(sought.nick))
        and has_all(remove_concat_marks(row.text), terms_of(sought.words))
    )
