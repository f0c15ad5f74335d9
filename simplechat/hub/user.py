"""A user: somebody with a nick, on one connection or several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from simplechat.hub.contacts import Contacts
from simplechat.hub.records import UserRow
from simplechat.hub.session import Session
from simplechat.ircv3.casemap import fold

if TYPE_CHECKING:
    from simplechat.hub.channel import Channel
    from simplechat.hub.limits import TokenBucket

DEFAULT_AWAY_MESSAGE = "Not here now"
MAX_INVITATIONS = 100  # for each user
MAX_SHOWN_CHANNELS = 100  # channels, for each user


class Author(NamedTuple):
    """Who does something: what the log wants to know of them."""

    nick: str
    identity: int
    account: str
    source: str

    @property
    def is_bot(self) -> bool:
        """Whether a program acts: never so where nobody has set that."""
        return False


class UserNames(NamedTuple):
    """What a newcomer is called; see `User`."""

    nick: str
    username: str
    realname: str
    host: str


class User:
    """Somebody with a nick; those with an account are here although no connection speaks for them now.

    Attributes:
        nick: As shown.
        folded: As looked up.
        identity: Stays the same whatever the nick is; what was said is kept under it.
        account: The account's name, "" for a guest.
        source: nick!user@host.
        realname: What they say of themselves.
        away_message: Why they are away, in their own words; "" for none.
        modes: The letters of the user's modes.
        signed_on: When they came, seconds since 1970.
        last_spoke: When they last spoke, seconds since 1970.
        invitations: Channels they may join once although those are closed, by their logs.
        contacts: Whom they have spoken with.
        last_shown: The newest id of channels they went out of, when they did, by their logs.
        profile: What a guest tells of themselves, by key; an account's is in its settings.
        profile_changes: How often they may change their profile.
        sessions: The connections that speak for this user.
        disconnected_at: When the last of them broke, seconds since 1970; 0 while there is one.
        channels: The channels this user is in, by folded name.
    """

    def __init__(self, names: UserNames, identity: int, now: float) -> None:
        self.username = names.username
        self.realname = names.realname
        self.host = names.host
        self.identity = identity
        self.account = ""
        self.away_message = ""
        self.modes: set[str] = set()
        self.signed_on = now
        self.last_spoke = now
        self.invitations: dict[str, tuple[Channel, int]] = {}
        self.contacts = Contacts()
        self.last_shown: dict[str, int] = {}
        self.profile: dict[str, str] = {}
        self.profile_changes: TokenBucket | None = None
        self.sessions: tuple[Session, ...] = ()
        self.disconnected_at = 0.0
        self.channels: dict[str, Channel] = {}
        self.rename(names.nick)

    def rename(self, nick: str) -> None:
        """Take another nick."""
        self.nick = nick
        self.folded = fold(nick)
        self.source = f"{nick}!{self.username}@{self.host}"

    @property
    def is_bot(self) -> bool:
        """Whether they say that they are a program."""
        return "B" in self.modes

    @property
    def away(self) -> str:
        """Why they are away; "" when they are not.

        Spec: https://ircv3.net/specs/extensions/pre-away
        """
        if self.away_message:
            return self.away_message
        for session in self.sessions:
            if not session.is_background:
                return ""
        return DEFAULT_AWAY_MESSAGE

    @property
    def is_secure(self) -> bool:
        """True where each of their connections is encrypted on its way."""
        return bool(self.sessions) and all(session.is_secure for session in self.sessions)

    def attach(self, session: Session) -> None:
        """Let one more connection speak for them."""
        self.disconnected_at = 0.0
        self._set_sessions((*self.sessions, session))
        session.user = self

    def detach(self, session: Session) -> None:
        """Let a connection speak for them no longer."""
        self._set_sessions(tuple(each for each in self.sessions if each is not session))

    def _set_sessions(self, sessions: tuple[Session, ...]) -> None:
        self.sessions = sessions
        for channel in self.channels.values():
            channel.listeners_changed()

    def listeners_around(self) -> tuple[Session, ...]:
        """Give every session that shares a channel with this user, its own among them, each once."""
        around = dict.fromkeys(self.sessions)
        for channel in self.channels.values():
            around.update(dict.fromkeys(channel.listeners()))
        return tuple(around)

    def invite(self, channel: Channel) -> None:
        """Let them join a channel once although it is closed; the oldest of too many invitations lapses."""
        self.invitations[channel.target] = channel.invitation()
        if len(self.invitations) > MAX_INVITATIONS:
            del self.invitations[next(iter(self.invitations))]

    def note_shown(self, channel: str, newest: int) -> None:
        """Remember how much of a channel they have seen; of many channels, the latest."""
        self.last_shown.pop(channel, None)
        self.last_shown[channel] = newest
        if len(self.last_shown) > MAX_SHOWN_CHANNELS:
            del self.last_shown[next(iter(self.last_shown))]

    def shares_a_channel_with(self, other: User) -> bool:
        """Tell whether the two are in one channel, or are one."""
        return self is other or not self.channels.keys().isdisjoint(other.channels)

    def user_row(self) -> UserRow:
        """Give what a new connection, or a new run of the server, finds again."""
        rooms = [
            (channel.name, member.joined, member.status, member.is_caught_up)
            for channel in self.channels.values()
            if (member := channel.members.get(self))
        ]
        about = {
            "names": UserNames(self.nick, self.username, self.realname, self.host),
            "arrived": self.signed_on,
            "gone_at": self.disconnected_at,
            "excuse": self.away_message,
            "modes": "".join(sorted(self.modes - {"o"})),
            "rooms": rooms,
        }
        return UserRow(self.folded, fold(self.account), json.dumps(about))
