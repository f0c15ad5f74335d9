"""The hub: all users, channels and sessions, and the ids of everything that happens."""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import lru_cache, partial

from simplechat.config import Config
from simplechat.hub.account import Account, Accounts
from simplechat.hub.channel import Channel, channels_of
from simplechat.hub.channel_index import ChannelIndex
from simplechat.hub.errors import Refused
from simplechat.hub.ids import msgid_of, next_id
from simplechat.hub.limits import AddressLimits, LoginLimits
from simplechat.hub.monitor import MonitorList
from simplechat.hub.names import sanitize_param
from simplechat.hub.outbox import Outbox
from simplechat.hub.read_markers import ReadMarkers
from simplechat.hub.records import LogRow
from simplechat.hub.server_bans import ServerBans
from simplechat.hub.store import StartupState
from simplechat.hub.unsaved_users import UnsavedUsers
from simplechat.hub.user import MAX_SHOWN_CHANNELS, Author, Session, User, UserNames
from simplechat.hub.whowas import WhowasList
from simplechat.ircv3.caps import CAPABILITIES
from simplechat.ircv3.casemap import fold, skeleton
from simplechat.ircv3.modes import USER_MODES
from simplechat.ircv3.numerics import (
    ERR_NICKNAMEINUSE,
    ERR_NICKNAMERESERVED,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
)

EMPTY_STATE = StartupState(0, ())
ACCOUNT_REGISTRATION = "draft/account-registration"

MAX_REDACTED = 1000  # recently redacted rows; a reply that read one before must still leave it out


