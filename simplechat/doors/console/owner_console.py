"""The owner's console: runs the lines typed at a prompt one by one, and shows their answers."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from simplechat.doors.net.connections import Connection
from simplechat.locale import gettext as _
from simplechat.locale import is_yes, marked
from simplechat.owner_answers import Answer, ClearScreen, EndOfAnswer, Progress, Question, StartPython

NAME = "console"  # in the audit log
LABEL = "simplechat> "
MAX_WAITING_LINES = 64  # from here on, an input that can be paused is
HIDDEN = r"\1***"  # replaces a password where a line is shown


_SECRET = re.compile(r"(\s*account\s+(?:add|passwd)\s+\S+\s+)\S.*", re.IGNORECASE)


def has_secret(line: str) -> bool:
    """Tell whether a line holds a password."""
    return _SECRET.fullmatch(line) is not None


class Screen(Protocol):
    """Where answers are shown; see `terminal.prompt.Prompt` and `console_input.PlainLineInput`.

    Attributes:
        width: In columns, now.
    """

    @property
    def width(self) -> int:
        """Its columns now."""
        ...

    def show(self, *lines: str) -> None:
        """Print lines."""
        ...

    def set_label(self, label: str, *, is_inner: bool = False) -> None:
        """Change the label before the edited line; with `is_inner`, Ctrl-D leaves an inner prompt."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def close(self) -> None:
        """Print what is left, and restore the terminal."""
        ...


class Inner(Protocol):
    """Another prompt within this one, such as Python's.

    Attributes:
        label: Shown before the edited line.
    """

    label: str

    def typed(self, text: str) -> bool:
        """Handle a line; return False when it leaves this prompt."""
        ...

    def completions(self, text: str) -> list[str]:
        """Return candidates for the last word of the line."""
        ...

    def discard(self) -> None:
        """Discard input that is not complete yet."""
        ...


class OwnerConnection(Connection, Protocol):
    """A conversation with the owner."""

    def completions(self, text: str) -> list[str]:
        """Return candidates for the last word of the line."""
        ...


class Console:
    """The owner's console, which is also the writer of its conversation.

    Args:
        prompt: Begins the conversation, over a writer and under a name.
        interrupt: Called on Ctrl-C; None where Ctrl-C only discards the line.
        name: The console's name in the audit log.
        python: Makes a Python prompt for this console, where there can be one.
        caught_up: Called whenever no typed line waits any more.
    """

    def __init__(
        self,
        prompt: Callable[[Console, str], OwnerConnection],
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
        self._confirmed_line = ""  # the line that says yes to the open question
        self._question = ""
        self._typed: deque[str] = deque()  # lines that wait for the answer to an earlier one
        self._is_answering = False
        self._is_paused = False
        self._is_ended = False
        self._talk = prompt(self, name)
        self._talk.begin()

    def begin(self, screen: Screen, *, can_ask: bool) -> None:
        """Show answers on a screen from now on.

        Args:
            can_ask: Whether somebody sits there who can answer questions.
        """
        self._screen = screen
        self._can_ask = can_ask
        screen.show(*self._early)

    def tell(self, *lines: str) -> None:
        """Show lines that are not an answer."""
        if self._screen is not None:
            self._screen.show(*lines)
        elif not self._is_ended:
            self._early += lines

    # -- input ------------------------------------------------------------------------------------------

    def typed(self, text: str) -> None:
        """Queue a typed line."""
        self._typed.append(text)
        self._run_waiting()

    @property
    def is_behind(self) -> bool:
        """True while so many typed lines wait that the input should pause."""
        return len(self._typed) >= MAX_WAITING_LINES

    def _run_waiting(self) -> None:
        """Run waiting lines, each after the whole answer to the one before: that may be a question."""
        while self._typed and not (self._is_answering or self._is_paused):
            self._run_typed(self._typed.popleft())
        if self._is_ended and not (self._typed or self._is_answering):
            self._close_screen()
        if not self._typed:
            self._caught_up()

    def _run_typed(self, text: str) -> None:
        if self._can_ask:
            self.tell(f"{self._usual_label}{text if self._inner else _SECRET.sub(HIDDEN, text)}")
        if self._confirmed_line:
            line, self._confirmed_line = self._confirmed_line, ""
            self._set_label("")
            if is_yes(text):
                self.run(line)
            else:
                self.tell(_("Nothing was done"))
        elif self._inner is not None:
            if not self._inner.typed(text):
                self._inner = None
            self._set_label("")
        elif text.strip():
            self.run(text)

    def run(self, line: str) -> None:
        """Run a line of the owner's; the answer is shown when it comes."""
        self._is_answering = True
        self._talk.hear(line.encode("utf-8", "replace"))

    def ended(self) -> None:
        """Handle the end of input: waiting lines are still run, and the server goes on."""
        self._is_ended = True
        self._run_waiting()

    def _close_screen(self) -> None:
        self.tell(_("The prompt is closed and the server goes on; simplechat console opens another"))
        screen, self._screen = self._screen, None
        if screen is not None:
            screen.close()

    def left(self) -> None:
        """Leave the inner prompt."""
        self._inner = None
        self._set_label("")

    def interrupted(self) -> None:
        """Handle Ctrl-C: stop the server where it was started; elsewhere discard the question or the line."""
        if self._interrupt is not None:
            self._interrupt()
            return
        if self._confirmed_line:
            self._confirmed_line = ""
            self.tell(self._question, _("Nothing was done"))
        if self._inner is not None:
            self._inner.discard()
        self._set_label("")

    def completions(self, text: str) -> list[str]:
        """Return candidates for the last word of the line."""
        if self._inner is not None:
            return self._inner.completions(text)
        return self._talk.completions(text)

    # -- output -----------------------------------------------------------------------------------------

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Show answers; after the last one to a line, run the next line."""
        for answer in answers:
            if self._screen is not None:
                self._show(self._screen, answer)
            if isinstance(answer, EndOfAnswer):
                self._is_answering = False
                self._run_waiting()

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
                self._set_label(f"{100 * done // max(1, total)} % ")
            case StartPython():
                self._open_python()
            case EndOfAnswer():
                self._set_label("")
            case _:
                screen.show(*answer_lines(answer, screen.width))

    def _open_python(self) -> None:
        if self._python is not None and self._inner is None:
            self._inner = self._python(self)

    def _ask(self, question: Question) -> None:
        from simplechat.terminal.answer_text import answer_sentence

        if self._can_ask:
            self._confirmed_line = question.again
            self._question = f"{answer_sentence(question)} {_('[y/N]')} "
        else:
            self.tell(answer_sentence(question), question.again)

    def _set_label(self, label: str) -> None:
        """Show a label before the edited line; "" for the open question, or else the usual one."""
        if self._screen is None:
            return
        if self._inner is None:
            self._screen.set_label(label or self._usual_label)
        elif self._can_ask:
            self._screen.set_label(label or self._usual_label, is_inner=True)

    @property
    def _usual_label(self) -> str:
        if self._confirmed_line:
            return self._question
        return LABEL if self._inner is None else self._inner.label

    def close(self) -> None:
        """Handle the end of the conversation."""
        self._screen = None

    abort = close

    def pause(self) -> None:
        """Stop running typed lines."""
        self._is_paused = True

    def resume(self) -> None:
        """Run typed lines again."""
        self._is_paused = False
        self._run_waiting()


CATALOGUE_WORDS = (marked("y"), marked("yes"), marked("[y/N]"))
"""Words that every catalogue must translate."""
