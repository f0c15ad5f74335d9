"""The store in memory: the reference for all others, used in tests."""

from __future__ import annotations

from collections.abc import Sequence

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
from simplechat.hub.store import (
    ActiveTarget,
    ActiveTargets,
    DirectConversation,
    ReadableLog,
    SearchHit,
    SearchQuery,
    StartupState,
    StoreFile,
)
from simplechat.ircv3.casemap import fold
from simplechat.store.search_terms import contains_terms, parse_terms

SECRET = b"kept until the process ends"


class MemoryStore:
    """A store that keeps records until the process ends."""

    file: StoreFile | None = None

    def __init__(self) -> None:
        self.log: dict[tuple[str, int], LogRow] = {}
        self.channels: dict[str, ChannelRow] = {}
        self.read_markers: dict[tuple[int, str], ReadMarkerRow] = {}
        self.contacts: dict[tuple[int, int], DirectConversationRow] = {}
        self.accounts: dict[str, AccountRow] = {}
        self.users: dict[str, UserRow] = {}
        self.last_seen: dict[str, LastSeenRow] = {}
        self.bans: dict[tuple[str, str], ServerBanRow] = {}

    def startup_state(self) -> StartupState:
        """See `Store.startup_state`."""
        return StartupState(
            newest_id=max((number for _, number in self.log), default=0),
            channels=tuple(self.channels.values()),
            read_markers=tuple(self.read_markers.values()),
            accounts=tuple(self.accounts.values()),
            users=tuple(self.users.values()),
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
        contacts = (record for record in records if isinstance(record, DirectConversationRow))
        self.contacts.update({(each.identity, each.other): each for each in contacts})
        markers = (record for record in records if isinstance(record, ReadMarkerRow))
        self.read_markers.update({(each.identity, each.target): each for each in markers})
        for record in records:
            if isinstance(record, Redaction) and (row := self.log.get((record.target, record.id))):
                self.log[row.target, row.id] = row._replace(kind="", tags="", text="")
        self.accounts.update({each.folded: each for each in records if isinstance(each, AccountRow)})
        self.users.update({each.folded: each for each in records if isinstance(each, UserRow)})
        self.users = {folded: each for folded, each in self.users.items() if each.account}
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
            DirectConversation(each.other, each.nick, each.target, self._newest_message_id(each.target))
            for each in self.contacts.values()
            if each.identity == identity
        ]

    async def active_targets(self, query: ActiveTargets, limit: int) -> list[ActiveTarget]:
        """See `Store.active_targets`."""
        every = [self._newest_in_channel(log, query.identity) for log in query.channels]
        latest: dict[str, int] = {}
        conversations = await self.direct_conversations(query.identity)
        for each in sorted(conversations, key=lambda each: (-each.newest_id, -each.other)):
            is_latest = latest.setdefault(each.nick, each.other) == each.other
            every.append(ActiveTarget(each.newest_id, each.target, each.other, each.nick, is_latest))
        found = sorted(each for each in every if max(1, query.since) <= each.newest_id < query.below)
        if query.newest_first:
            found.sort(key=lambda each: -each.newest_id)
        return found[:limit]

    def _newest_in_channel(self, log: ReadableLog, identity: int) -> ActiveTarget:
        readable = (
            row.id
            for row in self.log.values()
            if row.target == log.target
            and row.kind in MESSAGE_KINDS
            and row.id >= log.since
            and (
                not row.status
                or row.sender == identity
                or (row.id >= log.statuses_since and row.status in log.statuses)
            )
        )
        return ActiveTarget(max(readable, default=0), log.target)

    def _newest_message_id(self, target: str) -> int:
        said = (row.id for row in self.log.values() if row.target == target and row.kind in MESSAGE_KINDS)
        return max(said, default=0)

    async def search(self, query: SearchQuery, position: int, limit: int) -> list[SearchHit]:
        """See `Store.search`."""
        if query.words and not parse_terms(query.words):
            return []
        hits = [
            SearchHit(number, row) for number, row in enumerate(self.log.values()) if _matches(row, query)
        ]
        if query.oldest_first:
            return [each for each in hits if each.position > position][:limit]
        return [each for each in reversed(hits) if each.position < position][:limit]

    async def count_rows(self, target: str | None, below: int, kinds: Sequence[str]) -> int:
        """See `Store.count_rows`."""
        return sum(row.kind in kinds for row in self._below(target, below))

    async def list_targets(self, after: str, limit: int) -> list[str]:
        """See `Store.list_targets`."""
        return sorted({target for target, _ in self.log if target > after})[:limit]

    async def delete_rows(self, target: str | None, below: int, limit: int) -> int:
        """See `Store.delete_rows`."""
        rows = sorted(self._below(target, below))[:limit]
        for row in rows:
            del self.log[row.target, row.id]
        return len(rows)

    def _below(self, target: str | None, below: int) -> list[LogRow]:
        return [
            row
            for row in self.log.values()
            if row.id < below and (row.target == target if target else row.target != AUDIT_TARGET)
        ]

    async def close(self) -> None:
        """See `Store.close`."""


def _matches(row: LogRow, query: SearchQuery) -> bool:
    lowest_ids = dict(query.targets)
    is_theirs = query.conversations_of in row.target.split("+") and not row.target.startswith("#")
    return (
        row.kind in MESSAGE_KINDS
        and (row.target in lowest_ids or is_theirs)
        and max(query.since, lowest_ids.get(row.target, 0)) <= row.id < query.below
        and (not query.nick or fold(row.source.partition("!")[0]) == fold(query.nick))
        and contains_terms(remove_concat_marks(row.text), parse_terms(query.words))
    )
