"""Events as lines for people."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Protocol

from simplechat.client.events import (
    Disconnected,
    Event,
    Found,
    Helped,
    Joined,
    Left,
    Noted,
    Present,
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

Fragments = Sequence[tuple[str, str]]  # (style, text)

DIM = "ansibrightblack"
WRONG = "ansired"
GOOD = "ansigreen"
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
        self._nick = ""  # ours, which is worth a look where others say it
        self._room = ""  # which need not be named
        self._width = 80
        self._calendar = calendar
        self._tick = tick
        self._day = calendar.day_of(None)

    def lines(self, event: Event, model: Model, width: int) -> list[Fragments]:
        """Give the lines for an event, on a terminal of so many columns."""
        self._nick, self._width = model.nick, width
        self._room = model.current.name if model.current else ""
        return self._lines(event)

    def _lines(self, event: Event) -> list[Fragments]:
        match event:
            case Said():
                return [*self._day_before(event), self._said(event)]
            case Unsaved():
                return [self._unsaved(event)]
            case Found(columns, rows):
                return self._table(columns, rows)
            case Helped(lines):
                return [[("", printable(line))] for line in lines]
            case Refused():
                return [_wrong(event.words)]
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

    def _said(self, said: Said) -> Fragments:
        nick = printable(said.nick or _("server"))
        where = printable(self._where(said))
        style = OWN if said.is_own else colour_of(said.nick)
        is_call = not said.is_own and self._is_call(said.text)
        name = [(DIM, f"{self._calendar.time_of(said.at)} "), (CALLED if is_call else style, nick)]
        text = printable(said.text)
        if said.kind == "ACTION":
            return [name[0], ("", "* "), name[1], (DIM, where), ("", f" {text}"), *self._ticked(said)]
        text_style = DIM if said.kind == "NOTICE" else ""
        return [*name, (DIM, where), ("", ": "), (text_style, text), *self._ticked(said)]

    def _ticked(self, said: Said) -> Fragments:
        return [(GOOD, f" {self._tick}")] if said.is_own else []

    def _where(self, said: Said) -> str:
        if said.target.lstrip("~&@%+").startswith("#"):
            return self._elsewhere(_(" in {room}"), said.target)
        return _(" to {nick}").format(nick=said.target) if said.is_own else _(" to you")

    def _is_call(self, text: str) -> bool:
        """Tell whether our nick stands in a text as a word."""
        nick = fold(self._nick)
        return nick in fold(text) and bool(re.search(rf"(?<!\w){re.escape(nick)}(?!\w)", fold(text)))

    def _unsaved(self, event: Unsaved) -> Fragments:
        return _wrong(_("not stored: {text} ({reason})").format(text=event.text, reason=_(event.reason)))

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
