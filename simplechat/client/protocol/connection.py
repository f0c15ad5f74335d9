"""The client without a network: bytes from the server in, events out; wishes in, bytes for the server out.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from simplechat.client.protocol.batches import CONCAT, MULTILINE
from simplechat.client.protocol.capabilities import ACCOUNT_REGISTRATION, REDACTION
from simplechat.client.protocol.events import Event, MessageNotStored
from simplechat.client.protocol.history_requests import HistoryRequest
from simplechat.client.protocol.line_buffer import LineBuffer
from simplechat.client.protocol.receiver import Receiver
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from simplechat.client.protocol.unconfirmed import UnconfirmedMessage, format_action, parse_action
from simplechat.ircv3.message import Malformed, Message, encode, is_middle, parse
from simplechat.ircv3.splitting import TextLine, split_into_messages, split_text
from simplechat.locale import gettext as _

MAX_LINE_BYTES = 65536  # from the server without a line end
MAX_MESSAGE_BYTES = 512
SOURCE_BYTES = 100  # that others see before what we say, unless our nick is long
AROUND_NICK_BYTES = 80  # of a source, for the username and the host
MIN_TEXT_BYTES = 16  # for the text of a message

_LINE_END = re.compile("\r\n|\r|\n")


class RequestError(ValueError):
    """A wish that cannot be put into a line; nothing of it is sent."""


class Core:
    """One connection to a server, from registration to the end.

    Args:
        nick: Wanted; where it is taken, others like it are tried.
        rooms: To join once the server lets us in.
        credentials: To log in with before that; None for a guest.
        nonce: Gives printable ASCII that was never used before.

    Raises:
        RequestError: The nick or a room cannot be one.
    """

    def __init__(
        self,
        nick: str,
        *rooms: str,
        credentials: Credentials | None = None,
        nonce: Callable[[], str] = lambda: "",
    ) -> None:
        self._hearing = Receiver(_name(nick), [_name(room) for room in rooms], credentials, nonce)
        self._lines = LineBuffer(MAX_LINE_BYTES)
        self._out: list[bytes] = []

    @property
    def nick(self) -> str:
        """Our nick, or what we try for."""
        return self._hearing.nick

    @property
    def is_welcome(self) -> bool:
        """True once the server has let us in."""
        return self._hearing.is_welcome

    @property
    def waiting(self) -> int:
        """How many of our messages are neither stored nor refused yet, as far as we know."""
        return len(self._hearing.waiting)

    def on_their_way(self) -> list[str]:
        """Give the texts of these messages."""
        return [parse_action("", own.text)[1] for own in self._hearing.waiting]

    @property
    def has_ordered_ids(self) -> bool:
        """True where the text order of the server's msgids is the order of what happened."""
        return self._hearing.has_ordered_ids

    @property
    def has_history(self) -> bool:
        """True where the server can be asked for what was said before."""
        return self._hearing.negotiation.has_history

    @property
    def has_marks(self) -> bool:
        """True where the server knows up to when we have read."""
        return self._hearing.negotiation.has_marks

    @property
    def has_search(self) -> bool:
        """True where the server can be searched."""
        return self._hearing.negotiation.has_search

    @property
    def has_tags(self) -> bool:
        """True where messages can answer others, and be reacted to."""
        return "message-tags" in self._hearing.negotiation.caps

    @property
    def has_redaction(self) -> bool:
        """True where messages can be deleted."""
        return REDACTION in self._hearing.negotiation.caps

    @property
    def has_accounts(self) -> bool:
        """True where accounts can be made."""
        return ACCOUNT_REGISTRATION in self._hearing.negotiation.caps

    @property
    def is_private(self) -> bool:
        """True where nobody can listen on the connection."""
        return self._hearing.entrance.is_private

    @property
    def most_rows(self) -> int:
        """How many messages one page of what was said before has at most."""
        return self._hearing.most_rows

    @property
    def asked(self) -> int:
        """How many questions about what was said before are not answered yet."""
        return len(self._hearing.past)

    @property
    def is_logging_in(self) -> bool:
        """True while it is not known whether the server lets us be the owner of an account."""
        return self._hearing.entrance.login is not None

    @property
    def salting(self) -> KeyDerivation | None:
        """Work to be done elsewhere, whose result `salted` takes."""
        login = self._hearing.entrance.login
        return login.salting if login is not None else None

    def salted(self, result: bytes) -> list[Event]:
        """Go on with the login."""
        entrance = self._hearing.entrance
        if entrance.login is not None:
            entrance.login.salted(result)
            entrance.go_on()
        return self._answered()

    def outgoing(self) -> bytes:
        """Give what is to be sent now."""
        question = self._hearing.past.to_send() if self.is_welcome else None
        if question is not None:
            self._out.append(_written(question))
        data, self._out = b"".join(self._out), []
        return data

    # -- from the server -------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes; never raises, whatever they are."""
        hearing = self._hearing
        for line in self._lines.feed(data):
            if line and not hearing.is_over:
                self._hear(line)
        if self._lines.overlong:
            hearing.close(_("It sent a line that does not end"))
        return self._answered()

    def _answered(self) -> list[Event]:
        hearing = self._hearing
        self._out += [encode(answer) for answer in hearing.answers]
        hearing.answers = []
        return self._take_events()

    def _hear(self, line: bytes) -> None:
        try:
            message = parse(line)
        except Malformed:
            return
        self._hearing.hear(message)

    def lost(self, reason: str) -> list[Event]:
        """Take note that the connection is gone."""
        hearing = self._hearing
        if hearing.error:
            reason = hearing.error
        elif not hearing.has_understood:
            reason = _("It said nothing that a chat server says")
        hearing.events += self.give_up(_("The connection ended before the server confirmed it"))
        hearing.close(reason)
        return self._take_events()

    def give_up(self, reason: str) -> list[Event]:
        """Wait no longer for what the server has neither stored nor refused."""
        lost = self._hearing.waiting.take_all()
        return [MessageNotStored(own.target, parse_action("", own.text)[1], reason) for own in lost]

    def _take_events(self) -> list[Event]:
        events, self._hearing.events = self._hearing.events, []
        return events

    # -- wishes ----------------------------------------------------------------------------------------
    # Each raises Unsayable, and sends nothing, when it cannot be put into a line.

    def connected(self, *, is_private: bool = False) -> None:
        """Say who we are, on a connection where others can listen or cannot."""
        self._hearing.entrance.is_private = is_private
        username = re.sub("[^A-Za-z0-9]", "", self.nick)[:10] or "user"
        self._send("CAP", "LS", "302")
        self._send("NICK", self.nick)
        self._send("USER", username, "0", "*", self.nick)

    def log_in(self, credentials: Credentials) -> list[Event]:
        """Ask to be the owner of an account from now on."""
        if self.is_logging_in:
            raise RequestError(_("A login is under way already"))
        self._hearing.entrance.log_in(credentials)
        return self._answered()

    def register(self, credentials: Credentials) -> None:
        """Ask for an account."""
        self._send("REGISTER", _name(credentials.name), "*", credentials.password)

    def change_password(self, old: str, new: str) -> None:
        """Ask for another password."""
        if is_middle(old):
            self._send("PASSWD", old, new)
        else:
            self._send("PASSWD", "BASE64", base64.b64encode(old.encode()).decode(), new)

    def count_messages(self, target: str, text: str) -> int:
        """Tell in how many messages a text goes out."""
        return len(self._messages(target, _text(text)))

    def say(self, target: str, text: str, reply_to: str = "") -> None:
        """Say something to a room or a nick, in as many messages as it needs; the first may answer one."""
        tags = {"+reply": reply_to, "+draft/reply": reply_to} if reply_to and self.has_tags else {}
        self._say(target, self._messages(target, _text(text)), tags)

    def act(self, target: str, text: str) -> None:
        """Tell a room or a nick what we do."""
        most_bytes = self._most_bytes(target) - len(format_action(""))
        lines = (line for line in _LINE_END.split(_text(text)) if line)
        self._say(
            target,
            [[TextLine(format_action(each))] for line in lines for each in split_text(line, most_bytes)],
            {},
        )

    def _messages(self, target: str, text: str) -> list[list[TextLine]]:
        most_lines, most_bytes = self._hearing.negotiation.most_of_lines
        lines = _LINE_END.split(text)
        return split_into_messages(lines, self._most_bytes(target), most_lines, most_bytes)

    def _say(self, target: str, messages: list[list[TextLine]], tags: dict[str, str]) -> None:
        if not self.is_welcome:
            raise RequestError(_("The server has not let us in yet"))
        for message in messages:
            for piece in message:
                _written(Message("PRIVMSG", (target, piece.text)))
        for message in messages:
            self._send_own(target, message, tags)
            tags = {}

    def _most_bytes(self, target: str) -> int:
        """Tell how long a text to a target may be so that others see all of it."""
        frame = _written(Message("PRIVMSG", (_name(target), " ")))
        source_bytes = max(SOURCE_BYTES, len(self.nick.encode()) + AROUND_NICK_BYTES)
        most_bytes = MAX_MESSAGE_BYTES - len(": ") - source_bytes - len(frame)
        if most_bytes < MIN_TEXT_BYTES:
            raise RequestError(_("That name is too long"))
        return most_bytes

    def _send_own(self, target: str, message: list[TextLine], tags: dict[str, str]) -> None:
        negotiation, waiting = self._hearing.negotiation, self._hearing.waiting
        text = "".join(piece.text if piece.is_concat else f"\n{piece.text}" for piece in message)
        label = waiting.add(UnconfirmedMessage(target, text.removeprefix("\n")))
        if negotiation.has_labels:
            tags = {**tags, "label": label}
        if len(message) == 1:
            self._out.append(_written(Message("PRIVMSG", (target, message[0].text), "", tags)))
        else:
            self._send_lines(target, message, label, tags)
        if not negotiation.has_echo:  # what is not refused before this is answered was taken
            self._send("PING", label)

    def _send_lines(self, target: str, message: list[TextLine], reference: str, tags: dict[str, str]) -> None:
        """Send a message of several lines.

        Spec: https://ircv3.net/specs/extensions/multiline
        """
        self._out.append(_written(Message("BATCH", (f"+{reference}", MULTILINE, target), "", tags)))
        for piece in message:
            inside = {"batch": reference, CONCAT: ""} if piece.is_concat else {"batch": reference}
            self._out.append(_written(Message("PRIVMSG", (target, piece.text), "", inside)))
        self._send("BATCH", f"-{reference}")

    def react(self, target: str, msgid: str, emoji: str, *, is_meant: bool = True) -> None:
        """React to something that was said, or take that back.

        Spec: https://ircv3.net/specs/client-tags/react
        """
        tag = "+draft/react" if is_meant else "+draft/unreact"
        tags = {tag: _text(emoji), "+reply": msgid, "+draft/reply": msgid}
        self._out.append(_written(Message("TAGMSG", (_name(target),), "", tags)))

    def delete(self, target: str, msgid: str) -> None:
        """Have something deleted that was said.

        Spec: https://ircv3.net/specs/extensions/message-redaction
        """
        self._send("REDACT", _name(target), _name(msgid))

    def ask(self, question: HistoryRequest) -> None:
        """Ask about what was said before, once what was asked earlier is answered."""
        _written(question.message)
        self._hearing.past.ask(question)

    def mark(self, target: str, time: str = "") -> None:
        """Tell that we have read something up to a time; without one, ask up to when we have.

        Spec: https://ircv3.net/specs/extensions/read-marker
        """
        self._send("MARKREAD", _name(target), *([f"timestamp={time}"] if time else []))

    def join(self, room: str, key: str = "") -> None:
        """Ask to come into a room, with its key if it has one."""
        self._send("JOIN", _name(room), *([_name(key)] if key else []))

    def part(self, room: str) -> None:
        """Leave a room."""
        self._send("PART", _name(room))

    def rename(self, nick: str) -> None:
        """Ask for another nick."""
        self._send("NICK", _name(nick))

    def topic(self, room: str, text: str = "") -> None:
        """Ask what a room is about, or change that."""
        self._send("TOPIC", _name(room), *([text] if text else []))

    def who(self, mask: str) -> None:
        """Ask who is in a room, or who somebody is."""
        self._send("WHO", _name(mask))

    def list_rooms(self, mask: str = "") -> None:
        """Ask which rooms there are, or which of a name."""
        self._send("LIST", *([_name(mask)] if mask else []))

    def away(self, reason: str = "") -> None:
        """Tell that we are away and why; without a reason, that we are back."""
        self._send("AWAY", *([reason] if reason else []))

    def ping(self) -> None:
        """Ask whether the server is still there."""
        self._send("PING", "there")

    def quit(self, reason: str = "") -> None:
        """Leave for good; the server then ends the connection."""
        self._send("QUIT", *([reason] if reason else []))

    def _send(self, command: str, *params: str) -> None:
        self._out.append(_written(Message(command, params)))


def _name(word: str) -> str:
    """Give back a word that can stand where a single name is wanted."""
    if not is_middle(word) or "," in word:
        raise RequestError(_("That is not a name"))
    return word


def _text(text: str) -> str:
    """Give back what can be written in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(_("That is not text and cannot be sent")) from None
    return text


def _written(message: Message) -> bytes:
    try:
        return encode(message)
    except ValueError:
        told = _("A line cannot hold that: a zero byte or a line end, or it is too long")
        raise RequestError(told) from None
