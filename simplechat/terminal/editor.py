"""The line that is edited, on top of prompt_toolkit, which takes a while to import."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History as LoadedHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import default_ui_style

from simplechat.terminal.line_history import History
from simplechat.terminal.sanitize import printable, visible
from simplechat.terminal.terminal_io import Ends

MENU_LINES = 6


class Listener(Protocol):
    """Who is told what happens at the keyboard."""

    def accepted(self, text: str) -> None:
        """Take what was typed when Enter was pressed."""
        ...

    def interrupted(self) -> None:
        """Take note of Ctrl-C."""
        ...

    @property
    def is_hidden(self) -> bool:
        """True while what is typed must neither be seen nor kept."""
        ...

    @property
    def forgets(self) -> bool:
        """True where Ctrl-C forgets what is being typed."""
        ...

    @property
    def is_inner(self) -> bool:
        """True while Ctrl-D on an empty line leads out to what was before, and ends nothing."""
        ...

    def left(self) -> None:
        """Take note of such a Ctrl-D."""
        ...

    def suspend(self) -> None:
        """Do what Ctrl-Z asks for."""
        ...

    async def completions(self, text: str) -> list[str]:
        """Give words that can take the place of the last one."""
        ...


class Editor:
    """A line at the bottom of a terminal.

    Args:
        terminal: The two ends of it.
        label: Gives what stands before the line.
        history: What was typed before.
    """

    def __init__(
        self,
        terminal: Ends,
        listener: Listener,
        label: Callable[[], Sequence[tuple[str, str]]],
        history: History,
    ) -> None:
        self._input, self._output = terminal
        self._style = default_ui_style()
        self._session: PromptSession[str] = PromptSession(
            lambda: list(label()),
            input=self._input,
            output=self._output,
            completer=_Words(listener.completions),
            complete_while_typing=False,
            reserve_space_for_menu=MENU_LINES,
            history=_Past(history),
            input_processors=[_Hidden(listener), _Harmless()],
            key_bindings=_keys(listener),
            erase_when_done=True,
        )
        self._session.default_buffer.accept_handler = _accepting(listener)

    async def edit(self) -> None:
        """Let people type until `stop`.

        Raises:
            EOFError: Ctrl-D was pressed on an empty line, or the terminal is gone.
        """
        with create_app_session(self._input, self._output):  # there may be others, in other threads
            await self._session.prompt_async(handle_sigint=False, set_exception_handler=False)

    def stop(self, failure: BaseException | None = None) -> None:
        """End `edit`, by raising a failure there if there is one."""
        if not self._session.app.is_running or self._session.app.is_done:
            return
        if failure is None:
            self._session.app.exit(result="")
        else:
            self._session.app.exit(exception=failure)

    def print(self, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Print harmless lines above the one that is edited."""
        fragments: StyleAndTextTuples = []
        for line in lines:
            fragments += [*line, ("", "\n")]
        if self._session.app.is_running:
            self._session.app.renderer.erase()
        print_formatted_text(self._output, fragments, self._style)
        self.redraw()

    def clear(self) -> None:
        """Clear the screen."""
        self._session.app.renderer.clear()
        self.redraw()

    def ring(self) -> None:
        """Ring the bell."""
        self._output.bell()
        self._output.flush()

    def redraw(self) -> None:
        """Draw the line again, soon."""
        self._session.app.invalidate()


def _accepting(listener: Listener) -> Callable[[Buffer], bool]:
    def accept(buffer: Buffer) -> bool:
        text, is_hidden = buffer.text, listener.is_hidden
        if is_hidden:
            buffer.reset(append_to_history=False)
        listener.accepted(text)
        return False  # and the line is empty again

    return accept


def _keys(listener: Listener) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def interrupt(event: KeyPressEvent) -> None:
        if listener.forgets or listener.is_hidden:  # half a password must not be seen afterwards
            event.current_buffer.reset()
        listener.interrupted()

    @keys.add("c-z")
    def suspend(event: KeyPressEvent) -> None:
        run_in_terminal(listener.suspend)

    @keys.add("c-d", filter=Condition(lambda: listener.is_inner and not get_app().current_buffer.text))
    def leave(event: KeyPressEvent) -> None:
        listener.left()

    return keys


class _Words(Completer):
    """Asks for completions and waits for the answer."""

    def __init__(self, ask: Callable[[str], Awaitable[list[str]]]) -> None:
        self._ask = ask

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        text = document.text_before_cursor
        start = -len(text.rpartition(" ")[2])
        for word in map(printable, await self._ask(text)):
            yield Completion(word, start_position=start)


class _Past(LoadedHistory):
    """Shows our history to the library."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._history.lines())

    def append_string(self, string: str) -> None:
        if not self._history.is_secret(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        self._history.add(string)


class _Hidden(Processor):
    """Shows nothing at all of what must not be seen, not even how long it is."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        if not self._listener.is_hidden:
            return Transformation(transformation_input.fragments)
        return Transformation([], source_to_display=lambda place: 0, display_to_source=lambda place: 0)


class _Harmless(Processor):
    """Shows in the line itself, which may have been pasted, what would drive the terminal."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        return Transformation([(style, visible(text)) for style, text, *_ in transformation_input.fragments])
