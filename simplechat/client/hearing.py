"""What the server's messages mean: each becomes events, and sometimes an answer.

Spec: https://modern.ircdocs.horse/
Spec: https://ircv3.net/specs/extensions/echo-message
Spec: https://ircv3.net/specs/extensions/standard-replies
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simplechat.client.answers import Answers
from simplechat.client.events import (
    Closed,
    Event,
    Joined,
    Left,
    Noted,
    Refused,
    Renamed,
    Said,
    Told,
    Unsaved,
    Welcomed,
)
from simplechat.client.negotiation import Negotiation
from simplechat.client.responses import Responses, happened_at
from simplechat.client.waiting import Own, Waiting, spoken
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.locale import gettext as _

MOST_NICKS = 5  # tried before giving up
NICK_LENGTH = 30  # characters

_NOT_LET_IN = frozenset({"432", "464", "465", "466"})  # while registering: not with this nick, or not at all
_NICK_TAKEN = frozenset({"433", "436", "437"})
_NO_TROUBLE = frozenset({"422"})  # there is no message of the day


class Hearing:
    """Turns messages into events.

    Args:
        nick: Wanted; where it is taken, others like it are tried.
        rooms: To join once the server lets us in.

    Attributes:
        nick: Ours now, or what we try for.
        is_welcome: True once the server has let us in.
        is_over: True when nothing more is heard.
        error: What the server said when it ended the talk.
        has_understood: True once something was heard that only a chat server says.
        has_ordered_ids: True where the text order of the server's msgids is the order of what happened.
        events: What was learnt; whoever reads them takes them out.
        answers: What is to be sent; likewise.
    """

    def __init__(self, nick: str, rooms: Sequence[str]) -> None:
        self.nick = nick
        self.is_welcome = False
        self.is_over = False
        self.error = ""
        self.has_understood = False
        self.has_ordered_ids = False
        self.events: list[Event] = []
        self.answers: list[Message] = []
        self.negotiation = Negotiation()
        self.waiting = Waiting()
        self._responses = Responses()
        self._answers = Answers()
        self._rooms = rooms
        self._wanted_nick = nick
        self._nicks_tried = 1
        self._is_put_out = False

    def close(self, reason: str) -> None:
        """End the talk."""
        if not self.is_over:
            self.events.append(Closed(reason, self._is_put_out))
        self.is_over = True

    def hear(self, message: Message) -> None:
        """Take one message."""
        means = _MEANINGS.get(message.command)
        is_numeric = message.command.isdecimal() and len(message.command) == 3 and message.source != ""
        if means is not None:
            means(self, message)
        elif is_numeric and message.command[0] in "45":
            self._refused(message)
        if means is not None or is_numeric:
            self.has_understood = True
        elif not self.has_understood:
            self.close(_("It does not speak as a chat server does"))

    # -- coming in -------------------------------------------------------------------------------------

    def _cap(self, message: Message) -> None:
        self.answers += self.negotiation.hear(message.params)

    def _welcome(self, message: Message) -> None:
        if self.is_welcome:
            return
        self.is_welcome = True
        self.nick = _param(message, 0) or self.nick
        self.events.append(Welcomed(self.nick))
        self.answers += [Message("JOIN", (room,)) for room in self._rooms]

    def _server(self, message: Message) -> None:
        self.has_ordered_ids = _param(message, 2).startswith("simplechat-")

    def _try_another_nick(self) -> None:
        if self._nicks_tried >= MOST_NICKS:
            told = _("The nick {nick} is taken, and others like it are too")
            self.close(told.format(nick=self._wanted_nick))
            return
        end = "_" if self._nicks_tried == 1 else f"_{self._nicks_tried}"
        self._nicks_tried += 1
        self.nick = self._wanted_nick[: NICK_LENGTH - len(end)] + end
        self.answers.append(Message("NICK", (self.nick,)))

    def _ping(self, message: Message) -> None:
        self.answers.append(Message("PONG", (_last(message),)))

    def _pong(self, message: Message) -> None:
        for own in self.waiting.take_through(_last(message)):
            kind, text = spoken("PRIVMSG", own.text)
            self.events.append(Said(None, self.nick, own.target, text, kind, "", True))

    # -- talk ------------------------------------------------------------------------------------------

    def _said(self, message: Message) -> None:
        nick, target, text = _nick(message), _param(message, 0), _param(message, 1)
        is_own = self._is_own(nick)
        is_old = self._responses.is_of_the_past(message)
        if is_own and not is_old:
            self._confirm(message, target, text)
        kind, text = spoken(message.command, text)
        msgid = message.tags.get("msgid", "")
        self.events.append(Said(happened_at(message), nick, target, text, kind, msgid, is_own, is_old))

    def _confirm(self, message: Message, target: str, text: str) -> None:
        if self.negotiation.has_labels:
            self.waiting.take(self._responses.label_of(message))
        else:
            self.waiting.take_like(target, text)

    def _batch(self, message: Message) -> None:
        self._answered(self._responses.hear_batch(message))

    def _ack(self, message: Message) -> None:
        self._answered(self._responses.label_of(message))

    def _answered(self, label: str) -> None:
        """Look at a message whose answer is complete: where it had to be said back, it was not."""
        own = self.waiting.take(label) if self.negotiation.has_echo else None
        if own is not None:
            self._unsaved(own, _("The server did not say it back"))

    def _unsaved(self, own: Own, reason: str) -> None:
        self.events.append(Unsaved(own.target, spoken("", own.text)[1], reason))

    def _refused(self, message: Message) -> None:
        """Take a numeric error or a FAIL: it is about a message of ours, or about something else."""
        if not self.is_welcome and message.command in _NICK_TAKEN:
            self._try_another_nick()
        elif not self.is_welcome and message.command in _NOT_LET_IN:
            self.close(_last(message))
        elif message.command not in _NO_TROUBLE:
            self._refuse(message)

    def _refuse(self, message: Message) -> None:
        own = self._refused_message(message)
        if own is not None:
            self._unsaved(own, _last(message))
        elif self.is_welcome or message.command == "FAIL":  # before, an old server may not know CAP
            about = message.params[1:-1] if message.command.isdecimal() else ()
            self.events.append(Refused(": ".join([*about, _last(message)]), message.params[1:-1]))

    def _refused_message(self, message: Message) -> Own | None:
        label = self._responses.label_of(message)
        if label or self.negotiation.has_labels:
            return self.waiting.take(label)
        found = (self.waiting.take_to(param) for param in message.params[1:-1])
        return next((own for own in found if own is not None), None)

    # -- who is here -----------------------------------------------------------------------------------

    def _joined(self, message: Message) -> None:
        nick = _nick(message)
        self.events.append(Joined(happened_at(message), nick, _param(message, 0), self._is_own(nick)))

    def _left(self, message: Message) -> None:
        nick, room, reason = _nick(message), _param(message, 0), _param(message, 1)
        if message.command == "KICK":
            nick, reason = _param(message, 1), _param(message, 2)
        elif message.command == "QUIT":
            room, reason = "", _param(message, 0)
        is_own = self._is_own(nick)
        self.events.append(Left(happened_at(message), nick, room, message.command, reason, is_own))

    def _renamed(self, message: Message) -> None:
        old, new = _nick(message), _param(message, 0)
        is_own = self._is_own(old)
        if is_own and new:
            self.nick = new
        self.events.append(Renamed(happened_at(message), old, new, is_own))

    def _is_own(self, nick: str) -> bool:
        return self.is_welcome and fold(nick) == fold(self.nick)

    # -- notes -----------------------------------------------------------------------------------------

    def _listed(self, message: Message) -> None:
        whole = self._answers.hear(message)
        if whole is not None:
            self.events.append(whole)

    def _topic(self, message: Message) -> None:
        room = message.params[-2] if len(message.params) > 1 else ""
        nick = _nick(message) if message.command == "TOPIC" else ""
        text = "" if message.command == "331" else _last(message)
        self.events.append(Told(happened_at(message), nick, room, text))

    def _invited(self, message: Message) -> None:
        told = _("{nick} invites you to {room}")
        self.events.append(Noted(told.format(nick=_nick(message), room=_last(message))))

    def _modes(self, message: Message) -> None:
        told = _("{nick} sets {modes} in {room}")
        room, *modes = message.params or ("",)
        if room.startswith("#"):
            self.events.append(Noted(told.format(nick=_nick(message), modes=" ".join(modes), room=room)))

    def _gone(self, message: Message) -> None:
        told = _("{nick} is away: {reason}")
        self.events.append(Noted(told.format(nick=_param(message, 1), reason=_last(message))))

    def _note(self, message: Message) -> None:
        self.events.append(Noted(_last(message)))

    def _killed(self, message: Message) -> None:
        self._is_put_out = self._is_own(_param(message, 0))

    def _ended(self, message: Message) -> None:
        self.error = _last(message)


def _param(message: Message, place: int) -> str:
    return message.params[place] if place < len(message.params) else ""


def _last(message: Message) -> str:
    return message.params[-1] if message.params else ""


def _nick(message: Message) -> str:
    return message.source.partition("!")[0]


_MEANINGS: dict[str, Callable[[Hearing, Message], None]] = {
    "001": Hearing._welcome,
    "004": Hearing._server,
    "301": Hearing._gone,
    "305": Hearing._note,
    "306": Hearing._note,
    "315": Hearing._listed,
    "322": Hearing._listed,
    "323": Hearing._listed,
    "331": Hearing._topic,
    "332": Hearing._topic,
    "352": Hearing._listed,
    "353": Hearing._listed,
    "366": Hearing._listed,
    "372": Hearing._note,
    "ACK": Hearing._ack,
    "BATCH": Hearing._batch,
    "CAP": Hearing._cap,
    "ERROR": Hearing._ended,
    "FAIL": Hearing._refused,
    "INVITE": Hearing._invited,
    "JOIN": Hearing._joined,
    "KICK": Hearing._left,
    "KILL": Hearing._killed,
    "MODE": Hearing._modes,
    "NICK": Hearing._renamed,
    "NOTE": Hearing._note,
    "NOTICE": Hearing._said,
    "PART": Hearing._left,
    "PING": Hearing._ping,
    "PONG": Hearing._pong,
    "PRIVMSG": Hearing._said,
    "QUIT": Hearing._left,
    "TOPIC": Hearing._topic,
    "WARN": Hearing._note,
}
