"""The user interface on standard input and output, line by line: for pipes, scripts, screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.client.interfaces import InputReceiver, PromptState
from simplechat.client.protocol.events import (
    Event,
    HelpShown,
    HistoryShown,
    InputRejected,
    LoggedIn,
    MessageNotStored,
    NotLoggedIn,
    RequestRefused,
    SearchResults,
    TableShown,
)
from simplechat.client.protocol.line_buffer import LineBuffer
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived
from simplechat.client.state.model import Model
from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable

MAX_LINE_BYTES = 65536  # of one line typed

FormatEvent = Callable[[Event, Model], list[str]]


@implementer(IHalfCloseableProtocol)
class StdioInterface(Protocol):
    """A `UserInterface` that reads lines and writes lines.

    Args:
        encoding: Of both.
        format_event: Returns the lines for an event.
        is_piped: True if nobody types; then only what happens to the input is shown.
        hide: Stops or resumes the terminal's echo of what is typed.
    """

    transport: Any  # StandardIO; no interface of Twisted has all of its methods

    def __init__(
        self,
        encoding: str,
        format_event: FormatEvent,
        *,
        is_piped: bool,
        hide: Callable[[bool], None] = lambda is_hidden: None,
    ) -> None:
        self.is_piped = is_piped
        self.closed: Deferred[None] = Deferred()
        self._encoding = encoding
        self._format_event = format_event
        self._hide = hide
        self._prompt_state = PromptState()
        self._is_asking = False
        self._lines = LineBuffer(MAX_LINE_BYTES)
        self._receiver: InputReceiver | None = None
        self._producer: IPushProducer | None = None
        self._is_writable = True

    def start(self, receiver: InputReceiver) -> None:
        self._receiver = receiver

    # -- output ----------------------------------------------------------------------------------------

    def show_event(self, event: Event, model: Model) -> None:
        """Print an event; from a pipe, only if it is about the input."""
        if self._is_writable and (not self.is_piped or _is_about_input(event)):
            text = "".join(f"{line}\n" for line in self._format_event(event, model))
            if text and self._is_asking:  # the question stays alone on its line
                self._is_asking = False
                text = f"\n{text}"
            self.transport.write(text.encode(self._encoding, "replace"))

    def show_prompt(self, state: PromptState) -> None:
        """Print a question, and nothing else: the printed events show the rest."""
        before, self._prompt_state = self._prompt_state, state
        if self.is_piped or not self._is_writable:
            return
        if state.question == before.question:
            return
        if before.is_hidden and self._is_asking:
            self.transport.write(b"\n")  # which the terminal did not show either
        if before.is_hidden != state.is_hidden:
            self._hide(state.is_hidden)
        self._is_asking = bool(state.question)
        self.transport.write(printable(state.question).encode(self._encoding, "replace"))

    def clear(self) -> None:
        """Do nothing: a printed line stays."""

    def register_producer(self, producer: IPushProducer) -> None:
        self._unregister_producer()
        if self._is_writable:
            self._producer = producer
            self.transport.registerProducer(producer, True)

    def _unregister_producer(self) -> None:
        if self._producer is not None:
            self._producer = None
            self.transport.unregisterProducer()

    def close(self) -> None:
        self._receiver = None
        if self._prompt_state.is_hidden:
            self._hide(False)
        self._unregister_producer()
        if self._is_writable:
            self.transport.loseConnection()
        else:
            self._fire_closed()

    # -- input -----------------------------------------------------------------------------------------

    def pause_input(self) -> None:
        self.transport.pauseProducing()

    def resume_input(self) -> None:
        self.transport.resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._line_received(line)
        while self._lines.overlong:
            self._lines.overlong -= 1
            if self._receiver is not None:
                self._receiver.unreadable(_("A line was too long and was not sent"))

    def _line_received(self, line: bytes) -> None:
        if self._receiver is None:
            return
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError:
            reason = _("A line is not {encoding} text and was not sent")
            self._receiver.unreadable(reason.format(encoding=self._encoding.upper()))
        else:
            self._receiver.typed(text)

    def readConnectionLost(self) -> None:
        for line in self._lines.end():
            self._line_received(line)
        if self._receiver is not None:
            self._receiver.input_ended()

    def writeConnectionLost(self) -> None:
        self._is_writable = False
        if self._receiver is not None:
            self._receiver.output_lost()
        else:
            self._fire_closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._fire_closed()

    def _fire_closed(self) -> None:
        if not self.closed.called:
            self.closed.callback(None)


class FollowInterface(StdioInterface):
    """Standard output alone, for --follow: there is no input, so its end ends nothing."""

    def dataReceived(self, data: bytes) -> None:
        pass

    def readConnectionLost(self) -> None:
        pass


def _is_about_input(event: Event) -> bool:
    """Tell whether an event says what happened to the lines that came through a pipe."""
    if isinstance(event, MessageReceived):
        return event.is_own and not event.is_old
    if isinstance(event, ReactionReceived | MessageDeleted):
        return event.is_own
    return isinstance(event, _ANSWERS)


_ANSWERS = (
    MessageNotStored,
    InputRejected,
    RequestRefused,
    TableShown,
    HelpShown,
    HistoryShown,
    SearchResults,
    LoggedIn,
    NotLoggedIn,
)
