"""Channels: their members, and the settings that outlive them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from simplechat.hub.records import ChannelRow
from simplechat.hub.user import Membership, Session, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.modes import LIST_MODES, STATUS_PREFIXES

DEFAULT_MODES = frozenset("nt")
PRIVATE_MODES = frozenset("Ris")
MAX_LIST_ENTRIES = 100  # masks per channel, all lists together
HISTORIES = ("all", "joined", "none")
MAX_SPEAKERS = 1000  # times kept for slow mode before expired ones are dropped
SERVER_RETENTION = -1  # value of `retention`: as the server does


class Topic(NamedTuple):
    """A channel's topic.

    Attributes:
        text: Short enough for one line.
        by: The source that set it.
        at: Seconds since 1970.
    """

    text: str
    by: str
    at: int


class ListEntry(NamedTuple):
    """One mask in one of a channel's lists; `by` and `at` as in `Topic`."""

    mask: str
    by: str
    at: int


class Channel:
    """A channel.

    Attributes:
        target: The key of its log; never changes, even if the name does.
        name: As shown.
        folded: The name, casefolded.
        former_names: Its earlier names, casefolded, the latest last.
        pending_renames: How many renames are not stored yet.
        renamed_at: When it was last renamed, seconds since 1970; 0 for never.
        created: The id that was current when it was created.
        founder: The account that created it; "" for a guests' channel, which is reset when it empties.
        era: Rows of the log below this id are not readable by anybody.
        topic: None for none.
        modes: The letters of the modes without a parameter.
        key: "" for none.
        member_limit: The maximum number of members; 0 for no limit.
        lists: The masks by letter, then by casefolded mask.
        history: Who may read earlier messages; see `HISTORIES`.
        retention: Days that messages are kept; 0 for ever, or `SERVER_RETENTION`.
        slow: Seconds between two messages of one member; 0 for none.
        filter: Words that are not allowed here, casefolded.
        profile: Its metadata, by key.
        last_spoke: When members in slow mode last spoke, seconds since 1970, by identity.
        members: In the order in which they joined.
        last_id: The newest id in its log.
        status_reset_id: STATUSMSG rows below this id are readable by their authors only.
        saved_row: The row to restore when a later one cannot be stored: the last one on disk, or the one
            after the last reset; None for none.
        pending_saves: How many rows of its settings are not stored yet.
    """

    def __init__(self, name: str, created: int, target: str = "") -> None:
        self.set_name(name)
        self.target = target or self.folded
        self.former_names: tuple[str, ...] = ()
        self.pending_renames = 0
        self.renamed_at = 0.0
        self.created = created
        self.founder = ""
        self.era = 0
        self.topic: Topic | None = None
        self.modes = set(DEFAULT_MODES)
        self.key = ""
        self.member_limit = 0
        self.lists: dict[str, dict[str, ListEntry]] = {letter: {} for letter in LIST_MODES}
        self.history = HISTORIES[0]
        self.retention = SERVER_RETENTION
        self.slow = 0
        self.filter: tuple[str, ...] = ()
        self.profile: dict[str, str] = {}
        self.last_spoke: dict[int, float] = {}
        self.members: dict[User, Membership] = {}
        self.last_id = created
        self.status_reset_id = 0
        self.saved_row: ChannelRow | None = None
        self.pending_saves = 0
        self._generation = 0  # counts resets
        self._generation_stored = -1
        self._generation_saving = -1  # the last one given to the disk, stored or not
        self._listeners: tuple[Session, ...] | None = None

    @classmethod
    def from_row(cls, row: ChannelRow, newest: int) -> Channel:
        """Build an empty channel from its row; its next id will be above `newest`."""
        channel = cls(row.name, row.created, row.target)
        channel.last_id = max(newest, row.created)
        channel.saved_row = row
        channel._generation_stored = channel._generation_saving = channel._generation
        channel.restore(row)
        return channel

    def set_name(self, name: str) -> None:
        """Set the name; `ChannelIndex.rename` also changes the index."""
        self.name = name
        self.folded = fold(name)

    # -- members ---------------------------------------------------------------------------------------

    def listeners_changed(self) -> None:
        """Drop the cached listeners, because a member's sessions changed."""
        self._listeners = None

    def listeners(self) -> tuple[Session, ...]:
        """Return every session of every member."""
        if self._listeners is None:
            self._listeners = tuple(session for user in self.members for session in user.sessions)
        return self._listeners

    def listeners_except(self, session: Session) -> tuple[Session, ...]:
        """Return every session of every member, except this one."""
        everyone = self.listeners()
        try:
            index = everyone.index(session)
        except ValueError:
            return everyone
        return everyone[:index] + everyone[index + 1 :]

    def listeners_of(self, letter: str) -> tuple[Session, ...]:
        """Return every session of the members with this status or a higher one."""
        enough = set(list(STATUS_PREFIXES)[: list(STATUS_PREFIXES).index(letter) + 1])
        holders = (member for member in self.members.values() if enough.intersection(member.status))
        return tuple(session for member in holders for session in member.user.sessions)

    def set_founder(self, account: str) -> None:
        """Make an account the founder, if the channel is empty and has no founder."""
        if not self.members and not self.founder:
            self.founder = account
            if self.saved_row is not None:
                self.saved_row = self.saved_row._replace(founder=account)

    def has(self, user: User, letter: str) -> bool:
        """Tell whether a user is a member with exactly this status."""
        member = self.members.get(user)
        return member is not None and letter in member.status

    def add(self, user: User, joined: int) -> Membership:
        """Add a member; the founder, or the first member of a guests' channel, becomes operator."""
        is_operator = self.founder == user.account if self.founder else not self.members
        member = Membership(user, joined, "o" if is_operator else "")
        self.members[user] = member
        user.invitations.pop(self.target, None)
        user.channels[self.folded] = self
        self._listeners = None
        return member

    def note_speaking(self, user: User, now: float) -> None:
        """Record the time of a member's message, if slow mode is on."""
        if not self.slow:
            return
        self.last_spoke[user.identity] = now
        if len(self.last_spoke) > MAX_SPEAKERS:
            self.last_spoke = {
                identity: at for identity, at in self.last_spoke.items() if at + self.slow > now
            }

    def remove(self, user: User) -> None:
        """Remove a member."""
        self.note_shown(user)
        del self.members[user]
        del user.channels[self.folded]
        self._listeners = None

    def note_shown(self, user: User) -> None:
        """Record in the user how much of this channel they were shown."""
        if self.members[user].is_caught_up:
            user.note_shown(self.target, self.last_id)

    # -- settings --------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """True if not everybody can join it or knows of it."""
        return bool(self.key) or not PRIVATE_MODES.isdisjoint(self.modes)

    def reset(self) -> None:
        """Reset the settings of an empty guests' channel, before its next first member joins.

        If the channel was closed, a new era begins: newcomers must not read what was said there.
        """
        if self.founder:
            return
        if self.is_closed:
            self.era = self.last_id + 1
            self.topic = None
            self.former_names = ()
        self.status_reset_id = self.last_id + 1
        self.modes = set(DEFAULT_MODES)
        self.key = ""
        self.member_limit = 0
        self.lists = {letter: {} for letter in LIST_MODES}
        self.history = HISTORIES[0]
        self.retention = SERVER_RETENTION
        self.slow = 0
        self.filter = ()
        self.profile = {}
        self._generation += 1
        self.saved_row = self.row()

    def invitation(self) -> tuple[Channel, int]:
        """Return what an invitation is valid for: this channel until its next reset."""
        return self, self._generation

    @property
    def is_new(self) -> bool:
        """True if it is empty and none of its settings were ever given to the disk."""
        return not self.members and self._generation_saving < 0

    def is_removable(self) -> bool:
        """Tell whether it is empty, not on disk, and not being saved."""
        return not self.members and self._generation_stored < 0 and not self.pending_saves

    @property
    def is_unsaved(self) -> bool:
        """True if its settings were not given to the disk since the last reset."""
        return self._generation_saving != self._generation

    def saving(self) -> int:
        """See `Persistent.saving`."""
        self.pending_saves += 1
        self._generation_saving = self._generation
        return self._generation

    def saved(self, row: ChannelRow, generation: int) -> None:
        """See `Persistent.saved`."""
        self._generation_stored = generation
        if generation == self._generation:
            self.saved_row = row
        self._settle()

    def rejected(self) -> None:
        """See `Persistent.rejected`."""
        self._generation_saving = self._generation_stored
        self._settle()

    def _settle(self) -> None:
        self.pending_saves -= 1
        if not self.pending_saves and self.row() != self.saved_row:
            self.restore(self.saved_row)

    def row(self) -> ChannelRow:
        """Return the current settings."""
        topic = self.topic or Topic("", "", 0)
        lists = {letter: list(listed.values()) for letter, listed in self.lists.items() if listed}
        return ChannelRow(
            target=self.target,
            folded=self.folded,
            name=self.name,
            created=self.created,
            founder=self.founder,
            era=self.era,
            topic=topic.text,
            topic_by=topic.by,
            topic_at=topic.at,
            modes="".join(sorted(self.modes)),
            key=self.key,
            most=self.member_limit,
            lists=json.dumps(lists),
            history=self.history,
            retention=self.retention,
            slow=self.slow,
            filter=json.dumps(self.filter),
            formerly=json.dumps(self.former_names),
            profile=json.dumps(self.profile),
        )

    def saved_topic(self) -> Topic | None:
        """Return the topic that is on disk."""
        row = self.saved_row
        return Topic(row.topic, row.topic_by, row.topic_at) if row is not None and row.topic else None

    def restore(self, row: ChannelRow | None) -> None:
        """Restore settings from a row, or the defaults; the name is restored by `ChannelIndex`."""
        row = row or ChannelRow(
            *(self.target, self.folded, self.name, self.created, self.founder, self.era),
            modes="".join(DEFAULT_MODES),
        )
        self.created = row.created
        self.founder = row.founder
        self.era = row.era
        self.topic = Topic(row.topic, row.topic_by, row.topic_at) if row.topic else None
        self.modes = set(row.modes)
        self.key = row.key
        self.member_limit = row.most
        self.history = row.history
        self.retention = row.retention
        self.slow = row.slow
        self.filter = tuple(json.loads(row.filter))
        self.former_names = tuple(json.loads(row.formerly))
        self.profile = json.loads(row.profile)
        lists = json.loads(row.lists)
        self.lists = {
            letter: {fold(mask): ListEntry(mask, by, at) for mask, by, at in lists.get(letter, [])}
            for letter in LIST_MODES
        }


def channels_of(user: User) -> Sequence[Channel]:
    """Return the channels that a user is in."""
    return tuple(cast("Iterable[Channel]", user.channels.values()))
