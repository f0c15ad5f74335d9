"""Events as lines for people."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Protocol

from simplechat.client.events import (
    AccountMade,
    Deleted,
    Disconnected,
    Event,
    Found,
    Helped,
    Joined,
    Left,
    LoggedIn,
    Matched,
    Missed,
    Noted,
    NotLoggedIn,
    PasswordChanged,
    Present,
    Reacted,
    Recalled,
    Refused,
    Renamed,
    Said,
    Told,
    Unsaved,
    Unsent,
    Welcomed,
)
from simplechat.client.model import Model
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.terminal.safe import printable
from simplechat.terminal.tables import draw
from simplechat.terminal.widths import shortened, width_of

Fragments = Sequence[tuple[str, str]]  # (style, text)

DIM = "ansibrightblack"
WRONG = "ansired"
GOOD = "ansigreen"
NEW = "bold ansicyan"
CALLED = "bold ansiyellow reverse"
OWN = "bold"
NICK_COLOURS = (
    "#af5f00",
    "#878700",
    "#5f8700",
    "#00875f",
    "#008787",
    "#0087d7",
    "#5f5fff",
    "#af5fd7",
    "#d700af",
)
"""Of middle brightness, so that each is readable on black and on white."""

MOST_PRESENT = 20  # nicks told when we come into a room


class Calendar(Protocol):
    """Tells times for people, in their own time zone; None is now."""

    def time_of(self, at: float | None) -> str:
        """Give the time of day."""
        ...

    def day_of(self, at: float | None) -> str:
        """Give the date."""
        ...


class Shown:
    """Writes events as lines, harmless to any terminal.

    Args:
        tick: Stands behind what is known to be stored.
    """

    def __init__(self, calendar: Calendar, tick: str) -> None:
        self._model = Model("")
        self._room = ""  # which need not be named
        self._width = 80
        self._calendar = calendar
        self._tick = tick
        self._day = calendar.day_of(None)

    def lines(self, event: Event, model: Model, width: int) -> list[Fragments]:
        """Give the lines for an event, on a terminal of so many columns."""
        self._model, self._width = model, width
        self._room = model.current.name if model.current else ""
        return self._lines(event)

    def _lines(self, event: Event) -> list[Fragments]:
        match event:
            case Said():
                return [*self._day_before(event), *self._said(event)]
            case Recalled():
                return self._recalled(event)
            case Matched(rows):
                return self._matched(rows)
            case Missed(target, count, since):
                return [[(NEW, printable(f"--- {self._missed(target, count, since)} ---"))]]
            case Unsaved():
                return self._unsaved(event)
            case Found(columns, rows):
                return self._table(columns, rows)
            case Helped(lines):
                return [[("", printable(line))] for line in lines]
            case Refused():
                return [_wrong(event.words)]
            case NotLoggedIn(reason) if reason:
                told = _("{reason}; you are here as a guest")
                return [_wrong(told.format(reason=_(reason)))]
            case Unsent(reason, line):
                return [
                    _wrong(
                        _("{reason}; not sent: {line}").format(reason=reason, line=line) if line else reason
                    )
                ]
        sentence = self._sentence(event)
        return [[(DIM, printable(f"* {sentence}"))]] if sentence else []

    def _sentence(self, event: Event) -> str:
        """Tell in a sentence what happened; "" where there is nothing to tell."""
        match event:
            case Joined(_, nick, room, is_own):
                return _("you are in {room}").format(room=room) if is_own else self._joined(nick, room)
            case Left():
                return self._left(event)
            case Renamed(_, _, new, True):
                return _("you are now {nick}").format(nick=new)
            case Renamed(_, old, new):
                return _("{old} is now {new}").format(old=old, new=new)
            case Welcomed(nick):
                return _("connected as {nick}").format(nick=nick)
            case Told():
                return _told(event)
            case Reacted():
                return self._reacted(event)
            case Deleted():
                return self._deleted(event)
            case LoggedIn(account):
                return _("logged in as {account}").format(account=account)
            case NotLoggedIn(reason):
                return _("you are a guest") if not reason else ""
            case AccountMade(account):
                return _("{account} is your account now").format(account=account)
            case PasswordChanged():
                return _("your password is another one now")
            case Present(room, nicks):
                return _present(room, nicks)
            case Noted(text):
                return _(text)
            case Disconnected(reason, retry_s):
                again = ngettext(
                    "trying again in {count} second", "trying again in {count} seconds", round(retry_s)
                )
                return f"{_(reason)}; {again.format(count=round(retry_s))}"
        return ""

    # -- what is said ----------------------------------------------------------------------------------

    def _day_before(self, said: Said) -> list[Fragments]:
        """Give a line with the date where it is another than that of the last message shown."""
        day = self._calendar.day_of(said.at)
        if day == self._day:
            return []
        self._day = day
        return [[(DIM, f"--- {day} ---")]]

    def _said(self, said: Said, number: str = "") -> list[Fragments]:
        """Give the lines of a message, below what it answers."""
        nick = printable(said.nick or _("server"))
        where = printable(self._where(said))
        style = CALLED if self._is_for_us(said) else OWN if said.is_own else colour_of(said.nick)
        time = (DIM, f"{number}{self._calendar.time_of(said.at)} ")
        first, *others = self._words(said)
        if said.kind == "ACTION":
            head = [time, ("", "* "), (style, nick), (DIM, where), ("", " ")]
        else:
            head = [time, (style, nick), (DIM, where), ("", ": ")]
        margin = " " * width_of(time[1])
        lines: list[list[tuple[str, str]]] = [
            [*head, first],
            *([(DIM, f"{margin}| "), each] for each in others),
        ]
        lines[-1] += self._ticked(said)
        return [*self._answered(said, margin), *lines]

    def _words(self, said: Said) -> list[tuple[str, str]]:
        """Give what was said, line by line."""
        if said.msgid and self._model.recent.is_deleted(said.msgid):
            return [(DIM, f"({_('deleted')})")]
        style = DIM if said.kind == "NOTICE" else ""
        return [(style, printable(line)) for line in said.text.split("\n")]

    def _answered(self, said: Said, margin: str) -> list[Fragments]:
        """Give a line with the beginning of what a message answers."""
        if not said.reply_to:
            return []
        return [[(DIM, shortened(f"{margin}> {self._brief(said.reply_to)}", self._width - 1))]]

    def _brief(self, msgid: str) -> str:
        """Give the beginning of a message, harmless."""
        said = self._model.recent.of_msgid(msgid)
        if said is None:
            return _("an older message")
        text = f"({_('deleted')})" if self._model.recent.is_deleted(msgid) else said.text.partition("\n")[0]
        return printable(f"{said.nick}: {text}")

    def _is_for_us(self, said: Said) -> bool:
        """Tell whether somebody calls us, or answers us."""
        if said.is_own:
            return False
        answered = self._model.recent.of_msgid(said.reply_to) if said.reply_to else None
        return self._is_call(said.text) or (answered is not None and answered.is_own)

    def is_call(self, event: Event, model: Model) -> bool:
        """Tell whether an event is worth a bell: somebody calls us, answers us, or talks to us alone."""
        self._model = model
        if not isinstance(event, Said) or event.is_own or event.is_old:
            return False
        return self._is_for_us(event) or (event.kind != "NOTICE" and not event.address.startswith("#"))

    def _ticked(self, said: Said) -> Fragments:
        return [(GOOD, f" {self._tick}")] if said.is_own else []

    def _where(self, said: Said) -> str:
        if said.target.lstrip("~&@%+").startswith("#"):
            return self._elsewhere(_(" in {room}"), said.target)
        return _(" to {nick}").format(nick=said.target) if said.is_own else _(" to you")

    def _is_call(self, text: str) -> bool:
        """Tell whether our nick stands in a text as a word."""
        nick = fold(self._model.nick)
        return nick in fold(text) and bool(re.search(rf"(?<!\w){re.escape(nick)}(?!\w)", fold(text)))

    def _unsaved(self, event: Unsaved) -> list[Fragments]:
        told = _("not stored: {text} ({reason})").format(text=event.text, reason=_(event.reason))
        first, *others = told.split("\n")
        return [_wrong(first), *([(WRONG, printable(f"  | {line}"))] for line in others)]

    # -- what was said before, and what becomes of it ---------------------------------------------------

    def _recalled(self, page: Recalled) -> list[Fragments]:
        """Give a page with numbers; its days are its own."""
        lines: list[Fragments] = []
        if page.is_first:
            told = (
                _("{room}: nothing was said before this")
                if page.rows
                else _("{room}: nothing was said there")
            )
            lines.append([(DIM, printable(f"* {told.format(room=page.target)}"))])
        today, self._day = self._day, ""
        width = max((len(_number(number)) for number, _said in page.rows), default=0)
        for number, said in page.rows:
            lines += [*self._day_before(said), *self._said(said, f"{_number(number):>{width}} ")]
        if self._day != today and page.rows:
            lines.append([(DIM, f"--- {today} ---")])
        self._day = today
        return lines

    def _matched(self, rows: tuple[tuple[int, Said], ...]) -> list[Fragments]:
        """Give what was found as a table."""
        if not rows:
            return [[(DIM, f"* {_('nothing found')}")]]
        heads = (_("no."), _("time"), _("where"), _("nick"), _("text"))
        cells = [
            (
                _number(number),
                f"{self._calendar.day_of(said.at)} {self._calendar.time_of(said.at)}",
                said.address,
                said.nick,
                said.text.replace("\n", " / "),
            )
            for number, said in rows
        ]
        return [[("", line)] for line in draw(heads, cells, self._width)]

    def _missed(self, target: str, count: int, since: float | None) -> str:
        is_room = target.startswith("#")
        where = self._elsewhere(_(" in {room}"), target) if is_room else _(" from {nick}").format(nick=target)
        if since is None:
            return _("{count} new{where}").format(count=count, where=where)
        day, time = self._calendar.day_of(since), self._calendar.time_of(since)
        at = time if day == self._calendar.day_of(None) else f"{day} {time}"
        return _("{count} new{where} since {time}").format(count=count, where=where, time=at)

    def _reacted(self, event: Reacted) -> str:
        told = (
            _("{nick} takes {emoji} back from: {brief}")
            if event.is_taken_back
            else _("{nick} reacts {emoji} to {brief}")
        )
        text = told.format(nick=event.nick, emoji=event.emoji, brief=self._brief(event.msgid))
        return shortened(printable(text), max(20, self._width - 3))

    def _deleted(self, event: Deleted) -> str:
        said = self._model.recent.of_msgid(event.msgid)
        reason = f" ({event.reason})" if event.reason else ""
        if said is None:
            return _("{nick} deleted an older message").format(nick=event.nick) + reason
        time = self._calendar.time_of(said.at)
        if event.is_own and said.is_own:
            return _("you deleted your message of {time}").format(time=time) + reason
        if fold(said.nick) == fold(event.nick):
            return _("{nick} deleted their message of {time}").format(nick=event.nick, time=time) + reason
        told = _("{nick} deleted the message of {author} of {time}")
        return told.format(nick=event.nick, author=said.nick, time=time) + reason

    # -- who comes and goes ----------------------------------------------------------------------------

    def _joined(self, nick: str, room: str) -> str:
        if self._elsewhere("{room}", room):
            return _("{nick} joined {room}").format(nick=nick, room=room)
        return _("{nick} joined").format(nick=nick)

    def _left(self, event: Left) -> str:
        if event.kind == "KICK":
            told = _("you were put out of {room}") if event.is_own else _("{nick} was put out of {room}")
        elif self._elsewhere("{room}", event.room):
            told = _("you left {room}") if event.is_own else _("{nick} left {room}")
        else:
            told = _("you left") if event.is_own else _("{nick} left")
        reason = f" ({event.reason})" if event.reason else ""
        return told.format(nick=event.nick, room=event.room) + reason

    def _elsewhere(self, told: str, room: str) -> str:
        return told.format(room=room) if room and fold(room) != fold(self._room) else ""

    def _table(self, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[Fragments]:
        if not rows:
            return [[(DIM, f"* {_('nothing found')}")]]
        shown = [
            [_(cell) if name == "away" else cell for name, cell in zip(columns, row, strict=True)]
            for row in rows
        ]
        return [[("", line)] for line in draw([*map(_, columns)], shown, self._width)]


def colour_of(nick: str) -> str:
    """Give the colour of a nick, the same every time."""
    return NICK_COLOURS[zlib.crc32(fold(nick).encode("utf-8", "replace")) % len(NICK_COLOURS)]


def text_of(line: Fragments) -> str:
    """Give a line without its styles."""
    return "".join(text for _, text in line)


def _number(number: int) -> str:
    """Write the number of a message; one that cannot be named has none."""
    return f"[{number}]" if number else ""


def _wrong(text: str) -> Fragments:
    return [(WRONG, printable(f"! {text}"))]


def _told(event: Told) -> str:
    room, text, nick = event.room, event.text, event.nick
    if not text:
        return _("{room} has no topic").format(room=room)
    if nick:
        return _("{nick} changed what {room} is about: {text}").format(nick=nick, room=room, text=text)
    return _("{room} is about: {text}").format(room=room, text=text)


def _present(room: str, nicks: tuple[str, ...]) -> str:
    if len(nicks) > MOST_PRESENT:
        return _("In {room}: {count} people; /who lists them").format(room=room, count=len(nicks))
    return _("In {room}: {nicks}").format(room=room, nicks=" ".join(nicks)) if nicks else ""
