"""The user interface with a prompt: what is shown above and before the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.app import ChatApp
from simplechat.client.commands.dispatch import asks_password
from simplechat.client.interfaces import ClientServices, ExitStatus, PromptState
from simplechat.client.protocol.events import NoteShown
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from simplechat.client.ui.styled_text import Span, Style
from simplechat.client.ui.terminal import (
    MAX_UNCONFIRMED,
    NICK_COLORS,
    STYLES,
    UNCONFIRMED_S,
    TerminalInterface,
    fragments_of,
    nick_color,
)
from simplechat.terminal.prompt import Line, Prompt
from tests.support.client_harness import derive_key, noon
from tests.support.in_memory_client import InMemoryKeyring


class RecordingPrompt(Prompt):
    """Replaces the terminal: records what it should show."""

    def __init__(self, screen: TerminalInterface, call: Callable[..., object]) -> None:
        super().__init__(screen, call, label="", hides_next=asks_password, keeps_pastes_whole=True)
        self.labels: list[list[str]] = []
        self.shown: list[str] = []

    def set_label(self, label: Line, *above: Line, is_inner: bool = False) -> None:
        self.labels.append([_text(line) for line in (*above, label)])

    def show(self, *lines: Line) -> None:
        self.shown += map(_text, lines)

    def start(self) -> None:
        pass


def _text(line: Line) -> str:
    return line if isinstance(line, str) else "".join(text for _, text in line)


class TerminalInterfaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.screen = TerminalInterface(
            lambda *call: None, EventFormatter("+", local_time=noon), self.clock, history=None
        )
        self.prompt = self.screen.prompt = RecordingPrompt(self.screen, lambda *call: None)

    def test_the_channel_is_shown_before_the_line(self) -> None:
        self.screen.show_prompt(PromptState("#tea", (), True))
        self.screen.show_prompt(PromptState("#tea", (), False))

        self.assertEqual(self.prompt.labels, [["#tea> "], ["(not connected) > "]])

    def test_a_message_confirmed_at_once_is_never_shown_as_unconfirmed(self) -> None:
        self.screen.show_prompt(PromptState("#tea", ("hi",), True))
        self.clock.advance(UNCONFIRMED_S / 2)
        self.screen.show_prompt(PromptState("#tea", (), True))
        self.clock.advance(UNCONFIRMED_S)

        self.assertEqual(self.prompt.labels, [["#tea> "]])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_message_unconfirmed_for_a_while_is_shown_above_the_line(self) -> None:
        self.screen.show_prompt(PromptState("#tea", ("hi \x1b", *"abc"), True))
        self.clock.advance(UNCONFIRMED_S)

        self.assertEqual(self.prompt.labels, [["… hi ␛", "… a", "… b", "… 1 more is on its way", "#tea> "]])
        self.assertEqual(MAX_UNCONFIRMED, 3)

    def test_an_event_is_printed(self) -> None:
        self.screen.show_event(NoteShown("hello"), Model("bob"))

        self.assertEqual(self.prompt.shown, ["* hello"])

    def test_tab_completes_and_ctrl_c_ends(self) -> None:
        chat = ChatApp(
            "bob", "#tea", self.screen, ClientServices(self.clock, lambda: 0.5, lambda: "", derive_key)
        )
        self.screen.start(chat)

        completed = self.screen.completions("/joi")
        self.screen.interrupted()

        self.assertEqual(completed, ["/join "])
        self.assertEqual(self.successResultOf(chat.done), ExitStatus(130, "interrupted"))

    def test_nothing_is_left_to_happen_after_the_end(self) -> None:
        self.screen.show_prompt(PromptState("#tea", ("hi",), True))
        self.screen.show_prompt(PromptState("#tea", ("hi", "there"), True))

        self.screen.close()
        self.screen.typed("too late")
        self.screen.ended()

        self.assertEqual(self.clock.getDelayedCalls(), [])


class QuestionTests(SynchronousTestCase):
    """Questions at the prompt, and hidden passwords."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.screen = TerminalInterface(
            lambda *call: None, EventFormatter("+", local_time=noon), self.clock, history=None
        )
        self.prompt = self.screen.prompt = RecordingPrompt(self.screen, lambda f, *args: f(*args))
        services = ClientServices(self.clock, lambda: 0.5, lambda: "", derive_key, InMemoryKeyring())
        self.chat = ChatApp("bob", "#tea", self.screen, services)
        self.screen.start(self.chat)

    def test_input_after_a_command_that_asks_for_a_password_is_hidden_at_once(self) -> None:
        hidden = []
        self.prompt._call = lambda *call: hidden.append(self.prompt.is_hidden)

        self.prompt.accepted("hi")
        self.prompt.accepted("/login ann")
        self.prompt.accepted("typed ahead")

        self.assertEqual(hidden, [False, True, True])

    def test_it_is_hidden_until_the_last_password_was_typed(self) -> None:
        seen = []
        for line in ("/register", "pencil", "pencil", "n"):
            self.prompt.accepted(line)
            seen.append((self.prompt.labels[-1], self.prompt.is_hidden))

        self.assertEqual(
            seen[:3],
            [
                (["New password for bob: "], True),
                (["Once more: "], True),
                (["Save it in the system's keyring? [y/N] "], False),
            ],
        )
        self.assertFalse(self.prompt.is_hidden)

    def test_an_answer_that_looks_like_a_command_hides_nothing_for_good(self) -> None:
        for line in ("/login", "pencil", "/login"):
            self.prompt.accepted(line)

        self.assertFalse(self.prompt.is_hidden)

    def test_ctrl_c_drops_the_question_and_not_the_client(self) -> None:
        self.prompt.accepted("/login")

        self.screen.interrupted()
        shown, hidden, asked = self.prompt.shown[-1], self.prompt.is_hidden, self.prompt.labels[-1]
        self.assertNoResult(self.chat.done)
        self.screen.interrupted()

        self.assertEqual((shown, hidden, asked), ("* nothing was done", False, ["(not connected) > "]))
        self.assertEqual(self.successResultOf(self.chat.done).code, 130)

    def test_nothing_is_completed_during_a_question(self) -> None:
        self.prompt.accepted("/login")

        self.assertEqual(self.screen.completions("/he"), [])

    def test_a_paste_is_passed_on_as_one_text(self) -> None:
        typed: list[object] = []
        self.prompt._call = lambda f, *args: typed.extend(args)

        self.prompt.accepted("one\r\ntwo\rthree\n")

        self.assertEqual(typed, ["one\ntwo\nthree"])

    def test_the_bell_rings_for_a_mention_only_if_wanted(self) -> None:
        rung = []
        self.prompt.ring = lambda: rung.append(1)  # type: ignore[method-assign]
        call = MessageReceived(None, "ann", "#tea", "bob: hi", "PRIVMSG", "1", False)
        for has_bell, event in (
            (False, call),
            (True, call),
            (True, replace(call, text="hi")),
            (True, replace(call, is_own=True)),
            (True, replace(call, is_old=True)),
            (True, replace(call, target="bob", text="hi")),
        ):
            self.screen._formatter = EventFormatter("+", has_bell=has_bell)
            self.screen.show_event(event, Model("bob"))
            rung.append(0)

        self.assertEqual(rung, [0, 1, 0, 0, 0, 0, 1, 0])


class StyleTests(SynchronousTestCase):
    def test_each_style_and_each_nick_has_a_look(self) -> None:
        fragments = fragments_of([Span("ann", Style.NICK), Span(": hi"), Span(" +", Style.CONFIRMED)])

        self.assertEqual(fragments, [(nick_color("ann"), "ann"), ("", ": hi"), ("ansigreen", " +")])
        self.assertEqual(STYLES.keys(), set(Style) - {Style.NICK})

    def test_a_nick_has_its_color_however_it_is_spelt(self) -> None:
        self.assertEqual(nick_color("Ann"), nick_color("ann"))
        self.assertGreater(len({nick_color(nick) for nick in ("ann", "ben", "cem", "dan", "eve")}), 2)
        self.assertIn(nick_color("ann"), NICK_COLORS)
