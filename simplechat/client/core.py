"""The client without a network: bytes from the server in, events out; wishes in, bytes for the server out.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

import re

from simplechat.client.events import Event, Unsaved
from simplechat.client.hearing import Hearing
from simplechat.client.lines import Lines
from simplechat.client.pieces import pieces
from simplechat.client.waiting import Own
from simplechat.ircv3.message import Malformed, Message, encode, is_middle, parse

MOST_BYTES = 65536  # from the server without a line end
MESSAGE_BYTES = 512
SOURCE_BYTES = 100  # that others see before what we say, unless our nick is long
AROUND_NICK_BYTES = 80  # of a source, for the username and the host
LEAST_BYTES = 16  # for the text of a message

_LINE_END = re.compile("\r\n|\r|\n")


class Unsayable(ValueError):
    """A wish that cannot be put into a line; nothing of it is sent."""


class Core:
    """One connection to a server, from registration to the end.

    Args:
        nick: Wanted; where it is taken, others like it are tried.
        room: To join once the server lets us in.

    Raises:
        Unsayable: The nick or the room cannot be one.
    """

    def __init__(self, nick: str, room: str) -> None:
        self._hearing = Hearing(_name(nick), _name(room))
        self._lines = Lines(MOST_BYTES)
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

    def outgoing(self) -> bytes:
        """Give what is to be sent now."""
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
            hearing.close("It sent a line that does not end")
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
            reason = "It said nothing that a chat server says"
        hearing.events += self.give_up("The connection ended before the server confirmed it")
        hearing.close(reason)
        return self._take_events()

    def give_up(self, reason: str) -> list[Event]:
        """Wait no longer for what the server has neither stored nor refused."""
        return [Unsaved(own.target, own.text, reason) for own in self._hearing.waiting.take_all()]

    def _take_events(self) -> list[Event]:
        events, self._hearing.events = self._hearing.events, []
        return events

    # -- wishes ----------------------------------------------------------------------------------------
    # Each raises Unsayable, and sends nothing, when it cannot be put into a line.

    def connected(self) -> None:
        """Say who we are."""
        username = re.sub("[^A-Za-z0-9]", "", self.nick)[:10] or "user"
        self._send("CAP", "LS", "302")
        self._send("NICK", self.nick)
        self._send("USER", username, "0", "*", self.nick)

    def say(self, target: str, text: str) -> None:
        """Say something to a room or a nick: each line by itself, in as many messages as it needs."""
        if not self.is_welcome:
            raise Unsayable("The server has not let us in yet")
        most_bytes = self._most_bytes(target)
        messages = [
            Message("PRIVMSG", (target, piece))
            for line in _LINE_END.split(_text(text))
            for piece in pieces(line, most_bytes)
        ]
        for message in messages:
            _written(message)
        for message in messages:
            self._send_own(message)

    def _most_bytes(self, target: str) -> int:
        """Tell how long a text to a target may be so that others see all of it."""
        frame = _written(Message("PRIVMSG", (_name(target), " ")))
        source_bytes = max(SOURCE_BYTES, len(self.nick.encode()) + AROUND_NICK_BYTES)
        most_bytes = MESSAGE_BYTES - len(": ") - source_bytes - len(frame)
        if most_bytes < LEAST_BYTES:
            raise Unsayable("That name is too long")
        return most_bytes

    def _send_own(self, message: Message) -> None:
        hearing = self._hearing
        target, text = message.params
        label = hearing.waiting.add(Own(target, text))
        tags = {"label": label} if hearing.negotiation.has_labels else {}
        self._out.append(_written(message._replace(tags=tags)))
        if not hearing.negotiation.has_echo:  # what is not refused before this is answered was taken
            self._send("PING", label)

    def join(self, room: str) -> None:
        """Ask to come into a room."""
        self._send("JOIN", _name(room))

    def part(self, room: str) -> None:
        """Leave a room."""
        self._send("PART", _name(room))

    def rename(self, nick: str) -> None:
        """Ask for another nick."""
        self._send("NICK", _name(nick))

    def quit(self, reason: str = "") -> None:
        """Leave for good; the server then ends the connection."""
        self._send("QUIT", *([reason] if reason else []))

    def _send(self, command: str, *params: str) -> None:
        self._out.append(_written(Message(command, params)))


def _name(word: str) -> str:
    """Give back a word that can stand where a single name is wanted."""
    if not is_middle(word) or "," in word:
        raise Unsayable("That is not a name")
    return word


def _text(text: str) -> str:
    """Give back what can be written in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unsayable("That is not text and cannot be sent") from None
    return text


def _written(message: Message) -> bytes:
    try:
        return encode(message)
    except ValueError:
        raise Unsayable("A line cannot hold that: a zero byte or a line end, or it is too long") from None
