"""Events as lines for people."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from simplechat.client.protocol.events import (
    Event,
    Found,
    Helped,
    Matched,
    Missed,
    NotLoggedIn,
    Recalled,
    Refused,
    Unsaved,
    Unsent,
)
from simplechat.client.protocol.message_events import Deleted, Said
from simplechat.client.state.model import Model
from simplechat.client.ui.sentences import FormatContext, TimeFormatter, missed, sentence
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable
from simplechat.terminal.tables import draw
from simplechat.terminal.widths import shortened, width_of

Fragments = Sequence[tuple[str, str]]  # (style, text)

DIM = "ansibrightblack"
WRONG = "ansired"
GOOD = "ansigreen"
NEW = "bold ansicyan"
CALLED = "bold ansiyellow reverse"
OWN = "bold"
NICK_COLORS = (
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


MOST_REACTIONS = 8  # told with a message


class EventFormatter:
    """Writes events as lines, harmless to any terminal.

    Args:
        tick: Stands behind what is known to be stored.
    """

    def __init__(self, calendar: TimeFormatter, tick: str) -> None:
        self._view = FormatContext(Model(""), 80, calendar)
        self._tick = tick
        self._day = calendar.day_of(None)

    def lines(self, event: Event, model: Model, width: int) -> list[Fragments]:
        """Give the lines for an event, on a terminal of so many columns."""
        self._view = FormatContext(model, width, self._view.calendar)
        return self._lines(event)

    def _lines(self, event: Event) -> list[Fragments]:
        match event:
            case Said():
                return [*self._day_before(event), *self._said(event)]
            case Recalled():
                return self._recalled(event)
            case Matched(rows):
                return self._matched(rows)
            case Missed():
                return [[(NEW, printable(f"--- {missed(event, self._view)} ---"))]]
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
        told = sentence(event, self._view)
        return [[(DIM, printable(f"* {told}"))]] if told else []

    # -- what is said ----------------------------------------------------------------------------------

    def _day_before(self, said: Said | Deleted) -> list[Fragments]:
        """Give a line with the date where it is another than that of the last message shown."""
        day = self._view.calendar.day_of(said.at)
        if day == self._day:
            return []
        self._day = day
        return [[(DIM, f"--- {day} ---")]]

    def _said(self, said: Said, number: str = "") -> list[Fragments]:
        """Give the lines of a message, below what it answers."""
        nick = printable(said.nick or _("server"))
        where = printable(self._where(said))
        style = CALLED if self._is_for_us(said) else OWN if said.is_own else colour_of(said.nick)
        time = (DIM, f"{number}{self._view.calendar.time_of(said.at)} ")
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
        lines[-1] += [*self._ticked(said), *self._reactions(said)]
        return [*self._answered(said, margin), *lines]

    def _words(self, said: Said) -> list[tuple[str, str]]:
        """Give what was said, line by line."""
        if said.msgid and self._view.model.recent.is_deleted(said.msgid):
            return [(DIM, f"({_('deleted')})")]
        style = DIM if said.kind == "NOTICE" else ""
        return [(style, printable(line)) for line in said.text.split("\n")]

    def _answered(self, said: Said, margin: str) -> list[Fragments]:
        """Give a line with the beginning of what a message answers."""
        if not said.reply_to:
            return []
        return [[(DIM, shortened(f"{margin}> {self._view.brief(said.reply_to)}", self._view.width - 1))]]

    def _is_for_us(self, said: Said) -> bool:
        """Tell whether somebody calls us, or answers us."""
        if said.is_own:
            return False
        answered = self._view.model.recent.of_msgid(said.reply_to) if said.reply_to else None
        return self._is_call(said.text) or (answered is not None and answered.is_own)

    def is_call(self, event: Event, model: Model) -> bool:
        """Tell whether an event is worth a bell: somebody calls us, answers us, or talks to us alone."""
        self._view = self._view._replace(model=model)
        if not isinstance(event, Said) or event.is_own or event.is_old:
            return False
        return self._is_for_us(event) or (event.kind != "NOTICE" and not event.address.startswith("#"))

    def _ticked(self, said: Said) -> Fragments:
        return [(GOOD, f" {self._tick}")] if said.is_own else []

    def _reactions(self, said: Said) -> Fragments:
        """Give what people reacted with, as far as that is known when it is told."""
        counts = self._view.model.recent.reactions(said.msgid)
        shown = [
            f"{emoji} {count}" if count > 1 else emoji for emoji, count in [*counts.items()][:MOST_REACTIONS]
        ]
        return [(DIM, printable(f"  [{'  '.join(shown)}]"))] if shown else []

    def _where(self, said: Said) -> str:
        if said.target.lstrip("~&@%+").startswith("#"):
            return self._view.elsewhere(_(" in {room}"), said.target)
        return _(" to {nick}").format(nick=said.target) if said.is_own else _(" to you")

    def _is_call(self, text: str) -> bool:
        """Tell whether our nick stands in a text as a word."""
        nick = fold(self._view.model.nick)
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
        for number, row in page.rows:
            lines += [*self._day_before(row), *self._recalled_row(row, f"{_number(number):>{width}} ")]
        if self._day != today and page.rows:
            lines.append([(DIM, f"--- {today} ---")])
        self._day = today
        return lines

    def _recalled_row(self, row: Said | Deleted, number: str) -> list[Fragments]:
        if isinstance(row, Said):
            return self._said(row, number)
        time = self._view.calendar.time_of(row.at)
        return [[(DIM, printable(f"{number}{time} * {sentence(row, self._view)}"))]]

    def _matched(self, rows: tuple[tuple[int, Said], ...]) -> list[Fragments]:
        """Give what was found as a table."""
        if not rows:
            return [[(DIM, f"* {_('nothing found')}")]]
        heads = (_("no."), _("time"), _("where"), _("nick"), _("text"))
        cells = [
            (
                _number(number),
                f"{self._view.calendar.day_of(said.at)} {self._view.calendar.time_of(said.at)}",
                said.address,
                said.nick,
                said.text.replace("\n", " / "),
            )
            for number, said in rows
        ]
        return [[("", line)] for line in draw(heads, cells, self._view.width)]

    def _table(self, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[Fragments]:
        if not rows:
            return [[(DIM, f"* {_('nothing found')}")]]
        shown = [
            [_(cell) if name == "away" else cell for name, cell in zip(columns, row, strict=True)]
            for row in rows
        ]
        return [[("", line)] for line in draw([*map(_, columns)], shown, self._view.width)]


def colour_of(nick: str) -> str:
    """Give the colour of a nick, the same every time."""
    return NICK_COLORS[zlib.crc32(fold(nick).encode("utf-8", "replace")) % len(NICK_COLORS)]


def text_of(line: Fragments) -> str:
    """Give a line without its styles."""
    return "".join(text for _, text in line)


def _number(number: int) -> str:
    """Write the number of a message; one that cannot be named has none."""
    return f"[{number}]" if number else ""


def _wrong(text: str) -> Fragments:
    return [(WRONG, printable(f"! {text}"))]
