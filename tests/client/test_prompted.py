"""The front end with the line that is edited: what stands above and before the line."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.chat import Chat, Outcome, Standing
from simplechat.client.events import Noted
from simplechat.client.model import Model
from simplechat.client.prompted import MOST_PENDING, PENDING_S, PromptScreen
from simplechat.client.shown import Shown
from simplechat.terminal.prompt import Line, Prompt
from tests.client.actors import Noon


class PaperPrompt(Prompt):
    """Takes the place of the terminal: notes what it should show."""

    def __init__(self, screen: PromptScreen, call: Callable[..., object]) -> None:
        super().__init__(screen, call, label="")
        self.asked: list[list[str]] = []
        self.shown: list[str] = []

    def ask(self, label: Line, *above: Line, is_inner: bool = False) -> None:
        self.asked.append([_text(line) for line in (*above, label)])

    def show(self, *lines: Line) -> None:
        self.shown += map(_text, lines)

    def begin(self) -> None:
        pass


def _text(line: Line) -> str:
    return line if isinstance(line, str) else "".join(text for _, text in line)


class PromptScreenTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.screen = PromptScreen(lambda *call: None, Shown(Noon(), "+"), self.clock, history=None)
        self.prompt = self.screen.prompt = PaperPrompt(self.screen, lambda *call: None)

    def test_the_room_stands_before_the_line(self) -> None:
        self.screen.stand(Standing("#tea", (), False))
        self.screen.stand(Standing("#tea", (), True))

        self.assertEqual(self.prompt.asked, [["#tea> "], ["(not connected) > "]])

    def test_what_is_confirmed_at_once_is_never_shown_to_be_on_its_way(self) -> None:
        self.screen.stand(Standing("#tea", ("hi",), False))
        self.clock.advance(PENDING_S / 2)
        self.screen.stand(Standing("#tea", (), False))
        self.clock.advance(PENDING_S)

        self.assertEqual(self.prompt.asked, [["#tea> "]])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_is_on_its_way_for_a_while_stands_above_the_line(self) -> None:
        self.screen.stand(Standing("#tea", ("hi \x1b", *"abc"), False))
        self.clock.advance(PENDING_S)

        self.assertEqual(self.prompt.asked, [["… hi ␛", "… a", "… b", "… 1 more is on its way", "#tea> "]])
        self.assertEqual(MOST_PENDING, 3)

    def test_what_happens_is_printed(self) -> None:
        self.screen.tell(Noted("hello"), Model("bob"))

        self.assertEqual(self.prompt.shown, ["* hello"])

    def test_the_keys_mean_what_they_should(self) -> None:
        chat = Chat("bob", "#tea", self.screen, self.clock, lambda: 0.5)
        self.screen.begin(chat)

        completed = self.screen.completions("/joi")
        self.screen.interrupted()

        self.assertEqual(completed, ["/join "])
        self.assertEqual(self.successResultOf(chat.done), Outcome(130, "interrupted"))

    def test_nothing_is_left_to_happen_after_the_end(self) -> None:
        self.screen.stand(Standing("#tea", ("hi",), False))
        self.screen.stand(Standing("#tea", ("hi", "there"), False))

        self.screen.close()
        self.screen.typed("too late")
        self.screen.ended()

        self.assertEqual(self.clock.getDelayedCalls(), [])
