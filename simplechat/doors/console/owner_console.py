"""The owner's prompt: what is typed where the server was started, or over SSH, and what it answers there."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from simplechat.doors.net.connections import Connection
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, marked
from simplechat.owner_answers import Answer, ClearScreen, EndOfAnswer, Progress, Question, StartPython

NAME = "console"  # of who speaks here, in the audit log
LABEL = "simplechat> "
MOST_TYPED = 64  # lines that may wait for the one before, where they can be held back
HIDDEN = r"\1***"  # a line's secret, where the line is shown or kept


_SECRET = re.compile(r"(\s*account\s+(?:add|passwd)\s+\S+\s+)\S.*", re.IGNORECASE)


def has_secret(line: str) -> bool:
    """Tell whether a line that is typed holds a password."""
    return _SECRET.fullmatch(line) is not None


class Screen(Protocol):
    """Where answers are shown, and what is typed comes from; see `terminal.prompt`.

    Attributes:
        width: In columns, now.
    """

    @property
    def width(self) -> int:
        """How many columns it has now."""
        ...

    def show(self, *lines: str) -> None:
        """Print lines."""
        ...

    def set_label(self, label: str, *, is_inner: bool = False) -> None:
        """Put another label before what is typed; with `is_inner` Ctrl-D leads out of something first."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def close(self) -> None:
        """Print what is left, and give the screen back."""
        ...


class Inner(Protocol):
    """Another prompt within this one, such as Python's.

    Attributes:
        label: What stands before what is typed now.
    """

    label: str

    def typed(self, text: str) -> bool:
        """Take a line; False where it leads out."""
        ...

    def completions(self, text: str) -> list[str]:
        """Give what may take the place of the last word of a line that is being typed."""
        ...

    def discard(self) -> None:
        """Forget what was typed and is not whole yet."""
        ...


class OwnerTalk(Connection, Protocol):
    """What the prompt wants of its conversation."""

    def completions(self, text: str) -> list[str]:
        """Give what may take the place of the last word of a line that is being typed."""
        ...


