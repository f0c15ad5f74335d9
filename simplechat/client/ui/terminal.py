"""The front end on a terminal: a line that is edited at the bottom, everything that happens above it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime

from simplechat.client.app import Chat
from simplechat.client.commands.dispatch import asks_password, may_hold_password
from simplechat.client.interfaces import PromptState
from simplechat.client.protocol.events import Event
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import DIM, WRONG, EventFormatter
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.terminal.prompt import Line, Prompt
from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import ELLIPSIS, shortened

PENDING_S = 0.3  # that a message may be on its way before it is shown to be
MOST_PENDING = 3  # of them shown
INTERRUPTED = 128 + signal.SIGINT


class TerminalInterface:
    """The screen of a chat, and the typist of a prompt.

    Args:
        call: Has the reactor's thread call a function.
        shown: Makes lines of events.
        clock: For waiting.
        history: The file that keeps what was typed.
        has_bell: Whether the terminal's bell rings when somebody calls us.

    Attributes:
        prompt: The line, and what is printed above it.
    """

    is_piped = False

    def __init__(
        self,
        call: Callable[..., object],
        shown: EventFormatter,
        clock: IReactorTime,
        *,
        history: Path | None,
        has_bell: bool = False,
    ) -> None:
        self.closed: Deferred[None] = succeed(None)
        self.prompt = Prompt(
            self,
            call,
            label=_label(PromptState(is_away=False)),
            history=history,
            is_secret=may_hold_password,
            hides=asks_password,
            is_whole=True,
        )
        self._shown = shown
        self._has_bell = has_bell
        self._clock = clock
        self._chat: Chat | None = None
        self._prompt_state = PromptState()
        self._look: IDelayedCall | None = None

    def start(self, chat: Chat) -> None:
        """Take the terminal, and hand what is typed to this chat."""
        self._chat = chat
        self.prompt.begin()

    # -- what is told ----------------------------------------------------------------------------------

    def show_event(self, event: Event, model: Model) -> None:
        """Print an event."""
        if self._has_bell and self._shown.is_call(event, model):
            self.prompt.ring()
        self.prompt.show(*self._shown.lines(event, model, self.prompt.width))

    def show_prompt(self, prompt_state: PromptState) -> None:
        """Show how things stand; what is on its way, only if it stays so."""
        was_hidden, self._prompt_state = self._prompt_state.is_hidden, prompt_state
        if (
            was_hidden or prompt_state.is_hidden
        ):  # else it is not for us to say: a password may have been begun
            self.prompt.hide(prompt_state.is_hidden)
        if not prompt_state.on_their_way:
            self._cancel()
            self.prompt.ask(_label(prompt_state))
        elif self._look is None:
            self._look = self._clock.callLater(PENDING_S, self._look_again)

    def _look_again(self) -> None:
        self._look = self._clock.callLater(PENDING_S, self._look_again)
        self.prompt.ask(_label(self._prompt_state), *_pending(self._prompt_state, self.prompt.width))

    def _cancel(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def clear(self) -> None:
        """Clear the screen."""
        self.prompt.clear()

    def pause_input(self) -> None:
        """Go on: what was typed is there already."""

    def resume_input(self) -> None:
        """Go on."""

    def register_producer(self, producer: IPushProducer) -> None:
        """Let the server talk: what nobody can read any more is left out."""

    def close(self) -> None:
        """Print what is left and give the terminal back."""
        self._chat = None
        self._cancel()
        self.prompt.close()

    # -- what is typed ---------------------------------------------------------------------------------

    def typed(self, text: str) -> None:
        if self._chat is None:
            return
        self._chat.typed(text)
        if asks_password(text) and not self._prompt_state.is_hidden:  # it was the answer to something else
            self.prompt.hide(False)

    def ended(self) -> None:
        if self._chat is not None:
            self._chat.input_ended()

    def interrupted(self) -> None:
        if self._chat is not None and not self._chat.drop_question():
            self._chat.interrupted(INTERRUPTED, _("interrupted"))

    def completions(self, text: str) -> list[str]:
        return self._chat.completions(text) if self._chat is not None else []


def _label(prompt_state: PromptState) -> Line:
    if prompt_state.question:
        return [("bold", prompt_state.question)]
    if prompt_state.is_away:
        return [(WRONG, _("(not connected)")), ("", " > ")]
    return [("bold", prompt_state.room), ("", "> ")]


def _pending(prompt_state: PromptState, width: int) -> list[Line]:
    """Give lines with what is on its way."""
    texts = prompt_state.on_their_way[:MOST_PENDING]
    lines = [shortened(printable(f"{ELLIPSIS} {text}"), width - 1) for text in texts]
    more = len(prompt_state.on_their_way) - len(texts)
    if more:
        told = ngettext("{count} more is on its way", "{count} more are on their way", more)
        lines.append(f"{ELLIPSIS} {told.format(count=more)}")
    return [[(DIM, line)] for line in lines]
