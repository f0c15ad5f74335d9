"""The owner's prompt: what is typed is run, what is answered is shown, and what cannot be undone is asked."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from simplechat.conversation import OwnerConversation
from simplechat.doors.console.console_input import PlainLineInput
from simplechat.doors.console.owner_console import LABEL, MAX_WAITING_LINES, Console
from simplechat.hub.user import Session
from simplechat.hub.writer import OwnerWriter
from tests.support.stage import Stage


class FakeScreen:
    """A screen that can be looked at."""

    def __init__(self, width: int = 80) -> None:
        self.width = width
        self.lines: list[str] = []
        self.labels: list[str] = []
        self.is_closed = False
        self.is_inner = False

    def show(self, *lines: str) -> None:
        assert not self.is_closed
        self.lines += lines

    def set_label(self, label: str, *, is_inner: bool = False) -> None:
        assert not self.is_closed
        self.labels.append(label)
        self.is_inner = is_inner

    def clear(self) -> None:
        self.lines.clear()

    def close(self) -> None:
        self.is_closed = True


def prompt_on(stage: Stage) -> Callable[[OwnerWriter, str], OwnerConversation]:
    """Give what begins conversations with the owner on a stage."""

    def prompt(writer: OwnerWriter, name: str) -> OwnerConversation:
        session = Session(writer, "", answer_writer=writer)
        session.nick = name
        return OwnerConversation(stage.hub, stage.services, stage.clock, session)

    return prompt


class ConsoleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.interrupts = 0
        self.console = Console(prompt_on(self.stage), self.interrupt)
        self.screen = FakeScreen()

    def interrupt(self) -> None:
        """Take note of Ctrl-C."""
        self.interrupts += 1

    def begin(self, *, can_ask: bool = True) -> None:
        """Give it the screen."""
        self.console.begin(self.screen, can_ask=can_ask)

    def types(self, *lines: str) -> list[str]:
        """Type lines at once, and give what is shown."""
        self.screen.lines.clear()
        for line in lines:
            self.console.typed(line)
        self.stage.settle()
        return self.screen.lines

    def test_what_is_typed_stays_to_be_seen_above_its_answer(self) -> None:
        self.begin()

        shown = self.types("who eve")

        self.assertEqual(shown, [f"{LABEL}who eve", "! Nobody here is called eve; clients lists who is here"])

    def test_where_nobody_watches_only_answers_are_shown(self) -> None:
        self.begin(can_ask=False)

        self.assertEqual(self.types("who eve"), ["! Nobody here is called eve; clients lists who is here"])

    def test_what_is_told_early_is_shown_once_there_is_a_screen(self) -> None:
        self.console.tell("Listening", "and more")
        self.begin()

        self.assertEqual(self.screen.lines, ["Listening", "and more"])

    def test_tables_fit_the_screen(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.says("PRIVMSG #tea :" + "word " * 60)
        self.screen.width = 40
        self.begin()

        shown = self.types("messages")[1:]

        self.assertTrue(all(len(line) <= 40 for line in shown), shown)
        self.assertGreater(len(shown), 5)

    def test_what_people_typed_drives_no_terminal(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        nasty = "\x1b]0;owned\x07 \x9b31m \u202e {0} \x7f"
        ann.says(f"PRIVMSG #tea :{nasty}", f"TOPIC #tea :{nasty}", f"SETNAME :{nasty}", f"AWAY :{nasty}")
        self.begin()

        shown = "\n".join(self.types("messages", "rooms", "who ann", "list"))

        self.assertIn("{0}", shown)
        self.assertTrue(all(line.isprintable() for line in shown.split("\n")), shown)

    def test_what_cannot_be_undone_is_asked_and_yes_does_it(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.says("PRIVMSG #tea :hello")
        self.begin()

        self.types("clear tea")
        self.assertEqual(
            self.screen.labels[-1], "This deletes all 1 messages of #tea for good. Really? [y/N] "
        )
        self.assertEqual(self.stage.store.texts(), ["hello"])
        shown = self.types("y")

        self.assertEqual(shown[-1], "Messages deleted for good: 1")
        self.assertEqual((self.stage.store.texts(), self.screen.labels[-1]), ([], LABEL))

    def test_anything_else_does_nothing(self) -> None:
        self.begin()

        for answer in ("", "n", "no", "exit", "yes!", "yy"):
            shown = self.types("exit", answer)
            self.assertEqual(shown[-1], "Nothing was done", answer)
            self.assertEqual(self.screen.labels[-1], LABEL)
        self.types("y")

        self.assertEqual(self.stage.stops, [])

    def test_where_nobody_watches_the_line_that_says_yes_is_told(self) -> None:
        self.begin(can_ask=False)

        shown = self.types("exit", "y")

        self.assertEqual(shown[1], "exit yes")
        self.assertEqual(self.stage.stops, [])
        self.types("exit yes")
        self.assertEqual(self.stage.stops, [(0, "")])

    def test_how_far_something_came_stands_before_the_line(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.says(*["PRIVMSG #tea :hello"] * 700)
        self.begin()

        self.types("clear tea yes")

        self.assertEqual(self.screen.labels, ["71 % ", "100 % ", LABEL])

    def test_lines_typed_while_a_verb_works_wait_their_turn(self) -> None:
        self.stage.enter("ann", room="#tea")
        self.begin()

        shown = self.types("messages", "who eve", "messages milk", "who mal")

        self.assertEqual(
            [line for line in shown if line.startswith((LABEL, "!"))],
            [
                f"{LABEL}messages",
                f"{LABEL}who eve",
                "! Nobody here is called eve; clients lists who is here",
                f"{LABEL}messages milk",
                "! There is no room #milk; rooms lists them",
                f"{LABEL}who mal",
                "! Nobody here is called mal; clients lists who is here",
            ],
        )

    def test_a_thousand_lines_pasted_at_once_are_all_run(self) -> None:
        self.stage.enter("ann", room="#tea")
        self.begin(can_ask=False)

        shown = self.types("messages", *["messages milk"] * 1000, *["cls"], *["messages milk"] * 1000)

        self.assertEqual(shown, ["! There is no room #milk; rooms lists them"] * 1000)

    def test_half_characters_are_no_fault(self) -> None:
        self.begin()

        shown = self.types("who \udcff\ud800")

        self.assertIn("who ??", "".join(shown).replace("\udcff", "?").replace("\ud800", "?"))
        self.assertTrue(shown[-1].startswith("! Nobody here is called"))

    def test_an_interrupt_is_told(self) -> None:
        self.begin()

        self.console.interrupted()

        self.assertEqual(self.interrupts, 1)

    def test_the_screen_is_cleared(self) -> None:
        self.begin()

        self.assertEqual(self.types("who eve", "cls"), [])

    def test_when_nothing_more_is_typed_the_server_goes_on(self) -> None:
        self.begin()

        self.console.ended()
        self.console.ended()
        self.console.tell("Somebody came")

        self.assertTrue(self.screen.is_closed)
        self.assertIn("the server goes on", self.screen.lines[-1])
        self.assertEqual((self.stage.stops, self.interrupts), ([], 0))

    def test_what_was_typed_before_the_end_is_answered_before_the_screen_closes(self) -> None:
        (ann,) = self.stage.enter("ann")
        self.begin(can_ask=False)
        self.stage.store.is_held = True

        self.console.typed("broadcast hello")
        self.console.typed("messages")
        self.console.typed("who eve")
        self.console.ended()
        self.stage.settle()
        self.assertFalse(self.screen.is_closed)
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(self.screen.lines[0], "Connections reached: 1")
        self.assertEqual(self.screen.lines[-2], "! Nobody here is called eve; clients lists who is here")
        self.assertTrue(self.screen.is_closed)
        self.assertEqual(len(ann.hears()), 1)

    def test_an_end_before_there_is_a_screen_is_no_fault(self) -> None:
        self.console.ended()
        self.console.tell("Listening")

        self.assertEqual(self.screen.lines, [])


class Parrot:
    """A prompt within the prompt: it repeats, until it hears bye."""

    def __init__(self, console: Console) -> None:
        self.label = "parrot> "
        self._console = console
        self.discarded = 0

    def typed(self, text: str) -> bool:
        self._console.tell(f"heard {text}")
        if text == "run":
            self._console.run("who eve")
        return text != "bye"

    def completions(self, text: str) -> list[str]:
        return ["cracker"]

    def discard(self) -> None:
        self.discarded += 1


class ElsewhereTests(ConsoleTests):
    """A console that is not where the server was started does all the same, and some things otherwise."""

    def setUp(self) -> None:
        super().setUp()
        self.parrots: list[Parrot] = []
        self.caught_up = 0
        prompt = prompt_on(self.stage)

        def owned(writer: OwnerWriter, name: str) -> OwnerConversation:
            talk = prompt(writer, name)
            talk._session.may_python = True
            return talk

        self.console = Console(owned, None, name="ssh (ann)", python=self.parrot, caught_up=self.catch_up)

    def parrot(self, console: Console) -> Parrot:
        """Make one."""
        self.parrots.append(Parrot(console))
        return self.parrots[-1]

    def catch_up(self) -> None:
        """Take note of it."""
        self.caught_up += 1

    def test_an_interrupt_is_told(self) -> None:
        """Here it only means that what is typed is not wanted."""
        self.begin()
        self.types("exit")

        self.console.interrupted()
        self.types("y")

        self.assertEqual((self.interrupts, self.stage.stops), (0, []))
        self.assertEqual(self.screen.labels[-1], LABEL)

    def test_the_audit_log_says_who(self) -> None:
        self.begin()

        self.types("broadcast hello")

        self.assertEqual(self.stage.acts(), [("ssh (ann)", "BROADCAST", "0")])

    def test_within_the_inner_prompt_lines_are_its_own(self) -> None:
        self.begin()

        shown = self.types("py", "account add ann secret", "run", "bye", "who mal")

        self.assertEqual(
            shown,
            [
                f"{LABEL}py",
                "parrot> account add ann secret",
                "heard account add ann secret",
                "parrot> run",
                "heard run",
                "! Nobody here is called eve; clients lists who is here",
                "parrot> bye",
                "heard bye",
                f"{LABEL}who mal",
                "! Nobody here is called mal; clients lists who is here",
            ],
        )

    def test_the_inner_prompt_is_left_by_its_end_and_then_the_console_is(self) -> None:
        self.begin()
        self.types("py")
        self.assertTrue(self.screen.is_inner)
        self.assertEqual(self.console.completions(""), ["cracker"])

        self.console.left()

        self.assertFalse(self.screen.is_inner)
        self.assertEqual(self.screen.labels[-1], LABEL)
        self.assertEqual(self.types("cls"), [])
        self.console.ended()
        self.assertTrue(self.screen.is_closed)

    def test_an_interrupt_within_forgets_what_it_gathered(self) -> None:
        self.begin()
        self.types("py")

        self.console.interrupted()

        self.assertEqual(self.parrots[0].discarded, 1)
        self.assertEqual(self.screen.labels[-1], "parrot> ")

    def test_who_types_too_far_ahead_is_told_so_and_when_that_is_over(self) -> None:
        self.begin(can_ask=False)
        self.stage.store.is_held = True
        for _ in range(MAX_WAITING_LINES + 1):
            self.console.typed("broadcast hello")
        self.assertTrue(self.console.is_behind)
        self.assertEqual(self.caught_up, 1)  # after the first, which waited for nothing

        self.stage.store.release()
        self.stage.settle()

        self.assertFalse(self.console.is_behind)
        self.assertGreater(self.caught_up, 1)


class LinesTests(SynchronousTestCase):
    """Plain lines: from a pipe, or from a terminal that cannot do more."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.console = Console(prompt_on(self.stage), lambda: None)
        self.transport = StringTransport()
        self.lines = PlainLineInput(self.console, can_ask=False)
        self.lines.makeConnection(self.transport)

    def says(self, data: bytes) -> str:
        """Send bytes, and give what is answered."""
        self.lines.dataReceived(data)
        self.stage.settle()
        answer: str = self.transport.value().decode()
        self.transport.clear()
        return answer

    def test_lines_end_with_lf_or_cr_lf(self) -> None:
        wanted = "! Nobody here is called eve; clients lists who is here\n"

        self.assertEqual(self.says(b"who eve\nwho eve\r\nwho e"), wanted * 2)
        self.assertEqual(self.says(b"ve\n"), wanted)

    def test_a_last_line_needs_no_end(self) -> None:
        self.says(b"who eve")

        self.lines.readConnectionLost()
        self.stage.settle()

        self.assertIn(b"Nobody here is called eve", self.transport.value())
        self.assertTrue(self.transport.disconnecting)

    def test_what_is_no_text_is_no_fault(self) -> None:
        self.assertIn("! Nobody", self.says(b"who \xff\xfe\n"))

    def test_the_usual_label_is_not_printed_over_and_over(self) -> None:
        self.assertNotIn(LABEL, self.says(b"cls\nwho eve\n"))

    def test_a_line_without_end_is_the_end_of_the_prompt_and_not_of_the_server(self) -> None:
        self.lines.dataReceived(b"x" * 20_000)
        self.stage.settle()

        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.stage.stops, [])

    def test_who_reads_no_more_is_no_fault(self) -> None:
        self.lines.writeConnectionLost()
        self.lines.connectionLost()
        self.console.tell("Somebody came")

        self.assertEqual(self.stage.stops, [])
