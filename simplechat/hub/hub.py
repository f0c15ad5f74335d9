"""The hub: every user and every channel, their arrivals and leavings, and the ids of what happens."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from simplechat.config import Config
from simplechat.hub.account import Account, Accounts
from simplechat.hub.channel import Channel
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
from simplechat.hub.session import Session
from simplechat.hub.store import StartupState
from simplechat.hub.unsaved_users import UnsavedUsers
from simplechat.hub.user import MAX_SHOWN_CHANNELS, Author, User, UserNames
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

MAX_REDACTED = 1000  # rows remembered, while somebody may have read them before


class Hub:
    """Who is here.

    Attributes:
        capabilities: The capabilities that clients can have now, with their values.
        sts_port: Where clients that know the server's name must come with TLS; 0 for nowhere.
        server: The server itself, as who does what its owner wants done.
        sessions: Every connection of people's.
        unregistered: Those that have not said who they are.
        users: By folded nick.
        lingering: Those of them whose connection is gone, and who are expected back.
        accounts: Those who can come again as who they are.
        bans: Who must not come in, or not speak.
        unsaved: What changed of where those with an account are.
        login_limits: How often passwords were tried.
        max_users: How many there were at once, at most.
        users_by_mode: The users that have a mode, by its letter.
        read_markers: Up to when everybody has read.
        channel_index: Every channel.
        channels: Those of `channel_index`, by folded name.
        occupied_channels: How many channels somebody is in.
        lines_received: How many lines people have said.
        commands_refused: How many of them asked for what they may not, or cannot have.
        importing: The logs that messages from elsewhere are being brought into.

    Args:
        config: The settings.
        now: The clock: seconds since 1970.
        kept: What is on disk; every new id is above its newest.
    """

    def __init__(self, config: Config, now: Callable[[], float], kept: StartupState = EMPTY_STATE) -> None:
        self.config = config
        self.now = now
        self.started = now()
        self.motd = config.motd_lines
        self.unsaved = UnsavedUsers()
        self.outbox = Outbox(config.server_name, self.unsaved.append_to)
        self.server = Author(config.server_name, 0, "", config.server_name)
        self.capabilities = _offered(config)
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
        self.bans = ServerBans(kept.bans)
        self.accounts = Accounts(kept.accounts, kept.last_seen, kept.secret)
        self.monitor = MonitorList()
        self.whowas = WhowasList()
        self.importing: set[str] = set()
        self._looks: dict[str, User] = {}  # those whose nick has letters beyond ASCII, by what it looks like
        self._floor = kept.newest_id
        for row in kept.channels:
            self.channel_index.add(Channel.from_row(row, kept.newest_id))
        self._last_identity = max(kept.newest_id, *(each.identity for each in self.accounts), 0)
        self._last_direct = kept.newest_id
        self._last_act = kept.newest_id
        self.read_markers = ReadMarkers(kept.read_markers)
        self._redacted: dict[tuple[str, int], None] = {}

    def user(self, nick: str) -> User:
        """Give the user of this nick.

        Raises:
            Refused: There is none.
        """
        try:
            return self.users[fold(nick)]
        except KeyError:
            raise no_such_nick(nick) from None

    def channel(self, name: str) -> Channel:
        """Give the channel of this name.

        Raises:
            Refused: There is none, or nobody is in it.
        """
        channel = self.channels.get(fold(name))
        if channel is None or not channel.members:
            raise Refused(ERR_NOSUCHCHANNEL, sanitize_param(name))
        return channel

    def check_nick(self, nick: str, user: User | None, account: str = "") -> None:
        """Make sure that `user`, or a newcomer, with this account may take this nick.

        Raises:
            Refused: Somebody else has it, or, where it has letters beyond ASCII, one that looks like it;
                or it is the name of another account.
        """
        owner = self.accounts.find_by_nick(nick)
        if owner is not None and owner.name != account:
            raise Refused(ERR_NICKNAMERESERVED, nick)
        others = [self.users.get(fold(nick), user)]
        if not nick.isascii():
            others += [self.users.get(skeleton(nick), user), self._looks.get(skeleton(nick), user)]
        if any(other is not user for other in others):
            raise Refused(ERR_NICKNAMEINUSE, nick)

    def add_user(self, user: User) -> None:
        """Have a user be found by the nick."""
        self.users[user.folded] = user
        if not user.nick.isascii():
            self._looks[skeleton(user.nick)] = user

    def _remove_nick(self, user: User) -> None:
        del self.users[user.folded]
        if not user.nick.isascii():
            del self._looks[skeleton(user.nick)]

    def new_identity(self) -> int:
        """Mint the number of somebody who was never here."""
        self._last_identity = next_id(self.now(), self._last_identity)
        return self._last_identity

    def create_user(self, session: Session, nick: str) -> User:
        """Make the user that a session speaks for."""
        names = UserNames(nick, session.username, session.realname, session.host)
        user = User(names, self.new_identity(), self.now())
        self.add_user(user)
        self.max_users = max(self.max_users, len(self.users))
        self.attach(session, user)
        if session.account is not None:
            self.log_in(user, session.account)
        return user

    def attach(self, session: Session, user: User) -> None:
        """Let a session speak for a user who is here."""
        user.attach(session)
        self.lingering.discard(user)
        self.unregistered.discard(session)
        self.unsaved.mark_changed(user)

    def log_in(self, user: User, account: Account) -> None:
        """Let a user be the owner of an account from now on."""
        before = self.accounts.get(user.account)
        if before is not None:
            before.users.discard(user)
        account.last_shown.update(
            {name: max(seen, account.last_shown.get(name, 0)) for name, seen in user.last_shown.items()}
        )
        for name in tuple(account.last_shown)[:-MAX_SHOWN_CHANNELS]:
            del account.last_shown[name]
        if not user.account and user.identity != account.identity:
            self.read_markers.forget(user.identity)
        user.account, user.identity = account.name, account.identity
        user.last_shown, user.contacts, user.profile = account.last_shown, account.contacts, {}
        account.users.add(user)
        self.unsaved.mark_changed(user)

    def find_own_user(self, nick: str, account: Account | None) -> User | None:
        """Give the user of this nick if it is this account's."""
        user = self.users.get(fold(nick))
        return user if user is not None and account is not None and user in account.users else None

    def connect(self, session: Session) -> None:
        """Take note of a connection that has not said who it is."""
        self.sessions.add(session)
        self.unregistered.add(session)

    def disconnect(self, session: Session) -> None:
        """Take note that a connection ends."""
        if session.user is not None:
            session.user.detach(session)
        self.sessions.discard(session)
        self.unregistered.discard(session)
        self.monitor.clear(session)
        self.address_limits.leave(session.host)

    def change_mode(self, user: User, is_set: bool, letter: str) -> bool:
        """Give a user a mode or take it; tell whether that changed anything."""
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
        """Give a user another nick."""
        self._remove_nick(user)
        self.unsaved.mark_gone(user)
        self.whowas.remember(user, self.now())
        user.rename(nick)
        self.add_user(user)
        self.unsaved.mark_changed(user)

    def remove_user(self, user: User) -> None:
        """Take a user out of every channel, and out of the hub."""
        account = self.accounts.get(user.account)
        if account is not None:
            account.users.discard(user)
            self.unsaved.mark_seen(account)
        for channel in tuple(user.channels.values()):
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
        """Put a user into a channel that `room` gave; give the JOIN's id."""
        self.channel_index.add(channel)
        self.occupied_channels += not channel.members
        joined = self.mint_id(channel)
        channel.set_founder(user.account)
        channel.add(user, joined)
        self.unsaved.mark_changed(user)
        return joined

    def channel_to_join(self, name: str) -> Channel:
        """Give the channel of this name as who joins it would find it: a new one where there is none."""
        channel = self.channels.get(fold(name))
        if channel is None:
            self._floor = next_id(self.now(), self._floor)
            return self.channel_index.make_channel(name, self._floor)
        if not channel.members:
            self.channel_index.reset(channel)
        return channel

    def part(self, user: User, channel: Channel) -> None:
        """Take a user out of a channel; an empty one stays while its settings are on disk."""
        channel.remove(user)
        self.unsaved.mark_changed(user)
        self.occupied_channels -= not channel.members
        self.forget_if_empty(channel)

    def forget_if_empty(self, channel: Channel) -> None:
        """Forget a channel that nobody is in and that the disk does not know."""
        if channel.is_removable() and self.channels.get(channel.folded) is channel:
            self.channel_index.remove(channel)
            self._floor = max(self._floor, channel.last_id)

    def mint_id(self, *channels: Channel) -> int:
        """Mint the id of something that happens now in all of these channels at once."""
        number = next_id(self.now(), max(channel.last_id for channel in channels))
        for channel in channels:
            channel.last_id = number
        return number

    def mint_direct_id(self) -> int:
        """Mint the id of a message between two users; all such messages share one sequence."""
        self._last_direct = next_id(self.now(), self._last_direct)
        return self._last_direct

    def mint_server_event_id(self) -> int:
        """Mint the id of something that the owner does, or says to everybody."""
        self._last_act = next_id(self.now(), self._last_act)
        return self._last_act

    def advance_ids(self) -> int:
        """Give the highest id of everything so far; whatever comes from now on, anywhere, is above it."""
        newest = self.newest_id
        self._floor = self._last_direct = self._last_act = newest
        for channel in self.channels.values():
            channel.last_id = newest
        return newest

    def is_redacted(self, row: LogRow) -> bool:
        """Tell whether a row that was read a moment ago has been taken back since."""
        return (row.target, row.id) in self._redacted

    def mark_redacted(self, row: LogRow) -> Callable[[], object]:
        """Show a row to nobody any more, even where it was read before the disk knew; give what undoes it."""
        place = (row.target, row.id)
        self._redacted[place] = None
        if len(self._redacted) > MAX_REDACTED:
            del self._redacted[next(iter(self._redacted))]
        return partial(self._redacted.pop, place, None)

    @property
    def newest_id(self) -> int:
        """The highest id of everything that was said so far."""
        return max(
            self._floor,
            self._last_direct,
            self._last_act,
            *(each.last_id for each in self.channels.values()),
            0,
        )


def _offered(config: Config) -> dict[str, str]:
    """Give the capabilities that are offered at the start, with their values."""
    offered = dict(CAPABILITIES)
    if config.registration == "closed":
        del offered[ACCOUNT_REGISTRATION]
    else:
        early = ["before-connect"] if config.registration == "before-connect" else []
        offered[ACCOUNT_REGISTRATION] = ",".join([*early, "custom-account-name"])
    return offered


def no_such_nick(nick: str) -> Refused:
    """Give the refusal for a nick that nobody has."""
    return Refused(ERR_NOSUCHNICK, sanitize_param(nick))


def direct_target(one: User | Account, other: User | Account) -> str:
    """Give the key under which the conversation of two people is kept, whatever their nicks are."""
    return direct_target_of(one.identity, other.identity)


@lru_cache(4096)
def direct_target_of(one: int, other: int) -> str:
    """Give the key under which the conversation of two identities is kept."""
    low, high = sorted((one, other))
    return f"{msgid_of(low)}+{msgid_of(high)}"
