"""A channel: its members, and the settings that outlive them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from simplechat.hub.records import ChannelRow
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.modes import LIST_MODES, STATUS_PREFIXES

DEFAULT_MODES = frozenset("nt")
PRIVATE_MODES = frozenset("Ris")
MAX_LIST_ENTRIES = 100  # masks in one channel's lists together
HISTORIES = ("all", "joined", "none")
MAX_SPEAKERS = 1000  # remembered, before those who need not wait any more are forgotten
SERVER_RETENTION = -1  # days of retention


class Topic(NamedTuple):
    """What a channel is about.

    Attributes:
        text: At most what fits a line.
        by: The source of who set it.
        at: Seconds since 1970.
    """

    text: str
    by: str
    at: int


class ListEntry(NamedTuple):
    """One mask on one of a channel's lists; see `Topic` for the rest."""

    mask: str
    by: str
    at: int


@dataclass(slots=True, eq=False)
class Membership:
    """One user's place in one channel.

    Attributes:
        joined: The id of the JOIN.
        status: The letters of what this member is, highest first.
        is_caught_up: True once they were shown what was said before.
    """

    user: User
    joined: int
    status: str = ""
    is_caught_up: bool = False

    @property
    def prefixes(self) -> str:
        """The prefix of each status, highest first."""
        return "".join(STATUS_PREFIXES[letter] for letter in self.status)

    def change(self, is_set: bool, letter: str) -> bool:
        """Give or take a status; tell whether that changed anything."""
        if is_set is (letter in self.status):
            return False
        held = {*self.status, letter} if is_set else {*self.status} - {letter}
        self.status = "".join(each for each in STATUS_PREFIXES if each in held)
        return True


