"""A failure of our own code stays small: one entry, one line or one connection is lost, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import NoReturn

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.config import Config
from simplechat.faults import RECENT_S, FaultCounter
from simplechat.hub.errors import NotStored
from simplechat.hub.outbox import Delivery, Entry
from simplechat.hub.records import Presence
from simplechat.ircv3.message import Message
from simplechat.ledger import PARTLY_FAILED, PROBE_EVERY_S
from simplechat.service import ChatService
from tests.support.stage import Actor, FaultyStore, Stage

PART_FAILED = f":irc.test FAIL NOTICE INTERNAL_ERROR :{PARTLY_FAILED}"


class Broken(Exception):
    """What a broken part raises."""


def break_down(*args: object) -> NoReturn:
    """Fail."""
    raise Broken


class BrokenLines:
    """An encoded message that cannot be encoded."""

    def __getitem__(self, dialect: object) -> NoReturn:
        raise Broken


class StumbleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = FaultyStore()
        self.stage = Stage(self.store)
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        self.ann.hears()

    def entry(self, actor: Actor | None = None) -> Entry:
        """Return an entry with a record, as a command makes it."""
        session = actor.conversation._session if actor else None
        entry = Entry(session, "NOTICE")
        entry.keep(
            Presence(
                "#tea",
                self.stage.hub.mint_id(self.stage.hub.channels["#tea"]),
                "QUIT",
                1,
                "",
                "a!a@h",
                "",
                "",
                "",
            )
        )
        return entry

    def put(self, *entries: Entry) -> None:
        """Queue entries that are written in one batch."""
        for entry in entries:
            self.stage.hub.outbox.put(entry)
        self.stage.ledger.wake()
        self.stage.settle()

    def assert_goes_on(self, stumbles: int = 1) -> None:
        """Check that one failure was logged and counted, and that the chat goes on."""
        self.assertEqual(len(self.flushLoggedErrors(Broken, ExceptionGroup, ValueError)), stumbles)
        self.assertEqual(self.stage.faults.count, stumbles)
        self.assertFalse(self.stage.ledger._is_writing)
        self.ben.hears()
        self.ann.says("PRIVMSG #tea :still here?")
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea :still here?"])


class LedgerTests(StumbleTests):
    def test_settings_that_fail_to_note_that_they_are_saved_hold_up_nobody(self) -> None:
        self.patch(self.stage.hub.channels["#tea"], "saved", break_down)

        self.ann.says("TOPIC #tea :about tea")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 TOPIC #tea :about tea"])
        self.assert_goes_on()

    def test_an_effect_that_fails_keeps_no_other_from_happening(self) -> None:
        happened: list[str] = []
        first, second = self.entry(self.ann), self.entry(self.ben)
        first.on_delivered(break_down)
        first.on_delivered(lambda: happened.append("first"))
        second.on_delivered(lambda: happened.append("second"))

        self.put(first, second)

        self.assertEqual(happened, ["first", "second"])
        self.assertEqual((self.ann.hears(), self.ben.hears()), ([PART_FAILED], []))
        self.assert_goes_on()

    def test_a_delivery_that_fails_is_said_to_its_author_and_loses_nothing_else(self) -> None:
        first, second = self.entry(self.ann), self.entry(self.ben)
        sessions = (self.ann.conversation._session, self.ben.conversation._session)
        first.deliveries.append(Delivery(BrokenLines(), sessions, False))  # type: ignore[arg-type]
        second.send(Message("NOTICE", ("*", "hello")), sessions)

        self.put(first, second)

        self.assertEqual(self.ann.hears(), [PART_FAILED, "NOTICE * hello"])
        self.assertEqual(self.ben.hears(), ["NOTICE * hello"])
        self.assert_goes_on()

    def test_a_measurement_that_fails_is_no_failed_commit(self) -> None:
        self.patch(self.stage.ledger.commit_s, "bounds", None)

        self.ann.says("PRIVMSG #tea hello")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea hello"])
        self.assertEqual((self.store.texts(), self.stage.faults.count), (["hello"], 1))
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_a_placeholder_that_cannot_be_opened_keeps_later_lines_from_nobody(self) -> None:
        session = self.ann.conversation._session

        async def read(store: object) -> list[Message]:
            return []

        first, second = self.entry(self.ann), self.entry()
        first.read(session, read)
        second.send(Message("NOTICE", ("*", "hello")), (self.ben.conversation._session,))
        self.patch(self.stage.ledger._fanout, "open_placeholder", break_down)

        self.put(first, second)

        self.assertEqual(self.ben.hears(), ["NOTICE * hello"])
        self.assert_goes_on()

    def test_a_connection_that_fails_at_writing_and_at_closing_delays_no_other(self) -> None:
        cid, dan = self.stage.enter("cid", "dan", room="#tea")
        for actor in (self.ben, cid):
            self.patch(actor.writer, "send", break_down)
            self.patch(actor.writer, "abort", break_down)
        dan.hears()

        self.ann.says("PRIVMSG #tea hello")

        self.assertEqual(dan.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea hello"])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 4)

    def test_who_waits_for_space_and_fails_keeps_no_other_waiting(self) -> None:
        called: list[str] = []
        self.stage.hub.outbox.when_not_full(break_down)
        self.stage.hub.outbox.when_not_full(lambda: called.append("second"))

        self.put(self.entry())

        self.assertEqual(called, ["second"])
        self.assert_goes_on()

    def test_whatever_fails_after_a_commit_the_ledger_writes_on(self) -> None:
        for name in ("_succeed", "_speak", "_recover"):
            self.patch_once(name)

            self.ann.says("PRIVMSG #tea lost")

            self.stage.faults.count = 0
            self.flushLoggedErrors(Broken)
            self.ben.hears()
            self.ann.says("PRIVMSG #tea next")
            self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea next"], name)

    def patch_once(self, name: str) -> None:
        """Make one of the ledger's methods fail once."""
        whole: Callable[..., object] = getattr(self.stage.ledger, name)

        def fail_once(*args: object) -> NoReturn:
            setattr(self.stage.ledger, name, whole)
            raise Broken

        setattr(self.stage.ledger, name, fail_once)


