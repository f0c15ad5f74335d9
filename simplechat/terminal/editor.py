"""The edited line, on top of prompt_toolkit (which is slow to import, so import this late)."""

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
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import default_ui_style

from simplechat.terminal.line_history import LineHistory
from simplechat.terminal.sanitize import printable, visible
from simplechat.terminal.terminal_io import TerminalIO

MENU_LINES = 6


class EditorListener(Protocol):
    """What is called when something happens at the keyboard."""

    def accepted(self, text: str) -> None:
        """Handle the line when Enter was pressed."""
        ...

    def interrupted(self) -> None:
        """Handle Ctrl-C."""
        ...

    @property
    def is_hidden(self) -> bool:
        """True while the line must be neither shown nor kept in the history, as for a password."""
        ...

    @property
    def clears_on_interrupt(self) -> bool:
        """True where Ctrl-C discards the line."""
        ...

    @property
    def is_inner(self) -> bool:
        """True while Ctrl-D on an empty line leaves an inner prompt instead of ending this one."""
        ...

    def left(self) -> None:
        """Handle Ctrl-D in an inner prompt."""
        ...

    def suspend(self) -> None:
        """Handle Ctrl-Z."""
        ...

    async def completions(self, text: str) -> list[str]:
        """Return words that can replace the last one."""
        ...


class Editor:
    """An edited line at the bottom of a terminal.

    Args:
        terminal: Its input and output.
        label: Returns what is shown before the line.
        history: The lines typed before.
    """

    def __init__(
        self,
        terminal: TerminalIO,
        listener: EditorListener,
        label: Callable[[], Sequence[tuple[str, str]]],
        history: LineHistory,
    ) -> None:
        self._input, self._output = terminal
        self._style = default_ui_style()
        self._session: PromptSession[str] = PromptSession(
            lambda: list(label()),
            input=self._input,
            output=self._output,
            completer=_ListenerCompleter(listener.completions),
            complete_while_typing=False,
            reserve_space_for_menu=MENU_LINES,
            history=_FileHistory(history),
            input_processors=[_HideLine(listener), _ShowControls()],
            key_bindings=_key_bindings(listener),
            erase_when_done=True,
        )
        self._session.default_buffer.accept_handler = _accept_handler(listener)

    async def edit(self) -> None:
        """Run until `stop` is called.

        Raises:
            EOFError: Ctrl-D was pressed on an empty line, or the terminal is gone.
        """
        with create_app_session(self._input, self._output):  # there may be others, in other threads
            await self._session.prompt_async(handle_sigint=False, set_exception_handler=False)

    def stop(self, failure: BaseException | None = None) -> None:
        """End `edit`; raise the failure there, if there is one."""
        if not self._session.app.is_running or self._session.app.is_done:
            return
        if failure is None:
            self._session.app.exit(result="")
        else:
            self._session.app.exit(exception=failure)

    def print(self, lines: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Print sanitized lines above the edited one."""
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
        """Redraw the edited line soon."""
        self._session.app.invalidate()


def _accept_handler(listener: EditorListener) -> Callable[[Buffer], bool]:
    def accept(buffer: Buffer) -> bool:
        text, is_hidden = buffer.text, listener.is_hidden
        if is_hidden:
            buffer.reset(append_to_history=False)
        listener.accepted(text)
        return False  # and the line is empty again

    return accept


def _key_bindings(listener: EditorListener) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def interrupt(event: KeyPressEvent) -> None:
        if listener.clears_on_interrupt or listener.is_hidden:  # half a password must not be seen afterwards
            event.current_buffer.reset()
        listener.interrupted()

    @keys.add("c-z")
    def suspend(event: KeyPressEvent) -> None:
        run_in_terminal(listener.suspend)

    @keys.add("c-d", filter=Condition(lambda: listener.is_inner and not get_app().current_buffer.text))
    def leave(event: KeyPressEvent) -> None:
        listener.left()

    return keys


class _ListenerCompleter(Completer):
    """Completes words by asking the listener."""

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


class _FileHistory(History):
    """Adapts `LineHistory` to prompt_toolkit."""

    def __init__(self, history: LineHistory) -> None:
        super().__init__()
        self._history = history

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._history.lines())

    def append_string(self, string: str) -> None:
        if not self._history.is_secret(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        self._history.add(string)


class _HideLine(Processor):
    """Hides the whole line, its length included."""

    def __init__(self, listener: EditorListener) -> None:
        self._listener = listener

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        if not self._listener.is_hidden:
            return Transformation(transformation_input.fragments)
        return Transformation([], source_to_display=lambda place: 0, display_to_source=lambda place: 0)


class _ShowControls(Processor):
    """Makes control characters in the line itself visible; it may have been pasted."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        return Transformation([(style, visible(text)) for style, text, *_ in transformation_input.fragments])
