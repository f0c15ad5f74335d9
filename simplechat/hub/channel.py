"""A channel: its members, and the settings that outlive them."""

from __future__ import annotations

from dataclasses import dataclass

from simplechat.hub.records import RoomRow
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold


@dataclass(slots=True, eq=False)
class Membership:
    """One user's place in one channel.

    Attributes:
        joined: The id of the JOIN.
    """

    user: User
    joined: int


class Channel:
    """A channel.

    Attributes:
        name: As shown.
        folded: As looked up.
        created: The id that was current when it came to be.
        members: In the order of their joining.
        last_id: The newest id in its log.
        saved: The last row of its settings that is known to be on disk.
        unsettled: How many rows of its settings are on their way to the disk.
    """

    def __init__(self, name: str, created: int) -> None:
        self.name = name
        self.folded = fold(name)
        self.created = created
        self.members: dict[User, Membership] = {}
        self.last_id = created
        self.saved: RoomRow | None = None
        self.unsettled = 0
        self._listeners: tuple[Session, ...] | None = None

    @classmethod
    def from_row(cls, row: RoomRow, newest: int) -> Channel:
        """Make a channel that nobody is in from its settings on disk; its next id is above `newest`."""
        channel = cls(row.name, row.created)
        channel.last_id = max(newest, row.created)
        channel.saved = row
        channel.restore(row)
        return channel

    def listeners(self) -> tuple[Session, ...]:
        """Give every session of every member."""
        if self._listeners is None:
            self._listeners = tuple(session for user in self.members for session in user.sessions)
        return self._listeners

    def listeners_but(self, session: Session) -> tuple[Session, ...]:
        """Give every session of every member except one."""
        everyone = self.listeners()
        place = everyone.index(session)
        return everyone[:place] + everyone[place + 1 :]

    def add(self, user: User, joined: int) -> None:
        """Let a user in."""
        self.members[user] = Membership(user, joined)
        user.channels[self.folded] = self
        self._listeners = None

    def remove(self, user: User) -> None:
        """Let a user go."""
        del self.members[user]
        del user.channels[self.folded]
        self._listeners = None

    def is_forgettable(self) -> bool:
        """True when nobody is here and nothing of it is on disk or on its way there."""
        return not self.members and self.saved is None and not self.unsettled

    def row(self) -> RoomRow:
        """Give the settings as they are now."""
        return RoomRow(self.folded, self.name, self.created)

    def restore(self, row: RoomRow | None) -> None:
        """Return to settings that are on disk; None where none are yet."""
        if row is not None:
            self.name = row.name
            self.created = row.created
