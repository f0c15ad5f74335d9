"""The client's session, which outlives its connections: what is known, and the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simplechat.client.keyring import Keyring
from simplechat.client.protocol.connection import RequestError, ServerConnection
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
from simplechat.client.protocol.history_requests import FOR_SEARCH, format_timestamp
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
    """How a session behaves.

    Attributes:
        is_piped: True if the input is a pipe: then nobody sees it when a channel cannot be joined.
        nonce: Returns printable ASCII that was never used before.
        keyring: Where passwords can be saved; None for nowhere.
    """

    is_piped: bool
    nonce: Callable[[], str]
    keyring: Keyring | None = None


class ClientSession:
    """Applies events to the model, and shows those that are new.

    Args:
        nick: The nick that we want.
        channels: To join first.
        show: Shows an event to the user.
        clear: Clears the screen.
        settings: How the session behaves.
        credentials: To log in with at first; None for a guest.

    Attributes:
        connection: The connection, or the last one.
        server: What is known of the server.
        requests: Sends requests on the connection.
        catch_up: Fetches the missed messages.
        model: What is known.
        questions: The question to the user.
        wanted_nick: The nick that we want, even if another one is ours.
        pending_channels: Folded names of the channels that we have asked to join, without an answer yet.
        credentials: Our account and its password, once the server has accepted them.
        pending_credentials: Those that the server has not answered about.
        saves_password: True if the keyring is to save them once they are accepted.
        progress: How many of our messages were stored or refused.
        failures: What went wrong, in sentences.
        is_attended: True once something was typed, so somebody reads what is shown.
        is_leaving: True once we have left.
        is_logging_out: True if we have left only to come back as a guest.
        history_position: The target and the selector that /history has come to; None for none.

    Raises:
        RequestError: The nick or the name of a channel is not valid.
    """

    def __init__(
        self,
        nick: str,
        channels: list[str],
        *,
        show: Callable[[Event], None],
        clear: Callable[[], None],
        settings: SessionSettings,
        credentials: Credentials | None = None,
    ) -> None:
        self.model = Model(nick)
        self.questions = Questions()
        self.settings = settings
        self.show = show
        self.clear = clear
        self.wanted_nick = nick
        self.progress = 0
        self.failures: list[str] = []
        self.is_attended = False
        self.is_leaving = False
        self.is_logging_out = False
        self.credentials: Credentials | None = None
        self.pending_credentials = credentials
        self.saves_password = False
        self.history_position: tuple[str, str] | None = None
        self._create_connection(channels)

    def _create_connection(self, channels: list[str]) -> None:
        credentials = self.pending_credentials or self.credentials
        nonce = self.settings.nonce
        self.connection = ServerConnection(self.wanted_nick, *channels, credentials=credentials, nonce=nonce)
        self.server = self.connection.server
        self.requests = Requests(self.connection)
        self.catch_up = CatchUp(self.model, self.server, self.requests)
        self.pending_channels = {fold(channel) for channel in channels}
        self._wanted_channels = channels

    def prepare_reconnect(self) -> None:
        """Replace the connection by a new one, which will join the same channels."""
        not_joined = [channel for channel in self._wanted_channels if fold(channel) in self.pending_channels]
        joined = self.model.leave_all()
        self.model.account = ""
        self.history_position = None
        self.is_leaving = self.is_logging_out = False
        self._create_connection([*(channel for channel in not_joined if channel not in joined), *joined])

    @property
    def is_waiting(self) -> bool:
        """True while the server must answer before anything more may be sent."""
        has_pending = bool(self.pending_channels) or self.pending_credentials is not None
        return has_pending or self.connection.is_logging_in

    def current_channel(self) -> str:
        """Return the name of the channel that texts go to.

        Raises:
            RequestError: There is none.
        """
        if self.model.current is None:
            raise RequestError(_("You are in no room: /join #ROOM"))
        return self.model.current.name

    # -- events ----------------------------------------------------------------------------------------

    def receive_events(self, events: list[Event]) -> None:
        """Handle events of the connection."""
        fetches_missed = not self.settings.is_piped
        for event in events:
            self._update(event)
            is_fetching = fetches_missed and self.server.has_history
            replacements = self.catch_up.receive(event) if is_fetching else None
            for each in [event] if replacements is None else replacements:
                self._apply(each)

    def _apply(self, event: Event) -> None:
        if isinstance(event, HistoryPage):
            event = self._number_page(event)
        is_new = self.model.apply(event, has_ordered_ids=self.server.has_ordered_ids)
        if is_new:
            self.show(event)

    def _number_page(self, page: HistoryPage) -> Event:
        """Return what users see of a page that they have asked for."""
        if page.error:
            self.failures.append(page.error)
            return RequestRefused(page.error)
        cache = self.model.messages
        rows = apply_annotations(page.rows, cache)
        for row in rows:
            if isinstance(row, MessageDeleted):
                cache.delete(row.msgid)
        numbered = [(cache.number_of(row) if isinstance(row, MessageReceived) else 0, row) for row in rows]
        if page.purpose == FOR_SEARCH:
            found = ((number, row) for number, row in numbered if isinstance(row, MessageReceived))
            return SearchResults(tuple(found))
        self.history_position = (page.target, page.oldest) if page.oldest and not page.is_end else None
        shown = tuple((number, row) for number, row in numbered if not isinstance(row, ReactionReceived))
        return HistoryShown(page.target, shown, page.is_end)

    def _update(self, event: Event) -> None:
        """Update what the session waits for, and what went wrong."""
        match event:
            case MessageReceived(is_own=True, is_old=False):
                self.progress += 1
            case MessageNotStored(_, _, reason):
                self.progress += 1
                self.failures.append(f"{_('Not stored')}: {_(reason)}")
            case RequestRefused(_, about, command):
                self.failures.append(event.shown_text)
                if command in ("REGISTER", "PASSWD"):
                    self._credentials_refused()
                elif self.pending_channels:
                    self._join_refused({fold(word) for word in about})
            case UserJoined(_, _, channel, True):
                self.pending_channels.discard(fold(channel))
            case ChannelRenamed(_, _, old, new):
                wanted = self._wanted_channels
                self._wanted_channels = [new if fold(each) == fold(old) else each for each in wanted]
            case AccountCreated() | PasswordChanged():
                self._credentials_accepted()
            case LoggedIn():
                self._credentials_accepted()
                self._take_wanted_nick(event.account)
            case NotLoggedIn(reason):
                self._credentials_refused()
                if reason:
                    self.failures.append(_(reason))

    def _join_refused(self, about: set[str]) -> None:
        """Stop waiting for a channel; a pipe's text for it must not go to another one."""
        if self.settings.is_piped:
            self.model.leave_all()
        self.pending_channels -= self.pending_channels & about or self.pending_channels

    # -- the account -----------------------------------------------------------------------------------

    def _credentials_accepted(self) -> None:
        accepted, self.pending_credentials = self.pending_credentials, None
        if accepted is None:
            return
        self.credentials = accepted
        if self.saves_password and self.settings.keyring is not None:
            self.settings.keyring.save(accepted, self.show)
        self.saves_password = False

    def _credentials_refused(self) -> None:
        refused, self.pending_credentials = self.pending_credentials, None
        if refused is not None and self.settings.is_piped:
            self.leave()

    def _take_wanted_nick(self, account: str) -> None:
        """Change to the wanted nick, which was kept from us before the login because the account owns it."""
        wanted = fold(self.wanted_nick)
        if self.connection.is_registered and wanted == fold(account) and wanted != fold(self.connection.nick):
            self.requests.change_nick(self.wanted_nick)

    def mark_read(self) -> None:
        """Tell the server that what was shown is read, now that somebody is here to read it."""
        if not (self.server.has_read_markers and self.connection.is_registered) or self.settings.is_piped:
            return
        for conversation, position in self.model.unsent_read_positions():
            position.is_sent = True
            if position.at is not None and position.at > (position.read_at or 0):
                self.requests.mark_read(conversation, format_timestamp(position.at))

    # -- failures and the end --------------------------------------------------------------------------

    def reject(self, reason: str, line: str = "") -> None:
        """Show that something was not done."""
        self.failures.append(reason)
        self.show(InputRejected(reason, line))

    def leave(self, reason: str = "") -> None:
        """Send QUIT, unless that was done before."""
        if not self.is_leaving:
            if self.is_attended:
                self.mark_read()
            self.requests.quit(reason)
            self.is_leaving = True

    def log_out(self) -> None:
        """Leave to come back at once, as a guest."""
        self.credentials = self.pending_credentials = None
        self.leave()
        self.is_logging_out = True
