"""A user: somebody with a nick, on one connection or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simplechat.hub.session import Session
from simplechat.ircv3.casemap import fold

if TYPE_CHECKING:
    from simplechat.hub.channel import Channel


MOST_INVITATIONS = 100  # for each user
MOST_LEFT = 100  # channels, for each user
MOST_MET = 100  # others, for each user


class Author(NamedTuple):
    """Who does something: what the log wants to know of them."""

    nick: str
    identity: int
    account: str
    source: str


class User:
    """Somebody with a nick.

    Attributes:
        nick: As shown.
        folded: As looked up.
        identity: Stays the same whatever the nick is; what was said is kept under it.
        account: The account's name, "" for a guest.
        source: nick!user@host.
        realname: What they say of themselves.
        away: Why they are away; "" when they are not.
        modes: The letters of the user's modes.
        arrived: When they came, seconds since 1970.
        spoke: When they last spoke, seconds since 1970.
        invitations: Channels they may join once although those are closed, by folded name.
        met: What others were called when they last spoke with this user, by both identities.
        left: The newest id of channels they went out of, when they did, by folded name.
        sessions: The connections that speak for this user.
        channels: The channels this user is in, by folded name.
    """

    def __init__(self, session: Session, nick: str, identity: int, now: float) -> None:
        self.username = session.username
        self.realname = session.realname
        self.host = session.host
        self.identity = identity
        self.account = ""
        self.away = ""
        self.modes: set[str] = set()
        self.arrived = now
        self.spoke = now
        self.invitations: dict[str, tuple[Channel, int]] = {}
        self.met: dict[tuple[int, int], str] = {}
        self.left: dict[str, int] = {}
        self.sessions: tuple[Session, ...] = (session,)
        self.channels: dict[str, Channel] = {}
        self.rename(nick)

    def rename(self, nick: str) -> None:
        """Take another nick."""
        self.nick = nick
        self.folded = fold(nick)
        self.source = f"{nick}!{self.username}@{self.host}"

    def listeners_around(self) -> tuple[Session, ...]:
        """Give every session that shares a channel with this user, its own among them, each once."""
        around = dict.fromkeys(self.sessions)
        for channel in self.channels.values():
            around.update(dict.fromkeys(channel.listeners()))
        return tuple(around)

    def invite(self, channel: Channel) -> None:
        """Let them join a channel once although it is closed; the oldest of too many invitations lapses."""
        self.invitations[channel.folded] = channel.invitation()
        if len(self.invitations) > MOST_INVITATIONS:
            del self.invitations[next(iter(self.invitations))]

    def meets(self, other: User) -> bool:
        """Note that they speak with somebody; False where that is known already, under this nick."""
        both = (self.identity, other.identity)
        if self.met.get(both) == other.nick:
            return False
        self.met[both] = other.nick
        if len(self.met) > MOST_MET:
            del self.met[next(iter(self.met))]
        return True

    def leaves_behind(self, channel: str, newest: int) -> None:
        """Remember how much of a channel they have seen; of many channels, the latest."""
        self.left.pop(channel, None)
        self.left[channel] = newest
        if len(self.left) > MOST_LEFT:
            del self.left[next(iter(self.left))]

    def shares_a_channel_with(self, other: User) -> bool:
        """Tell whether the two are in one channel, or are one."""
        return self is other or not self.channels.keys().isdisjoint(other.channels)
