"""What one talk knows, over as many connections as it takes: what it was told, and who it says it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simplechat.client.keyring import Keyring
from simplechat.client.protocol.connection import ServerConnection
from simplechat.client.protocol.events import (
    AccountCreated,
    ChannelRenamed,
    Event,
    HistoryPage,
    HistoryShown,
    InputRejected,
    LoggedIn,
    MessageNotStored,
    NotLoggedIn,
    PasswordChanged,
    RequestRefused,
    SearchResults,
    UserJoined,
)
from simplechat.client.protocol.history_requests import FOR_SEARCH, format_time
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived
from simplechat.client.protocol.requests import Requests
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state.annotations import apply_annotations
from simplechat.client.state.catch_up import CatchUp
from simplechat.client.state.model import Model
from simplechat.client.state.questions import Questions
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _


class SessionSettings(NamedTuple):
    """How a talk behaves.

    Attributes:
        is_piped: True where nobody watches who could see that a room could not be joined.
        nonce: Gives printable ASCII that was never used before.
        keyring: Where passwords can be kept; None for nowhere.
    """

    is_piped: bool
    nonce: Callable[[], str]
    keyring: Keyring | None = None


class ClientSession:
    """Tells what the core learns.

    Args:
        nick: Wanted.
        rooms: To be joined first.
        tell: Takes each event that is worth telling.
        clear: Clears the screen.
        settings: How it behaves.
        credentials: To log in with at first; None for a guest.

    Attributes:
        connection: The connection, or the last one.
        server: What is known of the server.
        requests: Sends requests on the connection.
        model: What is known.
        dialogue: What is asked of whoever types.
        missed: What is being fetched that was said while we were not there.
        awaited: The rooms, folded, that the server was asked for and has not answered about.
        credentials: Our account and its password, once the server has taken them.
        pending: Those that it has not answered about.
        progress: How many of our messages were stored or refused.
        failures: What went wrong, in sentences.
        is_attended: True once something was typed, so that what is told is read.
        is_leaving: True once leaving was asked for.
        is_coming_back: True where it was asked for only to come back as somebody else.
        paging: Where the pages of what was said before have come to: the place, and its selector there.

    Raises:
        RequestError: The nick or a room cannot be one.
    """

    def __init__(
        self,
        nick: str,
        rooms: list[str],
        *,
        tell: Callable[[Event], None],
        clear: Callable[[], None],
        settings: SessionSettings,
        credentials: Credentials | None = None,
    ) -> None:
        self.model = Model(nick)
        self.questions = Questions()
        self.settings = settings
        self.tell = tell
        self.clear = clear
        self.wanted_nick = nick
        self.progress = 0
        self.failures: list[str] = []
        self.is_attended = False
        self.is_leaving = False
        self.is_coming_back = False
        self.credentials: Credentials | None = None
        self.pending = credentials
        self.is_to_be_kept = False
        self.paging: tuple[str, str] | None = None
        self._begin(rooms)

    def _begin(self, rooms: list[str]) -> None:
        credentials = self.pending or self.credentials
        nonce = self.settings.nonce
        self.connection = ServerConnection(self.wanted_nick, *rooms, credentials=credentials, nonce=nonce)
        self.server = self.connection.server
        self.requests = Requests(self.connection)
        self.catch_up = CatchUp(self.model, self.server, self.requests)
        self.awaited = {fold(room) for room in rooms}
        self._rooms_wanted = rooms

    def begin_again(self) -> None:
        """Be ready for another connection, which is to come into the same rooms."""
        missing = [room for room in self._rooms_wanted if fold(room) in self.awaited]
        rooms = self.model.leave_all()
        self.model.account = ""
        self.paging = None
        self.is_leaving = self.is_coming_back = False
        self._begin([*(room for room in missing if room not in rooms), *rooms])

    @property
    def is_busy(self) -> bool:
        """True while something must be answered before anything more is said."""
        return bool(self.awaited) or self.connection.is_logging_in or self.pending is not None

    # -- what was learnt -------------------------------------------------------------------------------

    def take(self, events: list[Event]) -> None:
        """Take events from the core."""
        for event in events:
            self._note(event)
            is_fetching = self.server.has_history and not self.settings.is_piped
            instead = self.catch_up.hear(event) if is_fetching else None
            for each in [event] if instead is None else instead:
                self._learn(each)

    def _learn(self, event: Event) -> None:
        if isinstance(event, HistoryPage):
            event = self._recalled(event)
        is_new = self.model.take(event, has_ordered_ids=self.server.has_ordered_ids)
        if is_new:
            self.tell(event)

    def _recalled(self, page: HistoryPage) -> Event:
        """Give what people see of a page that they asked for."""
        if page.error:
            self.failures.append(page.error)
            return RequestRefused(page.error)
        recent, rows = self.model.recent, apply_annotations(page.rows, self.model.recent)
        for row in rows:
            if isinstance(row, MessageDeleted):
                recent.delete(row.msgid)
        numbered = [(recent.number(row) if isinstance(row, MessageReceived) else 0, row) for row in rows]
        if page.purpose == FOR_SEARCH:
            return SearchResults(
                tuple((number, row) for number, row in numbered if isinstance(row, MessageReceived))
            )
        self.paging = (page.target, page.oldest) if page.oldest and not page.is_end else None
        shown = tuple((number, row) for number, row in numbered if not isinstance(row, ReactionReceived))
        return HistoryShown(page.target, shown, page.is_end)

    def _note(self, event: Event) -> None:
        match event:
            case MessageReceived(is_own=True, is_old=False):
                self.progress += 1
            case MessageNotStored(_, _, reason):
                self.progress += 1
                self.failures.append(f"{_('Not stored')}: {_(reason)}")
            case RequestRefused(_, about, command):
                self.failures.append(event.words)
                if command in ("REGISTER", "PASSWD"):
                    self._settle(is_good=False)
                elif self.awaited:
                    self._stay_out({fold(word) for word in about})
            case UserJoined(_, _, room, True):
                self.awaited.discard(fold(room))
            case ChannelRenamed(_, _, old, new):
                self._rooms_wanted = [new if fold(room) == fold(old) else room for room in self._rooms_wanted]
            case AccountCreated() | PasswordChanged():
                self._settle(is_good=True)
            case LoggedIn():
                self._settle(is_good=True)
                self._take_own_nick(event.account)
            case NotLoggedIn(reason):
                self._settle(is_good=False)
                if reason:
                    self.failures.append(_(reason))

    def _stay_out(self, about: set[str]) -> None:
        """Give up waiting for a room; what a pipe wanted to say there is not for any other room."""
        if self.settings.is_piped:
            self.model.leave_all()
        self.awaited -= self.awaited & about or self.awaited

    # -- who we are ------------------------------------------------------------------------------------

    def _settle(self, *, is_good: bool) -> None:
        """Take note that the server has answered about the account and the password that it was given."""
        pending, self.pending = self.pending, None
        if pending is None:
            return
        if not is_good:
            if self.settings.is_piped:
                self.leave()
            return
        self.credentials = pending
        if self.is_to_be_kept and self.settings.keyring is not None:
            self.settings.keyring.save(pending, self.tell)
        self.is_to_be_kept = False

    def _take_own_nick(self, account: str) -> None:
        """Take the nick that we wanted, where it was kept from us since it is our account's."""
        wanted = fold(self.wanted_nick)
        if self.connection.is_registered and wanted == fold(account) and wanted != fold(self.connection.nick):
            self.requests.change_nick(self.wanted_nick)

    def mark_read(self) -> None:
        """Tell the server that we have read what was told, now that somebody is here to read it."""
        if not (self.server.has_read_markers and self.connection.is_registered) or self.settings.is_piped:
            return
        for address, seen in self.model.unmarked():
            seen.is_marked = True
            if seen.at is not None and seen.at > (seen.read_at or 0):
                self.requests.mark_read(address, format_time(seen.at))

    # -- what goes wrong, and the end ------------------------------------------------------------------

    def complain(self, reason: str, line: str = "") -> None:
        """Tell that something was not done."""
        self.failures.append(reason)
        self.tell(InputRejected(reason, line))

    def leave(self, reason: str = "") -> None:
        """Say goodbye, if that was not done yet."""
        if not self.is_leaving:
            if self.is_attended:
                self.mark_read()
            self.requests.quit(reason)
            self.is_leaving = True

    def change_over(self) -> None:
        """Leave to come back at once, as a guest."""
        self.credentials = self.pending = None
        self.leave()
        self.is_coming_back = True
