"""One connection to a server, without a network: bytes in, events out; messages in, bytes out.

Spec: https://modern.ircdocs.horse/
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simplechat.client.protocol.events import Event, MessageNotStored
from simplechat.client.protocol.history_requests import HistoryRequests
from simplechat.client.protocol.line_buffer import LineBuffer
from simplechat.client.protocol.receiver import Receiver
from simplechat.client.protocol.registration import Registration
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from simplechat.client.protocol.server_info import ServerInfo
from simplechat.client.protocol.unconfirmed import UnconfirmedMessages
from simplechat.ircv3.message import Malformed, Message, encode, is_middle, parse
from simplechat.locale import gettext as _

MAX_LINE_BYTES = 65536  # from the server, without a line end


class RequestError(ValueError):
    """A request cannot be made, for a reason in a sentence; nothing of it was sent."""


class ServerConnection:
    """The state of one connection, from registration to the end.

    Args:
        nick: The nick to register with; if it is taken, similar ones are tried.
        channels: To join once we are registered.
        credentials: To log in with before that; None for a guest.
        nonce: Returns printable ASCII that was never used before.

    Attributes:
        server: What is known of the server.
        unconfirmed: Our messages that the server has neither stored nor refused yet.
        history: The requests for history.

    Raises:
        RequestError: The nick or the name of a channel is not valid.
    """

    def __init__(
        self,
        nick: str,
        *channels: str,
        credentials: Credentials | None = None,
        nonce: Callable[[], str] = lambda: "",
    ) -> None:
        self.server = ServerInfo()
        self.unconfirmed = UnconfirmedMessages()
        self.history = HistoryRequests()
        self._buffer = LineBuffer(MAX_LINE_BYTES)
        self._output: list[bytes] = []
        self._events: list[Event] = []
        emit = self._events.append
        self._registration = Registration(self.server, credentials, nonce, self.send, emit)
        self._receiver = Receiver(
            check_name(nick),
            [check_name(channel) for channel in channels],
            self.server,
            self._registration,
            self.unconfirmed,
            self.history,
            self.send,
            emit,
        )

    @property
    def nick(self) -> str:
        """Our nick, or the one that we try to get."""
        return self._receiver.nick

    @property
    def is_registered(self) -> bool:
        """True once the server has welcomed us."""
        return self._receiver.is_registered

    @property
    def is_private(self) -> bool:
        """True if nobody can read along on the connection."""
        return self._registration.is_private

    @property
    def is_logging_in(self) -> bool:
        """True while a login is under way."""
        return self._registration.login is not None

    @property
    def key_derivation(self) -> KeyDerivation | None:
        """What a login needs computed elsewhere; `key_derived` takes the result."""
        login = self._registration.login
        return login.key_derivation if login is not None else None

    # -- from the server -------------------------------------------------------------------------------

    def receive_data(self, data: bytes) -> list[Event]:
        """Handle bytes from the server, which may be anything; return what they mean."""
        receiver = self._receiver
        for line in self._buffer.feed(data):
            if line and not receiver.is_closed:
                self._receive_line(line)
        if self._buffer.overlong:
            receiver.close(_("It sent a line that does not end"))
        return self._take_events()

    def _receive_line(self, line: bytes) -> None:
        try:
            message = parse(line)
        except Malformed:
            return
        self._receiver.receive(message)

    def connection_lost(self, reason: str) -> list[Event]:
        """Handle the end of the connection; return what it means."""
        receiver = self._receiver
        if receiver.error:
            reason = receiver.error
        elif not receiver.is_chat_server:
            reason = _("It said nothing that a chat server says")
        self._events += self.give_up_unconfirmed(_("The connection ended before the server confirmed it"))
        receiver.close(reason)
        return self._take_events()

    def give_up_unconfirmed(self, reason: str) -> list[Event]:
        """Stop waiting for the messages that the server has neither stored nor refused."""
        lost = self.unconfirmed.take_all()
        return [MessageNotStored(each.target, each.shown_text, reason) for each in lost]

    def _take_events(self) -> list[Event]:
        events = self._events[:]
        self._events.clear()
        return events

    # -- to the server ---------------------------------------------------------------------------------

    def start(self, *, is_private: bool = False) -> None:
        """Begin to register, on a connection on which others can read along or cannot."""
        self._registration.is_private = is_private
        username = re.sub("[^A-Za-z0-9]", "", self.nick)[:10] or "user"
        self.send(Message("CAP", ("LS", "302")))
        self.send(Message("NICK", (self.nick,)))
        self.send(Message("USER", (username, "0", "*", self.nick)))

    def log_in(self, credentials: Credentials) -> list[Event]:
        """Begin to log in.

        Raises:
            RequestError: A login is under way already.
        """
        if self.is_logging_in:
            raise RequestError(_("A login is under way already"))
        self._registration.log_in(credentials)
        return self._take_events()

    def key_derived(self, key: bytes) -> list[Event]:
        """Continue the login with the result of `key_derivation`."""
        self._registration.key_derived(key)
        return self._take_events()

    def send(self, message: Message) -> None:
        """Queue a message.

        Raises:
            RequestError: It does not fit into a line.
        """
        self._output.append(encode_request(message))

    def data_to_send(self) -> bytes:
        """Return the bytes to send now, and forget them."""
        if self.is_registered and self.history.pending:
            request = self.history.next_to_send()
            if request is not None:
                self.send(request)
        data = b"".join(self._output)
        self._output.clear()
        return data


def check_name(word: str) -> str:
    """Return a name that can be a single parameter.

    Raises:
        RequestError: It cannot.
    """
    if not is_middle(word) or "," in word:
        raise RequestError(_("That is not a valid name"))
    return word


def encode_request(message: Message) -> bytes:
    """Return the line of a message.

    Raises:
        RequestError: It does not fit into a line.
    """
    try:
        return encode(message)
    except ValueError:
        error = _("The line would be too long, or contain a zero byte or a line end")
        raise RequestError(error) from None