class Hub:
    """The state of the server.

    Attributes:
        capabilities: The capabilities that are offered now, with their values.
        sts_port: The TLS port of the STS policy; 0 for no policy.
        server: The author of what the server itself does.
        sessions: All connections of users, registered or not.
        unregistered: The sessions that have not completed registration.
        users: All users, by casefolded nick.
        lingering: The users that have no session but are expected back.
        accounts: All accounts.
        bans: The bans and mutes of the whole server.
        unsaved: The users and accounts whose rows changed since they were last written.
        address_limits: Limits connections and new channels per address.
        login_limits: Limits password attempts and new accounts.
        max_users: The highest number of users so far.
        users_by_mode: The users that have a mode, by its letter.
        monitor: Which sessions monitor which nicks.
        whowas: The nicks that were in use recently.
        read_markers: Up to when each identity has read.
        channel_index: All channels.
        channels: The channels of `channel_index`, by casefolded name.
        occupied_channels: The number of channels with members.
        lines_received: The number of lines received from users.
        commands_refused: The number of commands that were refused.
        importing: The targets that messages are being imported into.

    Args:
        config: The settings.
        now: The clock: seconds since 1970.
        state: What the store holds; every new id is above its newest.
    """

    def __init__(self, config: Config, now: Callable[[], float], state: StartupState = EMPTY_STATE) -> None:
        self.config = config
        self.now = now
        self.started = now()
        self.motd = config.motd_lines
        self.unsaved = UnsavedUsers()
        self.outbox = Outbox(config.server_name, self.unsaved.append_to)
        self.server = Author(config.server_name, 0, "", config.server_name)
        self.capabilities = _initial_capabilities(config)
        self.sts_port = 0
        self.sessions: set[Session] = set()
        self.unregistered: set[Session] = set()
        self.users_by_mode: dict[str, set[User]] = {letter: set() for letter in USER_MODES}
        self.occupied_channels = 0
        self.users: dict[str, User] = {}
        self.lingering: set[User] = set()
        self.channel_index = ChannelIndex()
        self.channels = self.channel_index.by_name
        self.max_users = 0
        self.lines_received = 0
        self.commands_refused = 0
        self.address_limits = AddressLimits(not config.no_throttling)
        self.login_limits = LoginLimits(not config.no_throttling)
        self.bans = ServerBans(state.bans)
        self.accounts = Accounts(state.accounts, state.last_seen, state.secret)
        self._users_of: dict[Account, set[User]] = {}
        self.monitor = MonitorList()
        self.whowas = WhowasList()
        self.importing: set[str] = set()
        self._by_skeleton: dict[str, User] = {}  # users with non-ASCII nicks only
        self._floor = state.newest_id
        for row in state.channels:
            self.channel_index.add(Channel.from_row(row, state.newest_id))
        self._last_identity = max(state.newest_id, *(each.identity for each in self.accounts), 0)
        self._last_direct = state.newest_id
        self._last_event = state.newest_id
        self.read_markers = ReadMarkers(state.read_markers)
        self._redacted: dict[tuple[str, int], None] = {}

    def user(self, nick: str) -> User:
        """Return the user of this nick.

        Raises:
            Refused: There is none.
        """
        try:
            return self.users[fold(nick)]
        except KeyError:
            raise no_such_nick(nick) from None

    def channel(self, name: str) -> Channel:
        """Return the channel of this name.

        Raises:
            Refused: There is none, or it is empty.
        """
        channel = self.channels.get(fold(name))
        if channel is None or not channel.members:
            raise Refused(ERR_NOSUCHCHANNEL, sanitize_param(name))
        return channel

    def check_nick_is_free(self, nick: str, user: User | None, account: str = "") -> None:
        """Check that a user may take this nick.

        Args:
            user: None for a new user.
            account: The name of the user's account.

        Raises:
            Refused: Another user has the nick or, if it is not ASCII, one that looks like it; or it is the
                name of another account.
        """
        owner = self.accounts.find_by_nick(nick)
        if owner is not None and owner.name != account:
            raise Refused(ERR_NICKNAMERESERVED, nick)
        others = [self.users.get(fold(nick), user)]
        if not nick.isascii():
            others += [
                self.users.get(skeleton(nick), user),
                self._by_skeleton.get(skeleton(nick), user),
            ]
        if any(other is not user for other in others):
            raise Refused(ERR_NICKNAMEINUSE, nick)

    def add_user(self, user: User) -> None:
        """Add a user to the index of nicks."""
        self.users[user.folded] = user
        if not user.nick.isascii():
            self._by_skeleton[skeleton(user.nick)] = user

    def _remove_nick(self, user: User) -> None:
        """Remove a user from the index of nicks."""
        del self.users[user.folded]
        if not user.nick.isascii():
            del self._by_skeleton[skeleton(user.nick)]

    def new_identity(self) -> int:
        """Mint the identity of a new user."""
        self._last_identity = next_id(self.now(), self._last_identity)
        return self._last_identity

    def create_user(self, session: Session, nick: str) -> User:
        """Create the user of a session that completes registration."""
        names = UserNames(nick, session.username, session.realname, session.host)
        user = User(names, self.new_identity(), self.now())
        self.add_user(user)
        self.max_users = max(self.max_users, len(self.users))
        self.attach(session, user)
        if session.account is not None:
            self.log_in(user, session.account)
        return user

    def attach(self, session: Session, user: User) -> None:
        """Attach a session to an existing user."""
        user.attach(session)
        self.lingering.discard(user)
        self.unregistered.discard(session)
        self.unsaved.mark_changed(user)

    def log_in(self, user: User, account: Account) -> None:
        """Log a user in to an account."""
        before = self.accounts.get(user.account)
        if before is not None:
            self._remove_user_of(before, user)
        account.last_shown.update(
            {
                target: max(newest, account.last_shown.get(target, 0))
                for target, newest in user.last_shown.items()
            }
        )
        for target in tuple(account.last_shown)[:-MAX_SHOWN_CHANNELS]:
            del account.last_shown[target]
        if not user.account and user.identity != account.identity:
            self.read_markers.forget(user.identity)
        user.account, user.identity = account.name, account.identity
        user.last_shown, user.contacts, user.profile = account.last_shown, account.contacts, {}
        self._users_of.setdefault(account, set()).add(user)
        self.unsaved.mark_changed(user)

    def users_of(self, account: Account) -> Set[User]:
        """Return the users that are logged in to an account."""
        return self._users_of.get(account, frozenset())

    def _remove_user_of(self, account: Account, user: User) -> None:
        users = self._users_of.get(account, set())
        users.discard(user)
        if not users:
            self._users_of.pop(account, None)

    def find_own_user(self, nick: str, account: Account | None) -> User | None:
        """Return the user of this nick if it is logged in to this account, else None."""
        user = self.users.get(fold(nick))
        return user if user is not None and account is not None and user in self.users_of(account) else None

    def connect(self, session: Session) -> None:
        """Add the session of a new connection."""
        self.sessions.add(session)
        self.unregistered.add(session)

    def disconnect(self, session: Session) -> None:
        """Remove the session of a closed connection."""
        if session.user is not None:
            session.user.detach(session)
        self.sessions.discard(session)
        self.unregistered.discard(session)
        self.monitor.clear(session)
        self.address_limits.leave(session.host)

    def change_mode(self, user: User, is_set: bool, letter: str) -> bool:
        """Set or unset a user mode; return False if nothing changed."""
        if is_set is (letter in user.modes):
            return False
        if is_set:
            user.modes.add(letter)
            self.users_by_mode[letter].add(user)
        else:
            user.modes.discard(letter)
            self.users_by_mode[letter].discard(user)
        return True

    def rename(self, user: User, nick: str) -> None:
        """Change a user's nick."""
        self._remove_nick(user)
        self.unsaved.mark_gone(user)
        self.whowas.remember(user, self.now())
        user.rename(nick)
        self.add_user(user)
        self.unsaved.mark_changed(user)

    def remove_user(self, user: User) -> None:
        """Remove a user from all channels and from the hub."""
        account = self.accounts.get(user.account) if user.account else None
        if account is not None:
            self._remove_user_of(account, user)
            self.unsaved.mark_seen(account)
        for channel in channels_of(user):
            self.part(user, channel)
        for letter in tuple(user.modes):
            self.change_mode(user, False, letter)
        self.whowas.remember(user, self.now())
        if not user.account:
            self.read_markers.forget(user.identity)
        self._remove_nick(user)
        self.lingering.discard(user)
        self.unsaved.mark_gone(user)

    def join(self, user: User, channel: Channel) -> int:
        """Add a user to a channel from `channel_to_join`; return the id of the JOIN."""
        self.channel_index.add(channel)
        self.occupied_channels += not channel.members
        joined = self.mint_id(channel)
        channel.set_founder(user.account)
        channel.add(user, joined)
        self.unsaved.mark_changed(user)
        return joined

    def channel_to_join(self, name: str) -> Channel:
        """Return the channel of this name as a user who joins finds it.

        One that does not exist is created, but not added before `join`; an empty guests' channel is reset.
        """
        channel = self.channels.get(fold(name))
        if channel is None:
            self._floor = next_id(self.now(), self._floor)
            return self.channel_index.make_channel(name, self._floor)
        if not channel.members:
            self.channel_index.reset(channel)
        return channel

    def part(self, user: User, channel: Channel) -> None:
        """Remove a user from a channel; forget an empty channel that the store does not have."""
        channel.remove(user)
        self.unsaved.mark_changed(user)
        self.occupied_channels -= not channel.members
        self.forget_if_empty(channel)

    def forget_if_empty(self, channel: Channel) -> None:
        """Remove a channel that is empty and not in the store."""
        if channel.is_removable() and self.channels.get(channel.folded) is channel:
            self.channel_index.remove(channel)
            self._floor = max(self._floor, channel.last_id)

    def mint_id(self, *channels: Channel) -> int:
        """Mint the id of an event that happens in all of these channels at once."""
        number = next_id(self.now(), max(channel.last_id for channel in channels))
        for channel in channels:
            channel.last_id = number
        return number

    def mint_direct_id(self) -> int:
        """Mint the id of a direct message; all direct messages share one sequence."""
        self._last_direct = next_id(self.now(), self._last_direct)
        return self._last_direct

    def mint_server_event_id(self) -> int:
        """Mint the id of an audit entry or an announcement."""
        self._last_event = next_id(self.now(), self._last_event)
        return self._last_event

    def advance_ids(self) -> int:
        """Return the highest id so far; every later id, of whatever target, will be above it."""
        newest = self.newest_id
        self._floor = self._last_direct = self._last_event = newest
        for channel in self.channels.values():
            channel.last_id = newest
        return newest

    def is_redacted(self, row: LogRow) -> bool:
        """Tell whether a row was redacted recently, perhaps after it was read from the store."""
        return (row.target, row.id) in self._redacted

    def mark_redacted(self, row: LogRow) -> Callable[[], object]:
        """Hide a row from now on, even from replies that have read it already; return what undoes that."""
        key = (row.target, row.id)
        self._redacted[key] = None
        if len(self._redacted) > MAX_REDACTED:
            del self._redacted[next(iter(self._redacted))]
        return partial(self._redacted.pop, key, None)

    @property
    def newest_id(self) -> int:
        """The highest id so far."""
        return max(
            self._floor,
            self._last_direct,
            self._last_event,
            *(each.last_id for each in self.channels.values()),
            0,
        )


def _initial_capabilities(config: Config) -> dict[str, str]:
    """Return the capabilities that are offered at the start, with their values."""
    offered = dict(CAPABILITIES)
    if config.registration == "closed":
        del offered[ACCOUNT_REGISTRATION]
    else:
        early = ["before-connect"] if config.registration == "before-connect" else []
        offered[ACCOUNT_REGISTRATION] = ",".join([*early, "custom-account-name"])
    return offered


def no_such_nick(nick: str) -> Refused:
    """Return the refusal for a nick that nobody has."""
    return Refused(ERR_NOSUCHNICK, sanitize_param(nick))


def direct_target(one: User | Account, other: User | Account) -> str:
    """Return the target of the direct conversation of two users or accounts."""
    return direct_target_of(one.identity, other.identity)


@lru_cache(4096)
def direct_target_of(one: int, other: int) -> str:
    """Return the target of the direct conversation of two identities."""
    low, high = sorted((one, other))
    return f"{msgid_of(low)}+{msgid_of(high)}"
