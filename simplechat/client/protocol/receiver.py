"""What the server's messages mean: each becomes events, and sometimes an answer.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/echo-message
Spec: https://ircv3.net/specs/extensions/labeled-response
Spec: https://ircv3.net/specs/extensions/standard-replies
Spec: https://ircv3.net/specs/extensions/account-registration
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simplechat.client.protocol.batches import Batch, Batches, join_multiline
from simplechat.client.protocol.events import (
    AccountCreated,
    ConnectionClosed,
    Event,
    MessageNotStored,
    NickChanged,
    NoteShown,
    PasswordChanged,
    RequestRefused,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.history_requests import HistoryRequests
from simplechat.client.protocol.list_replies import ListReplies
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived
from simplechat.client.protocol.message_fields import (
    REPLY_TAGS,
    is_valid_channel,
    last_parameter,
    parameter,
    read_msgid,
    read_tag,
    read_time_tag,
    source_nick,
)
from simplechat.client.protocol.notices import PARSERS
from simplechat.client.protocol.registration import Registration
from simplechat.client.protocol.server_info import MAX_PAGE_ROWS, ServerInfo
from simplechat.client.protocol.unconfirmed import UnconfirmedMessage, UnconfirmedMessages, parse_action
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.locale import gettext as _

MAX_NICKS_TRIED = 5
MAX_NICK_CHARS = 30

_REGISTRATION_REFUSED = frozenset({"432", "464", "465", "466"})  # not with this nick, or not at all
_NICK_TAKEN = frozenset({"433", "436", "437"})
_NOT_AN_ERROR = frozenset({"422"})  # there is no message of the day


class Receiver:
    """Turns messages into events.

    Args:
        nick: The nick to register with; if it is taken, similar ones are tried.
        channels: To join once we are registered.
        server: Is told what the server says of itself.
        registration: Takes the messages about capabilities and logins.
        unconfirmed: Our messages that the server has neither stored nor refused yet.
        history: Takes the answers to requests for history.
        send: Sends a message.
        emit: Adds an event.

    Attributes:
        nick: Our nick, or the one that we try to get.
        is_registered: True once the server has welcomed us.
        is_closed: True once nothing more is received.
        error: Why the server ends the connection, in its own words.
        is_chat_server: True once the server has said something that only a chat server says.
    """

    def __init__(
        self,
        nick: str,
        channels: Sequence[str],
        server: ServerInfo,
        registration: Registration,
        unconfirmed: UnconfirmedMessages,
        history: HistoryRequests,
        send: Callable[[Message], None],
        emit: Callable[[Event], None],
    ) -> None:
        self.nick = nick
        self.is_registered = False
        self.is_closed = False
        self.error = ""
        self.is_chat_server = False
        self._server = server
        self._registration = registration
        self._unconfirmed = unconfirmed
        self._history = history
        self._send = send
        self._emit = emit
        self._batches = Batches()
        self._list_replies = ListReplies()
        self._channels = channels
        self._wanted_nick = nick
        self._nicks_tried = 1
        self._is_killed = False

    def close(self, reason: str) -> None:
        """Receive nothing more."""
        if not self.is_closed:
            self._emit(ConnectionClosed(reason, self._is_killed))
        self.is_closed = True

    def receive(self, message: Message) -> None:
        """Handle one message."""
        batch = self._batch_of(message)
        if batch is not None and (batch.absorb(message) or self._is_outdated(message, batch)):
            return
        handle = _HANDLERS.get(message.command)
        is_numeric = message.command.isdecimal() and len(message.command) == 3 and message.source != ""
        if handle is not None:
            handle(self, message)
        elif message.command in PARSERS:
            self._on_notice(message)
        elif is_numeric and message.command[0] in "45":
            self._on_error(message)
        if handle is not None or is_numeric or message.command in PARSERS:
            self.is_chat_server = True
        elif not self.is_chat_server:
            self.close(_("It does not speak as a chat server does"))

    def _batch_of(self, message: Message) -> Batch | None:
        return self._batches.batch_of(message) if "batch" in message.tags else None

    def _is_outdated(self, message: Message, batch: Batch) -> bool:
        """Tell whether a message of a history page says what cannot change anything now, such as a JOIN."""
        if message.command in _IN_HISTORY:
            return False
        is_answer = self._history.is_in_answer(batch)
        if is_answer:  # of which a page may be full
            self._history.add_row(None, message)
        return is_answer or batch.is_history

    def _is_answer(self, message: Message) -> bool:
        """Tell whether a message belongs to the answer to a request for history."""
        batch = self._batch_of(message)
        return batch is not None and self._history.is_in_answer(batch)

    def _label_of(self, message: Message) -> str:
        """Return the label of the command that a message answers; "" for none."""
        batch = self._batch_of(message)
        return message.tags.get("label") or (batch.label if batch else "")

    def _on_notice(self, message: Message) -> None:
        event = PARSERS[message.command](message, self._is_own)
        if not self._is_answer(message):
            self._emit_any(event)
        elif event is None or isinstance(event, ReactionReceived | MessageDeleted):
            self._history.add_row(event, message)

    def _emit_any(self, event: Event | None) -> None:
        if event is not None:
            self._emit(event)

    # -- registration ----------------------------------------------------------------------------------

    def _on_cap(self, message: Message) -> None:
        self._registration.receive_cap(message)

    def _on_login(self, message: Message) -> None:
        self._registration.receive_login(message)

    def _on_register(self, message: Message) -> None:
        if parameter(message, 0) == "SUCCESS":
            self._emit(AccountCreated(parameter(message, 1)))
        else:  # something is left to do, which the server explains in words
            self._emit(NoteShown(last_parameter(message)))

    def _on_note(self, message: Message) -> None:
        if message.params[:2] == ("PASSWD", "PASSWORD_CHANGED"):
            self._emit(PasswordChanged())
        else:
            self._emit(NoteShown(last_parameter(message)))

    def _on_isupport(self, message: Message) -> None:
        """Read the limits that the server names.

        Spec: https://modern.ircdocs.horse/#rplisupport-005
        """
        for word in message.params:
            name, _, value = word.partition("=")
            if name == "CHATHISTORY" and value.isascii() and value.isdecimal():
                self._server.max_page_rows = min(int(value[:6]), MAX_PAGE_ROWS) or MAX_PAGE_ROWS

    def _on_welcome(self, message: Message) -> None:
        if self.is_registered:
            return
        self.is_registered = True
        self.nick = parameter(message, 0) or self.nick
        self._emit(Welcomed(self.nick))
        self._registration.welcomed()
        for channel in self._channels:
            self._send(Message("JOIN", (channel,)))

    def _on_server_version(self, message: Message) -> None:
        self._server.has_ordered_ids = parameter(message, 2).startswith("simplechat-")

    def _try_another_nick(self) -> None:
        if self._nicks_tried >= MAX_NICKS_TRIED:
            error = _("The nick {nick} is taken, and others like it are too")
            self.close(error.format(nick=self._wanted_nick))
            return
        end = "_" if self._nicks_tried == 1 else f"_{self._nicks_tried}"
        self._nicks_tried += 1
        self.nick = self._wanted_nick[: MAX_NICK_CHARS - len(end)] + end
        self._send(Message("NICK", (self.nick,)))

    def _on_ping(self, message: Message) -> None:
        self._send(Message("PONG", (last_parameter(message),)))

    def _on_pong(self, message: Message) -> None:
        """Confirm the messages that were sent before our PING: none of them was refused."""
        for own in self._unconfirmed.take_through(last_parameter(message)):
            kind, text = parse_action("PRIVMSG", own.text)
            self._emit(MessageReceived(None, self.nick, own.target, text, kind, "", True))

    # -- messages --------------------------------------------------------------------------------------

    def _on_message(self, message: Message) -> None:
        nick, target, text = source_nick(message), parameter(message, 0), parameter(message, 1)
        is_own = self._is_own(nick)
        batch = self._batch_of(message)
        is_answer = batch is not None and self._history.is_in_answer(batch)
        is_old = is_answer or (batch is not None and batch.is_history)
        if is_own and not is_old:
            self._confirm(message, target, text)
        kind, text = parse_action(message.command, text)
        event = MessageReceived(
            read_time_tag(message),
            nick,
            target,
            text,
            kind,
            read_msgid(message),
            is_own,
            is_old,
            read_tag(message, REPLY_TAGS),
        )
        if is_answer:
            self._history.add_row(event, message)
        else:
            self._emit(event)

    def _confirm(self, message: Message, target: str, text: str) -> None:
        if self._server.has_labels:
            self._unconfirmed.take(self._label_of(message))
        else:
            self._unconfirmed.take_like(target, text)

    def _on_history_target(self, message: Message) -> None:
        if self._is_answer(message):
            self._history.add_target(message)

    def _on_batch(self, message: Message) -> None:
        reference = parameter(message, 0)
        if reference.startswith("+"):
            opened = self._batches.open(message, self._label_of(message))
            if opened is not None:
                self._history.batch_opened(opened)
        batch = self._batches.close(message) if reference.startswith("-") else None
        if batch is None:
            return
        whole_message = join_multiline(batch)
        if whole_message is not None:
            self.receive(whole_message)
        self._emit_any(self._history.batch_closed(batch))
        if not self._batches.has_label(batch.label):  # an inner batch ends before its outer
            self._response_ended(batch.label)

    def _on_ack(self, message: Message) -> None:
        self._response_ended(self._label_of(message))

    def _response_ended(self, label: str) -> None:
        """Report a message as not stored if its response has ended without the echo."""
        own = self._unconfirmed.take(label) if self._server.has_echo else None
        if own is not None:
            self._not_stored(own, _("The server did not echo the message"))

    def _not_stored(self, own: UnconfirmedMessage, reason: str) -> None:
        self._emit(MessageNotStored(own.target, own.shown_text, reason))

    # -- errors ----------------------------------------------------------------------------------------

    def _on_error(self, message: Message) -> None:
        """Handle a numeric error or a FAIL: about a message of ours, or about something else."""
        if not self.is_registered and message.command in _NICK_TAKEN:
            self._try_another_nick()
        elif not self.is_registered and message.command in _REGISTRATION_REFUSED:
            self.close(last_parameter(message))
        elif message.command not in _NOT_AN_ERROR and not self._is_about_history(message):
            self._refused(message)

    def _is_about_history(self, message: Message) -> bool:
        """Tell whether a request for history is refused, or the server does not know the command."""
        command = parameter(message, 1 if message.command == "421" else 0)
        answer = self._history.request_failed(command, last_parameter(message))
        self._emit_any(answer)
        return answer is not None

    def _refused(self, message: Message) -> None:
        own = self._take_refused_message(message)
        if own is not None:
            self._not_stored(own, last_parameter(message))
        elif self.is_registered or message.command == "FAIL":  # before, an old server may not know CAP
            about = message.params[1:-1] if message.command.isdecimal() else ()
            command = "" if message.command.isdecimal() else parameter(message, 0)
            text = ": ".join([*about, last_parameter(message)])
            self._emit(RequestRefused(text, message.params[1:-1], command))

    def _take_refused_message(self, message: Message) -> UnconfirmedMessage | None:
        label = self._label_of(message)
        if label or self._server.has_labels:
            return self._unconfirmed.take(label)
        found = (self._unconfirmed.take_to(target) for target in message.params[1:-1])
        return next((own for own in found if own is not None), None)

    # -- users and channels ----------------------------------------------------------------------------

    def _on_join(self, message: Message) -> None:
        nick, channel = source_nick(message), parameter(message, 0)
        if is_valid_channel(channel):
            self._emit(UserJoined(read_time_tag(message), nick, channel, self._is_own(nick)))

    def _on_leave(self, message: Message) -> None:
        nick, channel, reason = source_nick(message), parameter(message, 0), parameter(message, 1)
        if message.command == "KICK":
            nick, reason = parameter(message, 1), parameter(message, 2)
        elif message.command == "QUIT":
            channel, reason = "", parameter(message, 0)
        is_own = self._is_own(nick)
        self._emit(UserLeft(read_time_tag(message), nick, channel, message.command, reason, is_own))

    def _on_nick(self, message: Message) -> None:
        old, new = source_nick(message), parameter(message, 0)
        is_own = self._is_own(old)
        if is_own and new:
            self.nick = new
        self._emit(NickChanged(read_time_tag(message), old, new, is_own))

    def _is_own(self, nick: str) -> bool:
        return self.is_registered and fold(nick) == fold(self.nick)

    def _on_list_reply(self, message: Message) -> None:
        self._emit_any(self._list_replies.receive(message))

    def _on_kill(self, message: Message) -> None:
        self._is_killed = self._is_own(parameter(message, 0))

    def _on_closing(self, message: Message) -> None:
        self.error = last_parameter(message)


_IN_HISTORY = frozenset({"BATCH", "CHATHISTORY", "FAIL", "NOTICE", "PRIVMSG", "REDACT", "TAGMSG"})

_HANDLERS: dict[str, Callable[[Receiver, Message], None]] = {
    "001": Receiver._on_welcome,
    "004": Receiver._on_server_version,
    "005": Receiver._on_isupport,
    **dict.fromkeys(("315", "322", "323", "352", "353", "366"), Receiver._on_list_reply),
    **dict.fromkeys(("900", "901", "902", "903", "904", "905", "906", "907", "908"), Receiver._on_login),
    "ACK": Receiver._on_ack,
    "AUTHENTICATE": Receiver._on_login,
    "BATCH": Receiver._on_batch,
    "CAP": Receiver._on_cap,
    "CHATHISTORY": Receiver._on_history_target,
    "ERROR": Receiver._on_closing,
    "FAIL": Receiver._on_error,
    "JOIN": Receiver._on_join,
    "KICK": Receiver._on_leave,
    "KILL": Receiver._on_kill,
    "NICK": Receiver._on_nick,
    "NOTE": Receiver._on_note,
    "NOTICE": Receiver._on_message,
    "PART": Receiver._on_leave,
    "PING": Receiver._on_ping,
    "PONG": Receiver._on_pong,
    "PRIVMSG": Receiver._on_message,
    "QUIT": Receiver._on_leave,
    "REGISTER": Receiver._on_register,
}
