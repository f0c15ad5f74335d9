"""The client without a network: bytes from the server in, events out; wishes in, bytes for the server out.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simplechat.client.events import Event, Unsaved
from simplechat.client.hearing import Hearing
from simplechat.client.lines import Lines
from simplechat.client.pieces import pieces
from simplechat.client.waiting import Own, acted, spoken
from simplechat.ircv3.message import Malformed, Message, encode, is_middle, parse
from simplechat.locale import gettext as _

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
        rooms: To join once the server lets us in.

    Raises:
        Unsayable: The nick or a room cannot be one.
    """

    def __init__(self, nick: str, *rooms: str) -> None:
        self._hearing = Hearing(_name(nick), [_name(room) for room in rooms])
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

    def on_their_way(self) -> list[str]:
        """Give the texts of these messages."""
        return [spoken("", own.text)[1] for own in self._hearing.waiting]

    @property
    def has_ordered_ids(self) -> bool:
        """True where the text order of the server's msgids is the order of what happened."""
        return self._hearing.has_ordered_ids

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
            hearing.close(_("It sent a line that does not end"))
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
        return [Unsaved(own.target, spoken("", own.text)[1], reason) for own in lost]

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
        self._say(target, text, lambda piece: piece)

    def act(self, target: str, text: str) -> None:
        """Tell a room or a nick what we do."""
        self._say(target, text, acted)

    def _say(self, target: str, text: str, framed: Callable[[str], str]) -> None:
        if not self.is_welcome:
            raise Unsayable(_("The server has not let us in yet"))
        most_bytes = self._most_bytes(target) - len(framed(""))
        messages = [
            Message("PRIVMSG", (target, framed(piece)))
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
            raise Unsayable(_("That name is too long"))
        return most_bytes

    def _send_own(self, message: Message) -> None:
        hearing = self._hearing
        target, text = message.params
        label = hearing.waiting.add(Own(target, text))
        tags = {"label": label} if hearing.negotiation.has_labels else {}
        self._out.append(_written(message._replace(tags=tags)))
        if not hearing.negotiation.has_echo:  # what is not refused before this is answered was taken
            self._send("PING", label)

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
        raise Unsayable(_("That is not a name"))
    return word


def _text(text: str) -> str:
    """Give back what can be written in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unsayable(_("That is not text and cannot be sent")) from None
    return text


def _written(message: Message) -> bytes:
    try:
        return encode(message)
    except ValueError:
        told = _("A line cannot hold that: a zero byte or a line end, or it is too long")
        raise Unsayable(told) from None