class Console:
    """A prompt, and the writer of its conversation at once.

    Args:
        prompt: Begins the conversation, over a writer and under a name.
        interrupt: Called when the prompt is interrupted, as by Ctrl-C; None where that only means that what
            is being typed is not wanted.
        name: Of who types, in the audit log.
        python: Makes a Python prompt for this console, where there can be one.
        caught_up: Called whenever nothing that was typed waits any more.
    """

    def __init__(
        self,
        prompt: Callable[[Console, str], OwnerTalk],
        interrupt: Callable[[], None] | None,
        *,
        name: str = NAME,
        python: Callable[[Console], Inner] | None = None,
        caught_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._interrupt = interrupt
        self._python = python
        self._caught_up = caught_up
        self._inner: Inner | None = None
        self._screen: Screen | None = None
        self._early: list[str] = []
        self._can_ask = False
        self._again = ""  # the line that says yes to the question asked last
        self._question = ""
        self._typed: deque[str] = deque()  # while a line before is being answered
        self._is_answering = False
        self._is_paused = False
        self._is_ended = False
        self._talk = prompt(self, name)
        self._talk.begin()

    def begin(self, screen: Screen, *, can_ask: bool) -> None:
        """Show answers on this screen from now on; where nobody watches it, ask nothing there."""
        self._screen = screen
        self._can_ask = can_ask
        screen.show(*self._early)

    def tell(self, *lines: str) -> None:
        """Show lines that nobody asked for."""
        if self._screen is not None:
            self._screen.show(*lines)
        elif not self._is_ended:
            self._early += lines

    # -- from the keyboard -----------------------------------------------------------------------------

    def typed(self, text: str) -> None:
        """Take a line."""
        self._typed.append(text)
        self._go_on()

    @property
    def is_behind(self) -> bool:
        """True while more was typed than should be before some of it is answered."""
        return len(self._typed) >= MOST_TYPED

    def _go_on(self) -> None:
        """Take the next line once all of the answer to the one before was shown: it may be a question."""
        while self._typed and not (self._is_answering or self._is_paused):
            self._obey(self._typed.popleft())
        if self._is_ended and not (self._typed or self._is_answering):
            self._leave_screen()
        if not self._typed:
            self._caught_up()

    def _obey(self, text: str) -> None:
        if self._can_ask:
            self.tell(f"{self._usual_label}{text if self._inner else _SECRET.sub(HIDDEN, text)}")
        if self._again:
            again, self._again = self._again, ""
            self._label("")
            if is_yes(text):
                self.say(again)
            else:
                self.tell(_("Nothing was done"))
        elif self._inner is not None:
            if not self._inner.typed(text):
                self._inner = None
            self._label("")
        elif text.strip():
            self.say(text)

    def say(self, line: str) -> None:
        """Have a line run; its answer is shown."""
        self._is_answering = True
        self._talk.hear(line.encode("utf-8", "replace"))

    def ended(self) -> None:
        """Take note that nothing more will be typed; what was is still answered, and the server goes on."""
        self._is_ended = True
        self._go_on()

    def _leave_screen(self) -> None:
        self.tell(_("The prompt is closed and the server goes on; simplechat console opens another"))
        screen, self._screen = self._screen, None
        if screen is not None:
            screen.close()

    def left(self) -> None:
        """Leave the prompt within this one."""
        self._inner = None
        self._label("")

    def interrupted(self) -> None:
        """Stop the server, as Ctrl-C does where it was started; elsewhere it means no, or another line."""
        if self._interrupt is not None:
            self._interrupt()
            return
        if self._again:
            self._again = ""
            self.tell(self._question, _("Nothing was done"))
        if self._inner is not None:
            self._inner.discard()
        self._label("")

    def completions(self, text: str) -> list[str]:
        """Give what may take the place of the last word of a line that is being typed."""
        if self._inner is not None:
            return self._inner.completions(text)
        return self._talk.completions(text)

    # -- from the server -------------------------------------------------------------------------------

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Show answers; after the last one to a line, run the next line."""
        for answer in answers:
            if self._screen is not None:
                self._show(self._screen, answer)
            if isinstance(answer, EndOfAnswer):
                self._is_answering = False
                self._go_on()

    def send(self, lines: list[bytes]) -> None:
        """Ignore lines of IRC; an owner's prompt gets none."""

    def _show(self, screen: Screen, answer: Answer) -> None:
        # Imported when it is needed, so that a server starts quickly.
        from simplechat.terminal.answer_text import answer_lines

        match answer:
            case ClearScreen():
                screen.clear()
            case Question():
                self._ask(answer)
            case Progress(done, total):
                self._label(f"{100 * done // max(1, total)} % ")
            case StartPython():
                self._enter_python()
            case EndOfAnswer():
                self._label("")
            case _:
                screen.show(*answer_lines(answer, screen.width))

    def _enter_python(self) -> None:
        if self._python is not None and self._inner is None:
            self._inner = self._python(self)

    def _ask(self, question: Question) -> None:
        from simplechat.terminal.answer_text import answer_sentence

        if self._can_ask:
            self._again = question.again
            self._question = f"{answer_sentence(question)} {_('[y/N]')} "
        else:
            self.tell(answer_sentence(question), question.again)

    def _label(self, label: str) -> None:
        """Put a label before what is typed: this one, else the question that is open, else the usual one."""
        if self._screen is None:
            return
        if self._inner is None:
            self._screen.set_label(label or self._usual_label)
        elif self._can_ask:
            self._screen.set_label(label or self._usual_label, is_inner=True)

    @property
    def _usual_label(self) -> str:
        if self._again:
            return self._question
        return LABEL if self._inner is None else self._inner.label

    def close(self) -> None:
        """The conversation is over."""
        self._screen = None

    abort = close

    def pause(self) -> None:
        """Hold back what is typed."""
        self._is_paused = True

    def resume(self) -> None:
        """Hand on what is typed again."""
        self._is_paused = False
        self._go_on()


YES_IN_CATALOGUES = (marked("y"), marked("yes"), marked("[y/N]"))
"""Single words that catalogues must have."""
