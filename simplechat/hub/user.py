"""Users: a nick with one or more sessions, or none for a while."""

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
MAX_INVITATIONS = 100  # per user
MAX_SHOWN_CHANNELS = 100  # channels per user


class Author(NamedTuple):
    """The author of a log row, if it is not a user."""

    nick: str
    identity: int
    account: str
    source: str

    @property
    def is_bot(self) -> bool:
        """False: only users can have the bot mode."""
        return False


class UserNames(NamedTuple):
    """The names of a new user; see `User`."""

    nick: str
    username: str
    realname: str
    host: str


class User:
    """A user. One with an account may be here without any session.

    Attributes:
        nick: As shown.
        folded: The nick, casefolded.
        identity: The number under which the user's messages are stored; does not change with the nick.
        account: The account's name; "" for a guest.
        source: nick!user@host.
        realname: The real name, or any text.
        away_message: The message of AWAY; "" for none.
        modes: The letters of the user's modes.
        signed_on: Seconds since 1970.
        last_spoke: Seconds since 1970.
        invitations: Closed channels that the user may join once, by target.
        contacts: The partners of direct conversations.
        last_shown: The newest id that the user was shown before leaving a channel, by target.
        profile: A guest's metadata, by key; an account's is in its settings.
        profile_changes: Limits changes of the profile; None before the first one.
        sessions: The user's sessions.
        disconnected_at: When the last session ended, seconds since 1970; 0 while there is one.
        channels: The channels that the user is in, by casefolded name.
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
        """Change the nick."""
        self.nick = nick
        self.folded = fold(nick)
        self.source = f"{nick}!{self.username}@{self.host}"

    @property
    def is_bot(self) -> bool:
        """True if the user has the bot mode."""
        return "B" in self.modes

    @property
    def away(self) -> str:
        """The away message; "" if the user is not away.

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
        """True if all sessions are secure, and there is one."""
        return bool(self.sessions) and all(session.is_secure for session in self.sessions)

    def attach(self, session: Session) -> None:
        """Add a session."""
        self.disconnected_at = 0.0
        self._set_sessions((*self.sessions, session))
        session.user = self

    def detach(self, session: Session) -> None:
        """Remove a session."""
        self._set_sessions(tuple(each for each in self.sessions if each is not session))

    def _set_sessions(self, sessions: tuple[Session, ...]) -> None:
        self.sessions = sessions
        for channel in self.channels.values():
            channel.listeners_changed()

    def listeners_around(self) -> tuple[Session, ...]:
        """Return every session that shares a channel with this user, including its own, each once."""
        around = dict.fromkeys(self.sessions)
        for channel in self.channels.values():
            around.update(dict.fromkeys(channel.listeners()))
        return tuple(around)

    def invite(self, channel: Channel) -> None:
        """Invite the user to join a closed channel once; drop the oldest of too many invitations."""
        self.invitations[channel.target] = channel.invitation()
        if len(self.invitations) > MAX_INVITATIONS:
            del self.invitations[next(iter(self.invitations))]

    def note_shown(self, channel: str, newest: int) -> None:
        """Remember the newest id that the user was shown of a channel; drop the oldest of too many."""
        self.last_shown.pop(channel, None)
        self.last_shown[channel] = newest
        if len(self.last_shown) > MAX_SHOWN_CHANNELS:
            del self.last_shown[next(iter(self.last_shown))]

    def shares_a_channel_with(self, other: User) -> bool:
        """Tell whether two users share a channel, or are the same."""
        return self is other or not self.channels.keys().isdisjoint(other.channels)

    def user_row(self) -> UserRow:
        """Return the row from which the user is restored after a restart."""
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
