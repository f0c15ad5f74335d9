"""The user interface on a terminal: a line that is edited at the bottom, everything that happens above it."""

from __future__ import annotations

import signal
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime

from simplechat.client.commands.dispatch import asks_password, may_hold_password
from simplechat.client.interfaces import InputReceiver, PromptState
from simplechat.client.protocol.events import Event
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from simplechat.client.ui.styled_text import Span, Style, StyledLine
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.terminal.prompt import Fragments, Prompt
from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import ELLIPSIS, shorten

UNCONFIRMED_S = 0.3  # before a message that is not confirmed is shown
MAX_UNCONFIRMED = 3  # of them shown
INTERRUPTED = 128 + signal.SIGINT  # the exit code

STYLES = {
    Style.PLAIN: "",
    Style.DIM: "ansibrightblack",
    Style.STRONG: "bold",
    Style.MENTION: "bold ansiyellow reverse",
    Style.CONFIRMED: "ansigreen",
    Style.NEW: "bold ansicyan",
    Style.ERROR: "ansired",
}
"""How prompt_toolkit names them; `Style.NICK` is a colour of its own for each nick."""

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


class TerminalInterface:
    """A `UserInterface` with a prompt; the prompt passes on what is typed.

    Args:
        call: Calls a function in the reactor's thread.
        formatter: Formats events.
        clock: For waiting.
        history: The file that keeps what was typed.

    Attributes:
        prompt: The line, and what is printed above it.
    """

    is_piped = False

    def __init__(
        self,
        call: Callable[..., object],
        formatter: EventFormatter,
        clock: IReactorTime,
        *,
        history: Path | None,
    ) -> None:
        self.closed: Deferred[None] = succeed(None)
        self.prompt = Prompt(
            self,
            call,
            label=fragments_of(_label(PromptState(is_connected=True))),
            history=history,
            is_secret=may_hold_password,
            hides_next=asks_password,
            keeps_pastes_whole=True,
        )
        self._formatter = formatter
        self._clock = clock
        self._receiver: InputReceiver | None = None
        self._prompt_state = PromptState()
        self._refresh: IDelayedCall | None = None

    def start(self, receiver: InputReceiver) -> None:
        """Take the terminal, and pass what is typed to a receiver."""
        self._receiver = receiver
        self.prompt.start()

    # -- output ----------------------------------------------------------------------------------------

    def show_event(self, event: Event, model: Model) -> None:
        """Print an event above the prompt."""
        if self._formatter.rings_bell(event, model):
            self.prompt.ring()
        self.prompt.show(*map(fragments_of, self._formatter.format_event(event, model, self.prompt.width)))

    def show_prompt(self, state: PromptState) -> None:
        """Show the prompt, and above it the messages that are not confirmed for a while."""
        was_hidden, self._prompt_state = self._prompt_state.is_hidden, state
        if was_hidden or state.is_hidden:  # else the prompt decides: a password may have been begun
            self.prompt.hide(state.is_hidden)
        if not state.unconfirmed:
            self._cancel_refresh()
            self.prompt.set_label(fragments_of(_label(state)))
        elif self._refresh is None:
            self._refresh = self._clock.callLater(UNCONFIRMED_S, self._show_unconfirmed)

    def _show_unconfirmed(self) -> None:
        self._refresh = self._clock.callLater(UNCONFIRMED_S, self._show_unconfirmed)
        above = _unconfirmed_lines(self._prompt_state.unconfirmed, self.prompt.width)
        self.prompt.set_label(fragments_of(_label(self._prompt_state)), *map(fragments_of, above))

    def _cancel_refresh(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None

    def clear(self) -> None:
        self.prompt.clear()

    def register_producer(self, producer: IPushProducer) -> None:
        """Do nothing: the prompt drops what nobody can read any more."""

    def close(self) -> None:
        self._receiver = None
        self._cancel_refresh()
        self.prompt.close()

    # -- input -----------------------------------------------------------------------------------------

    def pause_input(self) -> None:
        """Do nothing: a person types slowly."""

    def resume_input(self) -> None:
        """Do nothing."""

    def typed(self, text: str) -> None:
        if self._receiver is None:
            return
        self._receiver.typed(text)
        if asks_password(text) and not self._prompt_state.is_hidden:  # it was the answer to something else
            self.prompt.hide(False)

    def ended(self) -> None:
        if self._receiver is not None:
            self._receiver.input_ended()

    def interrupted(self) -> None:
        if self._receiver is not None and not self._receiver.drop_question():
            self._receiver.interrupted(INTERRUPTED, _("interrupted"))

    def completions(self, text: str) -> list[str]:
        return self._receiver.completions(text) if self._receiver is not None else []


def fragments_of(line: Iterable[Span]) -> Fragments:
    """Return a line as prompt_toolkit takes it."""
    return [(nick_color(text) if style is Style.NICK else STYLES[style], text) for text, style in line]


def nick_color(nick: str) -> str:
    """Return the colour of a nick, the same every time."""
    return NICK_COLORS[zlib.crc32(fold(nick).encode("utf-8", "replace")) % len(NICK_COLORS)]


def _label(state: PromptState) -> StyledLine:
    """Return what stands before the line that is typed."""
    if state.question:
        return [Span(state.question, Style.STRONG)]
    if not state.is_connected:
        return [Span(_("(not connected)"), Style.ERROR), Span(" > ")]
    return [Span(state.channel, Style.STRONG), Span("> ")]


def _unconfirmed_lines(texts: tuple[str, ...], width: int) -> list[StyledLine]:
    """Return a line for each message that is not confirmed, for the first few of them."""
    shown = texts[:MAX_UNCONFIRMED]
    lines = [shorten(printable(f"{ELLIPSIS} {text}"), width - 1) for text in shown]
    more = len(texts) - len(shown)
    if more:
        text = ngettext("{count} more is on its way", "{count} more are on their way", more)
        lines.append(f"{ELLIPSIS} {text.format(count=more)}")
    return [[Span(line, Style.DIM)] for line in lines]