class Channel:
    """A channel.

    Attributes:
        target: Its log's key, which stays the same whatever its name is.
        name: As shown.
        folded: As looked up.
        former_names: The names that it had before, folded, the latest last.
        pending_renames: How many of its new names are on their way to the disk.
        renamed_at: When it got its name, seconds since 1970; 0 for a name from the beginning.
        created: The id that was current when it came to be.
        founder: The account that made it; "" for a guest's, which begins anew when everybody has left.
        era: Rows of the log below this id are nobody's any more.
        topic: None for none.
        modes: The letters of the modes without a parameter.
        key: "" for none.
        member_limit: How many members there may be, 0 for any number.
        lists: By letter: the masks, by their folded form.
        history: Who may read what was said before; see `HISTORIES`.
        retention: Days that messages are kept, 0 for ever, `SERVER_RETENTION`.
        slow: Seconds between two messages of one member, 0 for none.
        filter: Words that are not said here, folded.
        profile: Its metadata, by key.
        last_spoke: When those who must wait between two messages last spoke, by identity.
        members: In the order of their joining.
        last_id: The newest id in its log.
        status_reset_id: Rows limited to some of the members that are below this id are their authors' alone.
        saved_row: The row to return to when a later one cannot be stored: the last one on disk, or the one it
            began anew with; None for none.
        pending_saves: How many rows of its settings are on their way to the disk.
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
        self._generation = 0  # counts how often it began anew
        self._generation_stored = -1
        self._generation_told = -1  # to the disk, whether that has answered or not
        self._listeners: tuple[Session, ...] | None = None

    @classmethod
    def from_row(cls, row: ChannelRow, newest: int) -> Channel:
        """Make a channel that nobody is in from its settings on disk; its next id is above `newest`."""
        channel = cls(row.name, row.created, row.target)
        channel.last_id = max(newest, row.created)
        channel.saved_row = row
        channel._generation_stored = channel._generation_told = channel._generation
        channel.restore(row)
        return channel

    def set_name(self, name: str) -> None:
        """Be called something else; see `Rooms.rename`, which lets it be found by that."""
        self.name = name
        self.folded = fold(name)

    # -- who is here -----------------------------------------------------------------------------------

    def listeners_changed(self) -> None:
        """Note that a member's sessions are others than before."""
        self._listeners = None

    def listeners(self) -> tuple[Session, ...]:
        """Give every session of every member."""
        if self._listeners is None:
            self._listeners = tuple(session for user in self.members for session in user.sessions)
        return self._listeners

    def listeners_except(self, session: Session) -> tuple[Session, ...]:
        """Give every session of every member except one, if it is one of them."""
        everyone = self.listeners()
        try:
            place = everyone.index(session)
        except ValueError:
            return everyone
        return everyone[:place] + everyone[place + 1 :]

    def listeners_of(self, letter: str) -> tuple[Session, ...]:
        """Give every session of the members of this status or a higher one."""
        enough = set(list(STATUS_PREFIXES)[: list(STATUS_PREFIXES).index(letter) + 1])
        holders = (member for member in self.members.values() if enough.intersection(member.status))
        return tuple(session for member in holders for session in member.user.sessions)

    def set_founder(self, account: str) -> None:
        """Note who makes it: the account of whom comes first where nobody has anything to say yet."""
        if not self.members and not self.founder:
            self.founder = account
            if self.saved_row is not None:
                self.saved_row = self.saved_row._replace(founder=account)

    def has(self, user: User, letter: str) -> bool:
        """Tell whether a user is a member of this very status."""
        member = self.members.get(user)
        return member is not None and letter in member.status

    def add(self, user: User, joined: int) -> Membership:
        """Let a user in; the founder, and in a guest's channel the first one, as an operator."""
        is_operator = self.founder == user.account if self.founder else not self.members
        member = Membership(user, joined, "o" if is_operator else "")
        self.members[user] = member
        user.invitations.pop(self.target, None)
        user.channels[self.folded] = self
        self._listeners = None
        return member

    def note_speaking(self, user: User, now: float) -> None:
        """Note that somebody speaks, as long as it matters."""
        if not self.slow:
            return
        self.last_spoke[user.identity] = now
        if len(self.last_spoke) > MAX_SPEAKERS:
            self.last_spoke = {who: at for who, at in self.last_spoke.items() if at + self.slow > now}

    def remove(self, user: User) -> None:
        """Let a user go."""
        self.note_shown(user)
        del self.members[user]
        del user.channels[self.folded]
        self._listeners = None

    def note_shown(self, user: User) -> None:
        """Have a member remember how much of this channel they have seen."""
        if self.members[user].is_caught_up:
            user.note_shown(self.target, self.last_id)

    # -- what outlives them ----------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """True when not everybody can come in, or know of it."""
        return bool(self.key) or not PRIVATE_MODES.isdisjoint(self.modes)

    def reset(self) -> None:
        """Forget what guests set up, now that the first one comes into an empty channel.

        What was said where not everybody could come in stays theirs who are gone: a new era begins.
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
        """Give what an invitation is good for: this channel, until it begins anew."""
        return self, self._generation

    @property
    def is_new(self) -> bool:
        """True when nobody was ever here, as far as anybody knows."""
        return not self.members and self._generation_told < 0

    def is_removable(self) -> bool:
        """True when nobody is here and nothing of it is on disk or on its way there."""
        return not self.members and self._generation_stored < 0 and not self.pending_saves

    @property
    def is_unsaved(self) -> bool:
        """True while the disk has not been told what it began with."""
        return self._generation_told != self._generation

    def saving(self) -> int:
        """Note that its settings are on their way to the disk; give what `saved` wants to know."""
        self.pending_saves += 1
        self._generation_told = self._generation
        return self._generation

    def saved(self, row: ChannelRow, generation: int) -> None:
        """Note that a row got to the disk."""
        self._generation_stored = generation
        if generation == self._generation:
            self.saved_row = row
        self._settle()

    def rejected(self) -> None:
        """Note that a row did not get to the disk."""
        self._generation_told = self._generation_stored
        self._settle()

    def _settle(self) -> None:
        self.pending_saves -= 1
        if not self.pending_saves and self.row() != self.saved_row:
            self.restore(self.saved_row)

    def row(self) -> ChannelRow:
        """Give the settings as they are now."""
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
        """Give the topic that is on disk."""
        row = self.saved_row
        return Topic(row.topic, row.topic_by, row.topic_at) if row is not None and row.topic else None

    def restore(self, row: ChannelRow | None) -> None:
        """Return to settings that are on disk, or to the first ones; the name is up to `Rooms`."""
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
