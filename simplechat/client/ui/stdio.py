"""The plain front end: a line for each event, each line typed is said; for pipes, scripts, screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.app import Chat
from simplechat.client.interfaces import PromptState
from simplechat.client.protocol.events import (
    Event,
    Found,
    Helped,
    LoggedIn,
    Matched,
    NotLoggedIn,
    Recalled,
    Refused,
    Unsaved,
    Unsent,
)
from simplechat.client.protocol.line_buffer import Lines
from simplechat.client.protocol.message_events import Deleted, Reacted, Said
from simplechat.client.state.model import Model
from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable

MOST_BYTES = 65536  # of one line typed

FormatEvent = Callable[[Event, Model], list[str]]


@implementer(IHalfCloseableProtocol)
class StdioInterface(Protocol):
    """Standard input and output.

    Args:
        encoding: Of both.
        written: Writes an event as lines.
        is_piped: True where nobody types; then only what becomes of it is told.
        hide: Has the terminal not show what is typed, or show it again.

    Attributes:
        closed: Fires when everything printed has gone out, or nobody reads it.
    """

    transport: Any  # StandardIO, of which no interface tells all that it can

    def __init__(
        self,
        encoding: str,
        written: FormatEvent,
        *,
        is_piped: bool,
        hide: Callable[[bool], None] = lambda is_hidden: None,
    ) -> None:
        self.is_piped = is_piped
        self.closed: Deferred[None] = Deferred()
        self._encoding = encoding
        self._written = written
        self._hide = hide
        self._prompt_state = PromptState()
        self._is_asking = False
        self._lines = Lines(MOST_BYTES)
        self._chat: Chat | None = None
        self._producer: IPushProducer | None = None
        self._is_writable = True

    def start(self, chat: Chat) -> None:
        """Hand what is typed to this chat from now on."""
        self._chat = chat

    # -- what is told ----------------------------------------------------------------------------------

    def show_event(self, event: Event, model: Model) -> None:
        """Print an event."""
        if self._is_writable and (not self.is_piped or _is_about_own(event)):
            text = "".join(f"{line}\n" for line in self._written(event, model))
            if text and self._is_asking:  # the question stays alone on its line
                self._is_asking = False
                text = f"\n{text}"
            self.transport.write(text.encode(self._encoding, "replace"))

    def show_prompt(self, prompt_state: PromptState) -> None:
        """Ask what is to be asked; leave untold how else things stand, since events tell it."""
        before, self._prompt_state = self._prompt_state, prompt_state
        if self.is_piped or not self._is_writable:
            return
        if prompt_state.question == before.question:
            return
        if before.is_hidden and self._is_asking:
            self.transport.write(b"\n")  # which the terminal did not show either
        if before.is_hidden != prompt_state.is_hidden:
            self._hide(prompt_state.is_hidden)
        self._is_asking = bool(prompt_state.question)
        self.transport.write(printable(prompt_state.question).encode(self._encoding, "replace"))

    def clear(self) -> None:
        """Leave the screen as it is: a printed line stays."""

    def pause_input(self) -> None:
        """Read no more."""
        self.transport.pauseProducing()

    def resume_input(self) -> None:
        """Read again."""
        self.transport.resumeProducing()

    def register_producer(self, producer: IPushProducer) -> None:
        """Have a producer wait while what is printed is not read."""
        self._set_free()
        if self._is_writable:
            self._producer = producer
            self.transport.registerProducer(producer, True)

    def _set_free(self) -> None:
        if self._producer is not None:
            self._producer = None
            self.transport.unregisterProducer()

    def close(self) -> None:
        """Print what is left, then read and write no more; `closed` tells when."""
        self._chat = None
        if self._prompt_state.is_hidden:
            self._hide(False)
        self._set_free()
        if self._is_writable:
            self.transport.loseConnection()
        else:
            self._close()

    # -- what is typed ---------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._typed(line)
        while self._lines.overlong:
            self._lines.overlong -= 1
            if self._chat is not None:
                self._chat.unreadable(_("A line was too long and was not sent"))

    def _typed(self, line: bytes) -> None:
        if self._chat is None:
            return
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError:
            told = _("A line is not {encoding} text and was not sent")
            self._chat.unreadable(told.format(encoding=self._encoding.upper()))
        else:
            self._chat.typed(text)

    def readConnectionLost(self) -> None:
        for line in self._lines.end():
            self._typed(line)
        if self._chat is not None:
            self._chat.input_ended()

    def writeConnectionLost(self) -> None:
        self._is_writable = False
        if self._chat is not None:
            self._chat.screen_lost()
        else:
            self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._close()

    def _close(self) -> None:
        if not self.closed.called:
            self.closed.callback(None)


class FollowInterface(StdioInterface):
    """Standard output alone: nothing is typed, so its end ends nothing."""

    def dataReceived(self, data: bytes) -> None:
        pass

    def readConnectionLost(self) -> None:
        pass


def _is_about_own(event: Event) -> bool:
    """Tell whether an event is about what came through the pipe."""
    if isinstance(event, Said):
        return event.is_own and not event.is_old
    if isinstance(event, Reacted | Deleted):
        return event.is_own
    return isinstance(event, _ANSWERS)


_ANSWERS = (Unsaved, Unsent, Refused, Found, Helped, Recalled, Matched, LoggedIn, NotLoggedIn)
