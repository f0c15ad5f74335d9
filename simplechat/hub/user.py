"""Users and their sessions: a nick with one or more connections, or none for a while."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from simplechat.hub.account import Account
from simplechat.hub.contacts import Contacts
from simplechat.hub.limits import TokenBucket
from simplechat.hub.multiline import ClientBatch
from simplechat.hub.records import UserRow
from simplechat.hub.writer import AnswerWriter, Placeholder, Writer
from simplechat.ircv3.caps import PLAIN_DIALECT, dialect_of
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.modes import STATUS_PREFIXES
from simplechat.ircv3.sasl import SaslExchange
from simplechat.owner_answers import Answer

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


@dataclass(slots=True, eq=False)
class Membership:
    """A user's membership of a channel.

    Attributes:
        joined: The id of the JOIN.
        status: The letters of the member's status modes, highest first.
        is_caught_up: True once the member was shown the earlier messages.
    """

    user: User
    joined: int
    status: str = ""
    is_caught_up: bool = False

    @property
    def prefixes(self) -> str:
        """The prefixes of the status modes, highest first."""
        return "".join(STATUS_PREFIXES[letter] for letter in self.status)

    def change(self, is_set: bool, letter: str) -> bool:
        """Set or unset a status mode; return False if nothing changed."""
        if is_set is (letter in self.status):
            return False
        held = {*self.status, letter} if is_set else {*self.status} - {letter}
        self.status = "".join(each for each in STATUS_PREFIXES if each in held)
        return True


class JoinedChannel(Protocol):
    """What a user needs of a channel that it is in; see `Channel`."""

    name: str
    target: str
    members: dict[User, Membership]

    def listeners(self) -> tuple[Session, ...]:
        """Return every session of every member."""
        ...

    def listeners_changed(self) -> None:
        """Note that the sessions of a member changed."""
        ...

    def invitation(self) -> tuple[JoinedChannel, int]:
        """Return what an invitation is valid for."""
        ...


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
        self.invitations: dict[str, tuple[JoinedChannel, int]] = {}
        self.contacts = Contacts()
        self.last_shown: dict[str, int] = {}
        self.profile: dict[str, str] = {}
        self.profile_changes: TokenBucket | None = None
        self.sessions: tuple[Session, ...] = ()
        self.disconnected_at = 0.0
        self.channels: dict[str, JoinedChannel] = {}
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

    def invite(self, channel: JoinedChannel) -> None:
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


class Session:
    """The state of one connection.

    Attributes:
        writer: Writes its lines.
        host: The peer's address, as others see it.
        port: The peer's port; 0 for none.
        answer_writer: Gets the answers of an owner's prompt; None for all other sessions.
        may_python: True if the owner's prompt may also start a Python prompt.
        user: The user it belongs to; None until registration is complete.
        nick: The nick it asked for; "" for none yet.
        requested_nick: The last nick it asked for before registration, granted or not; "" for none.
        username: From USER; "" before that.
        realname: From USER.
        password: From PASS.
        account: The account it logged in to before registration is complete; later see `user`.
        exchange: The login in progress; None for none.
        is_secure: True if the connection is encrypted.
        fingerprint: SHA-256 of the peer's certificate in hexadecimal; "" for none.
        away_message: The user's away message, set before registration is complete.
        profile: The user's metadata by key, set before registration is complete.
        subscribed: The metadata keys that it is notified of.
        synced: The last name that was sent of profiles too many for one reply, by what was asked for.
        syncs: Limits how often it may ask for those.
        is_background: True if the client says that nobody is watching (AWAY *).
        caps: Its capabilities.
        cap_version: From `CAP LS`; 0 for none.
        is_negotiating: True between CAP LS or REQ and CAP END.
        dialect: What it is sent in; changes when CAP ACK is delivered, `caps` when it is decided.
        out: The lines to write at the end of this turn of the reactor.
        placeholders: How many of those are placeholders.
        monitored: The nicks that it monitors, by casefolded nick.
        batch: The multiline batch that it has opened; None for none.
        is_leaving: True once it was decided to close the connection; no more lines are accepted.
        is_closing: True once that was delivered; the connection closes when `out` has been written.
    """

    def __init__(
        self, writer: Writer, host: str, port: int = 0, *, answer_writer: AnswerWriter | None = None
    ) -> None:
        self.writer = writer
        self.host = f"0{host}" if host.startswith(":") else host
        self.port = port
        self.answer_writer = answer_writer
        self.may_python = False
        self.user: User | None = None
        self.nick = ""
        self.requested_nick = ""
        self.username = ""
        self.realname = ""
        self.password = ""
        self.account: Account | None = None
        self.exchange: SaslExchange | None = None
        self.is_secure = False
        self.fingerprint = ""
        self.away_message = ""
        self.profile: dict[str, str] = {}
        self.subscribed: dict[str, None] = {}
        self.synced: dict[str, str] = {}
        self.syncs: TokenBucket | None = None
        self.is_background = False
        self.caps: frozenset[str] = frozenset()
        self.cap_version = 0
        self.is_negotiating = False
        self.dialect = PLAIN_DIALECT
        self.out: list[bytes | Placeholder] = []
        self.answers: list[Answer] = []
        self.placeholders = 0
        self.monitored: dict[str, str] = {}
        self.batch: ClientBatch | None = None
        self.is_leaving = False
        self.is_closing = False

    @property
    def is_owner(self) -> bool:
        """True for a prompt of the server's owner, which may do anything and is no user."""
        return self.answer_writer is not None

    @property
    def has_labels(self) -> bool:
        """True if commands may have a label.

        Spec: https://ircv3.net/specs/extensions/labeled-response
        """
        return {"labeled-response", "batch"} <= self.caps

    @property
    def address(self) -> str:
        """The peer's address and port, separated by a comma."""
        return f"{self.host},{self.port}"

    @property
    def display_nick(self) -> str:
        """The nick by which the server addresses this session."""
        return self.user.nick if self.user else self.nick or "*"

    def set_dialect(self, caps: frozenset[str]) -> None:
        """Switch to the dialect of these capabilities."""
        self.dialect = dialect_of(caps)

    def end(self) -> None:
        """Close once the waiting lines are written."""
        self.is_closing = True


def sessions_with(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Return the sessions that have a capability."""
    return tuple(session for session in sessions if cap in session.caps)


def sessions_without(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Return the sessions that lack a capability."""
    return tuple(session for session in sessions if cap not in session.caps)
