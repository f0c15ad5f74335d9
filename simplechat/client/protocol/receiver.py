"""What the server's messages mean: each becomes events, and sometimes an answer.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/echo-message
Spec: https://ircv3.net/specs/extensions/standard-replies
Spec: https://ircv3.net/specs/extensions/account-registration
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simplechat.client.protocol.batches import Batches, join_multiline
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
from simplechat.client.protocol.notices import (
    PARSERS,
    REPLY,
    is_channel_name,
    last_parameter,
    parameter,
    read_msgid,
    read_tag,
    read_time_tag,
    source_nick,
)
from simplechat.client.protocol.registration import Registration
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.protocol.unconfirmed import UnconfirmedMessage, UnconfirmedMessages, parse_action
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.locale import gettext as _

MAX_NICKS_TRIED = 5  # tried before giving up
MAX_NICK_CHARS = 30  # characters
DEFAULT_PAGE_ROWS = 100  # of one page of what was said before, where the server does not tell

_NOT_LET_IN = frozenset({"432", "464", "465", "466"})  # while registering: not with this nick, or not at all
_NICK_TAKEN = frozenset({"433", "436", "437"})
_NO_TROUBLE = frozenset({"422"})  # there is no message of the day


class Receiver:
    """Turns messages into events.

    Args:
        nick: Wanted; where it is taken, others like it are tried.
        rooms: To join once the server lets us in.
        credentials: To log in with before that; None for a guest.
        nonce: Gives printable ASCII that was never used before.

    Attributes:
        nick: Ours now, or what we try for.
        is_welcome: True once the server has let us in.
        is_over: True when nothing more is heard.
        error: What the server said when it ended the talk.
        has_understood: True once something was heard that only a chat server says.
        has_ordered_ids: True where the text order of the server's msgids is the order of what happened.
        most_rows: Of one page of what was said before.
        entrance: What is agreed upon, and who we have proven to be.
        past: The questions about what was said before.
        events: What was learnt; whoever reads them takes them out.
        answers: What is to be sent; likewise.
    """

    def __init__(
        self, nick: str, rooms: Sequence[str], credentials: Credentials | None, nonce: Callable[[], str]
    ) -> None:
        self.nick = nick
        self.is_welcome = False
        self.is_over = False
        self.error = ""
        self.has_understood = False
        self.has_ordered_ids = False
        self.events: list[Event] = []
        self.answers: list[Message] = []
        self.entrance = Registration(credentials, nonce, self._answer, self._learn)
        self.negotiation = self.entrance.negotiation
        self.waiting = UnconfirmedMessages()
        self.most_rows = DEFAULT_PAGE_ROWS
        self.past = HistoryRequests()
        self._batches = Batches()
        self._answers = ListReplies()
        self._rooms = rooms
        self._wanted_nick = nick
        self._nicks_tried = 1
        self._is_put_out = False

    def close(self, reason: str) -> None:
        """End the talk."""
        if not self.is_over:
            self.events.append(ConnectionClosed(reason, self._is_put_out))
        self.is_over = True

    def hear(self, message: Message) -> None:
        """Take one message."""
        if self._batches.absorb(message) or self._is_noise(message):
            return
        means = _MEANINGS.get(message.command)
        is_numeric = message.command.isdecimal() and len(message.command) == 3 and message.source != ""
        if means is not None:
            means(self, message)
        elif message.command in PARSERS:
            self._note(message)
        elif is_numeric and message.command[0] in "45":
            self._refused(message)
        if means is not None or is_numeric or message.command in PARSERS:
            self.has_understood = True
        elif not self.has_understood:
            self.close(_("It does not speak as a chat server does"))

    def _is_noise(self, message: Message) -> bool:
        """Tell whether a message happened before, and is not about what was said: it changes nothing."""
        if message.command in _IN_ANSWERS:
            return False
        is_answer = self.past.is_in_answer(self._batches.of(message))
        if is_answer:  # of which a page may be full
            self.past.happened(None, message)
        return is_answer or self._batches.is_of_the_past(message)

    def _note(self, message: Message) -> None:
        event = PARSERS[message.command](message, self._is_own)
        if not self.past.is_in_answer(self._batches.of(message)):
            self._learn(event)
        elif event is None or isinstance(event, ReactionReceived | MessageDeleted):
            self.past.happened(event, message)

    def _answer(self, message: Message) -> None:
        self.answers.append(message)

    def _learn(self, event: Event | None) -> None:
        if event is not None:
            self.events.append(event)

    # -- coming in -------------------------------------------------------------------------------------

    def _cap(self, message: Message) -> None:
        self.entrance.hear_cap(message)

    def _about_login(self, message: Message) -> None:
        self.entrance.hear_login(message)

    def _registered(self, message: Message) -> None:
        if parameter(message, 0) == "SUCCESS":
            self.events.append(AccountCreated(parameter(message, 1)))
        else:  # something is left to be done, which the server tells in words
            self.events.append(NoteShown(last_parameter(message)))

    def _noted(self, message: Message) -> None:
        if message.params[:2] == ("PASSWD", "PASSWORD_CHANGED"):
            self.events.append(PasswordChanged())
        else:
            self.events.append(NoteShown(last_parameter(message)))

    def _told_limits(self, message: Message) -> None:
        """Take a line of what the server tells of itself.

        Spec: https://modern.ircdocs.horse/#rplisupport-005
        """
        for word in message.params:
            name, _, value = word.partition("=")
            if name == "CHATHISTORY" and value.isascii() and value.isdecimal():
                self.most_rows = min(int(value[:6]), DEFAULT_PAGE_ROWS) or DEFAULT_PAGE_ROWS

    def _welcome(self, message: Message) -> None:
        if self.is_welcome:
            return
        self.is_welcome = True
        self.nick = parameter(message, 0) or self.nick
        self.events.append(Welcomed(self.nick))
        self.entrance.let_in()
        self.answers += [Message("JOIN", (room,)) for room in self._rooms]

    def _server(self, message: Message) -> None:
        self.has_ordered_ids = parameter(message, 2).startswith("simplechat-")

    def _try_another_nick(self) -> None:
        if self._nicks_tried >= MAX_NICKS_TRIED:
            told = _("The nick {nick} is taken, and others like it are too")
            self.close(told.format(nick=self._wanted_nick))
            return
        end = "_" if self._nicks_tried == 1 else f"_{self._nicks_tried}"
        self._nicks_tried += 1
        self.nick = self._wanted_nick[: MAX_NICK_CHARS - len(end)] + end
        self.answers.append(Message("NICK", (self.nick,)))

    def _ping(self, message: Message) -> None:
        self.answers.append(Message("PONG", (last_parameter(message),)))

    def _pong(self, message: Message) -> None:
        for own in self.waiting.take_through(last_parameter(message)):
            kind, text = parse_action("PRIVMSG", own.text)
            self.events.append(MessageReceived(None, self.nick, own.target, text, kind, "", True))

    # -- talk ------------------------------------------------------------------------------------------

    def _said(self, message: Message) -> None:
        nick, target, text = source_nick(message), parameter(message, 0), parameter(message, 1)
        is_own = self._is_own(nick)
        batch = self._batches.of(message)
        is_answer = self.past.is_in_answer(batch)
        is_old = is_answer or self._batches.is_of_the_past(message)
        if is_own and not is_old:
            self._confirm(message, target, text)
        kind, text = parse_action(message.command, text)
        said = MessageReceived(
            read_time_tag(message),
            nick,
            target,
            text,
            kind,
            read_msgid(message),
            is_own,
            is_old,
            read_tag(message, REPLY),
        )
        if is_answer:
            self.past.happened(said, message)
        else:
            self.events.append(said)

    def _confirm(self, message: Message, target: str, text: str) -> None:
        if self.negotiation.has_labels:
            self.waiting.take(self._batches.label_of(message))
        else:
            self.waiting.take_like(target, text)

    def _place(self, message: Message) -> None:
        if self.past.is_in_answer(self._batches.of(message)):
            self.past.place(message)

    def _batch(self, message: Message) -> None:
        reference = parameter(message, 0)
        if reference.startswith("+"):
            opened = self._batches.opened(message)
            if opened is not None:
                self.past.opened(opened)
        batch = self._batches.closed(message) if reference.startswith("-") else None
        if batch is None:
            return
        said = join_multiline(batch)
        if said is not None:
            self.hear(said)
        self._learn(self.past.closed(batch))
        if self._batches.is_answered(batch.label):  # an inner batch ends before its outer
            self._answered(batch.label)

    def _ack(self, message: Message) -> None:
        self._answered(self._batches.label_of(message))

    def _answered(self, label: str) -> None:
        """Look at a message whose answer is complete: where it had to be said back, it was not."""
        own = self.waiting.take(label) if self.negotiation.has_echo else None
        if own is not None:
            self._unsaved(own, _("The server did not say it back"))

    def _unsaved(self, own: UnconfirmedMessage, reason: str) -> None:
        self.events.append(MessageNotStored(own.target, parse_action("", own.text)[1], reason))

    def _refused(self, message: Message) -> None:
        """Take a numeric error or a FAIL: it is about a message of ours, or about something else."""
        if not self.is_welcome and message.command in _NICK_TAKEN:
            self._try_another_nick()
        elif not self.is_welcome and message.command in _NOT_LET_IN:
            self.close(last_parameter(message))
        elif message.command not in _NO_TROUBLE and not self._is_about_the_past(message):
            self._refuse(message)

    def _is_about_the_past(self, message: Message) -> bool:
        """Tell whether a question about what was said before is refused, or not even understood."""
        command = parameter(message, 1 if message.command == "421" else 0)
        answer = self.past.failed(command, last_parameter(message))
        self._learn(answer)
        return answer is not None

    def _refuse(self, message: Message) -> None:
        own = self._refused_message(message)
        if own is not None:
            self._unsaved(own, last_parameter(message))
        elif self.is_welcome or message.command == "FAIL":  # before, an old server may not know CAP
            about = message.params[1:-1] if message.command.isdecimal() else ()
            command = "" if message.command.isdecimal() else parameter(message, 0)
            text = ": ".join([*about, last_parameter(message)])
            self.events.append(RequestRefused(text, message.params[1:-1], command))

    def _refused_message(self, message: Message) -> UnconfirmedMessage | None:
        label = self._batches.label_of(message)
        if label or self.negotiation.has_labels:
            return self.waiting.take(label)
        found = (self.waiting.take_to(parameter) for parameter in message.params[1:-1])
        return next((own for own in found if own is not None), None)

    # -- who is here -----------------------------------------------------------------------------------

    def _joined(self, message: Message) -> None:
        nick = source_nick(message)
        if not is_channel_name(parameter(message, 0)):
            return
        self.events.append(
            UserJoined(read_time_tag(message), nick, parameter(message, 0), self._is_own(nick))
        )

    def _left(self, message: Message) -> None:
        nick, room, reason = source_nick(message), parameter(message, 0), parameter(message, 1)
        if message.command == "KICK":
            nick, reason = parameter(message, 1), parameter(message, 2)
        elif message.command == "QUIT":
            room, reason = "", parameter(message, 0)
        is_own = self._is_own(nick)
        self.events.append(UserLeft(read_time_tag(message), nick, room, message.command, reason, is_own))

    def _renamed(self, message: Message) -> None:
        old, new = source_nick(message), parameter(message, 0)
        is_own = self._is_own(old)
        if is_own and new:
            self.nick = new
        self.events.append(NickChanged(read_time_tag(message), old, new, is_own))

    def _is_own(self, nick: str) -> bool:
        return self.is_welcome and fold(nick) == fold(self.nick)

    def _listed(self, message: Message) -> None:
        self._learn(self._answers.hear(message))

    def _killed(self, message: Message) -> None:
        self._is_put_out = self._is_own(parameter(message, 0))

    def _ended(self, message: Message) -> None:
        self.error = last_parameter(message)


_IN_ANSWERS = frozenset({"BATCH", "CHATHISTORY", "FAIL", "NOTICE", "PRIVMSG", "REDACT", "TAGMSG"})

_MEANINGS: dict[str, Callable[[Receiver, Message], None]] = {
    "001": Receiver._welcome,
    "004": Receiver._server,
    "005": Receiver._told_limits,
    "315": Receiver._listed,
    "322": Receiver._listed,
    "323": Receiver._listed,
    "352": Receiver._listed,
    "353": Receiver._listed,
    "366": Receiver._listed,
    **dict.fromkeys(("900", "901", "902", "903", "904", "905", "906", "907", "908"), Receiver._about_login),
    "ACK": Receiver._ack,
    "AUTHENTICATE": Receiver._about_login,
    "BATCH": Receiver._batch,
    "CAP": Receiver._cap,
    "CHATHISTORY": Receiver._place,
    "ERROR": Receiver._ended,
    "FAIL": Receiver._refused,
    "JOIN": Receiver._joined,
    "KICK": Receiver._left,
    "KILL": Receiver._killed,
    "NICK": Receiver._renamed,
    "NOTE": Receiver._noted,
    "NOTICE": Receiver._said,
    "PART": Receiver._left,
    "PING": Receiver._ping,
    "PONG": Receiver._pong,
    "PRIVMSG": Receiver._said,
    "QUIT": Receiver._left,
    "REGISTER": Receiver._registered,
}
