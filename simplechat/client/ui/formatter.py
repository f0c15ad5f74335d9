"""Events as lines of styled text for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from simplechat.client.protocol.events import (
    Event,
    HelpShown,
    HistoryShown,
    InputRejected,
    MessageNotStored,
    MissedCount,
    NotLoggedIn,
    RequestRefused,
    SearchResults,
    TableShown,
)
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived
from simplechat.client.state.model import Model
from simplechat.client.ui.sentences import DATE, TIME_OF_DAY, FormatContext, describe_event, describe_missed
from simplechat.client.ui.styled_text import Span, Style, StyledLine
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable
from simplechat.terminal.tables import draw_table
from simplechat.terminal.widths import shorten

MAX_REACTIONS = 8  # shown with a message
DEFAULT_WIDTH = 80  # columns, where no terminal says how many it has


def to_local_time(at: float | None) -> datetime:
    """Return a time, in seconds since 1970, in the time zone of this computer; None is now."""
    return datetime.now() if at is None else datetime.fromtimestamp(at)


class EventFormatter:
    """Formats events as lines that are harmless to any terminal.

    It remembers the day of the last message, so as to show the date where the next one is of another day.

    Args:
        tick: Stands behind a message that is known to be stored.
        has_bell: Whether the terminal's bell rings when somebody calls us.
        local_time: Returns a time, in seconds since 1970, in the user's time zone; None is now.
    """

    def __init__(
        self,
        tick: str,
        *,
        has_bell: bool = False,
        local_time: Callable[[float | None], datetime] = to_local_time,
    ) -> None:
        self._context = FormatContext(Model(""), DEFAULT_WIDTH, local_time)
        self._tick = tick
        self._has_bell = has_bell
        self._day = self._date(None)

    def format_event(self, event: Event, model: Model, width: int) -> list[StyledLine]:
        """Return the lines for an event, none where there is nothing to show.

        Args:
            width: Of the terminal, in columns.
        """
        self._context = self._context._replace(model=model, width=width)
        match event:
            case MessageReceived():
                return [*self._date_line(event), *self._message(event)]
            case HistoryShown():
                return self._history_page(event)
            case SearchResults(rows):
                return self._search_hits(rows)
            case MissedCount():
                return [[Span(printable(f"--- {describe_missed(event, self._context)} ---"), Style.NEW)]]
            case MessageNotStored():
                return self._unsaved(event)
            case TableShown(columns, rows):
                return self._table(columns, rows)
            case HelpShown(lines):
                return [[Span(printable(line))] for line in lines]
        error = _error_text(event)
        if error:
            return [_error(error)]
        sentence = describe_event(event, self._context)
        return [[Span(printable(f"* {sentence}"), Style.DIM)]] if sentence else []

    def format_text(self, event: Event, model: Model, width: int = DEFAULT_WIDTH) -> list[str]:
        """Return the lines for an event without their styles, the first with the bell if it rings."""
        lines = ["".join(span.text for span in line) for line in self.format_event(event, model, width)]
        return ["\a" + lines[0], *lines[1:]] if self.rings_bell(event, model) else lines

    def rings_bell(self, event: Event, model: Model) -> bool:
        """Tell whether the bell rings for an event: somebody calls us, answers us, or talks to us alone."""
        if not self._has_bell or not isinstance(event, MessageReceived) or event.is_own or event.is_old:
            return False
        self._context = self._context._replace(model=model)
        return self._mentions_us(event) or (event.kind != "NOTICE" and not event.conversation.startswith("#"))

    # -- messages --------------------------------------------------------------------------------------

    def _date_line(self, row: MessageReceived | MessageDeleted) -> list[StyledLine]:
        """Return a line with the date, where it is another than that of the last message."""
        day = self._date(row.at)
        if day == self._day:
            return []
        self._day = day
        return [[Span(f"--- {day} ---", Style.DIM)]]

    def _date(self, at: float | None) -> str:
        return f"{self._context.local_time(at):{DATE}}"

    def _message(self, message: MessageReceived, number: str = "") -> list[StyledLine]:
        """Return the lines of a message, below the one that it answers."""
        nick = Span(printable(message.nick) if message.nick else _("server"), self._nick_style(message))
        where = Span(printable(self._where(message)), Style.DIM)
        time = Span(f"{number}{self._context.local_time(message.at):{TIME_OF_DAY}} ", Style.DIM)
        first, *others = self._text_lines(message)
        if message.kind == "ACTION":
            head = [time, Span("* "), nick, where, Span(" ")]
        else:
            head = [time, nick, where, Span(": ")]
        margin = " " * len(time.text)
        lines = [[*head, first], *([Span(f"{margin}| ", Style.DIM), each] for each in others)]
        lines[-1] += [*self._tick_of(message), *self._reactions(message)]
        return [*self._quote(message, margin), *lines]

    def _nick_style(self, message: MessageReceived) -> Style:
        if self._mentions_us(message):
            return Style.MENTION
        return Style.STRONG if message.is_own else Style.NICK

    def _text_lines(self, message: MessageReceived) -> list[Span]:
        """Return the text of a message, line by line."""
        if message.msgid and self._context.model.messages.is_deleted(message.msgid):
            return [Span(f"({_('deleted')})", Style.DIM)]
        style = Style.DIM if message.kind == "NOTICE" else Style.PLAIN
        return [Span(printable(line), style) for line in message.text.split("\n")]

    def _quote(self, message: MessageReceived, margin: str) -> list[StyledLine]:
        """Return a line with the beginning of the message that this one answers, if it answers one."""
        if not message.reply_to:
            return []
        text = f"{margin}> {self._context.brief(message.reply_to)}"
        return [[Span(shorten(text, self._context.width - 1), Style.DIM)]]

    def _mentions_us(self, message: MessageReceived) -> bool:
        """Tell whether somebody calls us by our nick, or answers us."""
        if message.is_own:
            return False
        answered = self._context.model.messages.by_msgid(message.reply_to) if message.reply_to else None
        return self._has_our_nick(message.text) or (answered is not None and answered.is_own)

    def _has_our_nick(self, text: str) -> bool:
        """Tell whether our nick is a word of a text."""
        nick = fold(self._context.model.nick)
        return nick in fold(text) and bool(re.search(rf"(?<!\w){re.escape(nick)}(?!\w)", fold(text)))

    def _tick_of(self, message: MessageReceived) -> StyledLine:
        return [Span(f" {self._tick}", Style.CONFIRMED)] if message.is_own else []

    def _reactions(self, message: MessageReceived) -> StyledLine:
        """Return the reactions to a message, as far as they are known when it is shown."""
        counts = self._context.model.messages.reactions(message.msgid)
        shown = [f"{emoji} {count}" if count > 1 else emoji for emoji, count in counts.items()]
        text = "  ".join(shown[:MAX_REACTIONS])
        return [Span(printable(f"  [{text}]"), Style.DIM)] if shown else []

    def _where(self, message: MessageReceived) -> str:
        if message.target.lstrip("~&@%+").startswith("#"):
            is_current = self._context.model.is_current(message.target)
            return "" if is_current else _(" in {room}").format(room=message.target)
        return _(" to {nick}").format(nick=message.target) if message.is_own else _(" to you")

    def _unsaved(self, event: MessageNotStored) -> list[StyledLine]:
        text = _("not stored: {text} ({reason})").format(text=event.text, reason=_(event.reason))
        first, *others = text.split("\n")
        return [_error(first), *([Span(printable(f"  | {line}"), Style.ERROR)] for line in others)]

    # -- history and searches --------------------------------------------------------------------------

    def _history_page(self, page: HistoryShown) -> list[StyledLine]:
        """Return a page of messages with their numbers; its dates begin anew."""
        lines: list[StyledLine] = []
        if page.is_first:
            text = (
                _("{room}: there are no earlier messages")
                if page.rows
                else _("{room}: there are no messages")
            )
            lines.append([Span(printable(f"* {text.format(room=page.target)}"), Style.DIM)])
        today, self._day = self._day, ""
        width = max((len(_number(number)) for number, _row in page.rows), default=0)
        for number, row in page.rows:
            lines += [*self._date_line(row), *self._history_row(row, f"{_number(number):>{width}} ")]
        if self._day != today and page.rows:
            lines.append([Span(f"--- {today} ---", Style.DIM)])
        self._day = today
        return lines

    def _history_row(self, row: MessageReceived | MessageDeleted, number: str) -> list[StyledLine]:
        if isinstance(row, MessageReceived):
            return self._message(row, number)
        time = f"{self._context.local_time(row.at):{TIME_OF_DAY}}"
        return [[Span(printable(f"{number}{time} * {describe_event(row, self._context)}"), Style.DIM)]]

    def _search_hits(self, rows: tuple[tuple[int, MessageReceived], ...]) -> list[StyledLine]:
        cells = [
            (
                _number(number),
                f"{self._context.local_time(message.at):{DATE} {TIME_OF_DAY}}",
                message.conversation,
                message.nick,
                message.text.replace("\n", " / "),
            )
            for number, message in rows
        ]
        return self._drawn((_("no."), _("time"), _("where"), _("nick"), _("text")), cells)

    def _table(self, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[StyledLine]:
        cells = [
            tuple(_(cell) if name == "away" else cell for name, cell in zip(columns, row, strict=True))
            for row in rows
        ]
        return self._drawn(tuple(map(_, columns)), cells)

    def _drawn(self, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[StyledLine]:
        if not cells:
            return [[Span(f"* {_('nothing found')}", Style.DIM)]]
        return [[Span(line)] for line in draw_table(heads, cells, self._context.width)]


def _error_text(event: Event) -> str:
    """Return what went wrong, for an event that says so; "" for any other."""
    match event:
        case RequestRefused():
            return event.shown_text
        case NotLoggedIn(reason) if reason:
            return _("{reason}; you are here as a guest").format(reason=_(reason))
        case InputRejected(reason, line):
            return _("{reason}; not sent: {line}").format(reason=reason, line=line) if line else reason
    return ""


def _number(number: int) -> str:
    """Return the number of a message as it is shown; "" for one that has none."""
    return f"[{number}]" if number else ""


def _error(text: str) -> StyledLine:
    return [Span(printable(f"! {text}"), Style.ERROR)]