class FailingDiskTests(StumbleTests):
    def fail_next(self) -> None:
        """Make the next commit fail."""
        self.store.faults[len(self.store.commits) + 1] = NotStored("disk full")

    def recover(self) -> None:
        """Let the next probe succeed."""
        self.stage.clock.advance(PROBE_EVERY_S)
        self.stage.settle()
        self.flushLoggedErrors(NotStored)

    def test_what_cannot_be_undone_keeps_no_other_from_being_refused(self) -> None:
        undone: list[str] = []
        self.fail_next()
        self.store.is_held = True
        self.ann.says("TOPIC #tea :one")
        self.patch(self.stage.hub.channels["#tea"], "rejected", break_down)
        self.ben.says("PRIVMSG #tea two")
        self.store.release()
        self.stage.settle()

        self.assertIn("FAIL TOPIC MESSAGE_NOT_STORED", "".join(self.ann.hears()))
        self.assertIn("FAIL PRIVMSG MESSAGE_NOT_STORED", "".join(self.ben.hears()))
        self.recover()
        self.assertEqual(undone, [])
        self.assert_goes_on()

    def test_of_one_entry_everything_is_undone_that_can_be(self) -> None:
        undone: list[str] = []
        entry = Entry()
        entry.on_refused(lambda: undone.append("last"))
        entry.on_refused(break_down)
        entry.on_refused(lambda: undone.append("first"))

        self.assertRaises(ExceptionGroup, entry.undo)

        self.assertEqual(undone, ["first", "last"])

    def test_an_entry_that_cannot_be_undone_is_not_shown(self) -> None:
        entry = self.entry(self.ann)
        entry.send(Message("NOTICE", ("*", "secret")), (self.ben.conversation._session,))
        entry.on_refused(break_down)

        self.assertRaises(ExceptionGroup, entry.refuse, Message("FAIL", ("NOTICE", "NOT_SAVED", "no")))

        self.assertEqual([each.listeners for each in entry.deliveries], [(self.ann.conversation._session,)])
        self.assertEqual(entry.records, [])

    def test_targets_that_cannot_be_named_are_left_out_of_the_refusal(self) -> None:
        self.fail_next()
        self.store.is_held = True
        self.ann.says("PRIVMSG #tea one")
        (entry,) = self.stage.ledger._being_written
        entry.targets = ["#a\nb"]
        self.store.release()
        self.stage.settle()

        (refusal,) = self.ann.hears()
        self.assertTrue(refusal.startswith(":irc.test FAIL PRIVMSG MESSAGE_NOT_STORED :"), refusal)
        self.recover()
        self.assert_goes_on()

    def test_whatever_fails_while_entries_are_refused_the_disk_is_probed_again(self) -> None:
        self.fail_next()
        whole = self.stage.ledger._pass_over

        def fail_once(*args: object) -> NoReturn:
            self.stage.ledger._pass_over = whole  # type: ignore[method-assign]
            raise Broken

        self.patch(self.stage.ledger, "_pass_over", fail_once)

        self.ann.says("PRIVMSG #tea lost")

        self.recover()
        self.assertFalse(self.stage.ledger.is_failing)
        self.assert_goes_on()


class HealthTests(StumbleTests):
    def test_a_stumble_is_known_for_an_hour(self) -> None:
        entry = self.entry(self.ann)
        entry.on_delivered(break_down)
        self.put(entry)
        self.flushLoggedErrors(Broken)

        self.assertTrue(self.stage.faults.has_recent)
        self.stage.clock.advance(RECENT_S)
        self.assertFalse(self.stage.faults.has_recent)


class ConversationTests(StumbleTests):
    def failed_commands(self, actor: Actor) -> list[str]:
        """Return the commands whose failure was answered."""
        words = (line.split() for line in actor.hears())
        return [word[2] for word in words if word[1] == "FAIL" and word[3] == "INTERNAL_ERROR"]

    def assert_still_heard(self) -> None:
        """Check that ann's next lines are heard, and that nothing about it holds up the ledger."""
        self.assertFalse(self.ann.writer.is_paused)
        self.ann.says("PING x")
        self.assertEqual(self.ann.hears(), [":irc.test PONG irc.test x"])

    def test_an_entry_that_cannot_be_queued_is_undone_and_its_author_told(self) -> None:
        whole = self.stage.hub.outbox._complete

        def fail_once(entry: Entry) -> NoReturn:
            self.stage.hub.outbox._complete = whole
            raise Broken

        self.stage.hub.outbox._complete = fail_once

        self.ann.says("TOPIC #tea :about tea")

        self.assertEqual(self.failed_commands(self.ann), ["TOPIC"])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)
        self.assertIsNone(self.stage.hub.channels["#tea"].topic)
        self.assert_still_heard()

    def test_a_command_that_waits_and_fails_at_its_end_is_not_waited_for_for_ever(self) -> None:
        conversation = self.ann.conversation
        whole = conversation._finish_command

        def fail_once(ctx: object) -> NoReturn:
            conversation._finish_command = whole  # type: ignore[method-assign]
            raise Broken

        conversation._finish_command = fail_once  # type: ignore[method-assign]

        self.ann.says("CHATHISTORY LATEST #tea * 10")

        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)
        self.assert_still_heard()

    def test_a_line_that_fails_before_its_command_is_known_is_answered(self) -> None:
        self.patch(self.ann.conversation, "_run", break_down)

        self.ann.says("PRIVMSG #tea hello")

        self.assertEqual(self.failed_commands(self.ann), ["*"])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)

    def test_a_session_that_cannot_be_ended_as_it_should_is_gone_all_the_same(self) -> None:
        self.patch(self.stage.hub, "mint_id", break_down)

        self.ann.drops()

        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)
        self.assertNotIn("ann", self.stage.hub.users)
        self.assertNotIn(self.ann.conversation._session, self.stage.hub.sessions)
        self.assertTrue(self.ann.writer.is_closed)

    def test_a_connection_that_cannot_be_checked_does_not_end_the_check_of_others(self) -> None:
        self.patch(self.ann.conversation, "_check_silence", break_down)

        self.ann.conversation.tick()

        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)
        self.assertTrue(self.stage.faults.has_recent)

    def test_a_command_that_fails_is_known_to_healthz(self) -> None:
        self.patch(self.stage.hub, "mint_id", break_down)

        self.ann.says("PRIVMSG #tea hello")

        self.assertEqual(self.failed_commands(self.ann), ["PRIVMSG"])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)
        self.assertTrue(self.stage.faults.has_recent)

    def test_a_prompt_whose_line_fails_gets_an_answer_and_its_end(self) -> None:
        owner = self.stage.owner()
        self.patch(owner.conversation, "_run", break_down)

        answers = owner.answers("who")

        self.assertEqual([answer["kind"] for answer in answers], ["error"])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 1)


class PeriodicTaskTests(SynchronousTestCase):
    def test_a_task_that_fails_is_run_again_and_counted(self) -> None:
        clock = Clock()
        service = ChatService(Config(), clock)
        service._server = SimpleNamespace(faults=FaultCounter(clock))  # type: ignore[assignment]
        runs: list[float] = []

        def fail() -> NoReturn:
            runs.append(clock.seconds())
            raise Broken

        service._repeat(10, fail)
        clock.pump([10, 10, 10])

        self.assertEqual(runs, [10, 20, 30])
        self.assertEqual(len(self.flushLoggedErrors(Broken)), 3)
        self.assertEqual(service._server.faults.count, 3)
