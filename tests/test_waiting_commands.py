"""A command that takes its time holds back its connection's later lines, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from simplechat.conversation import (
    BURST_TOKENS,
    CLOSE_AFTER_S,
    MAX_LINES_IN_A_ROW,
    PING_AFTER_S,
    TOKENS_PER_S,
    Conversation,
    OwnerConversation,
)
from simplechat.doors.console.control_socket import ControlFactory
from simplechat.doors.net.connections import Connections
from simplechat.doors.net.irc import IrcFactory, IrcProtocol
from simplechat.doors.net.writer import SocketWriter
from simplechat.hub.errors import NotStored
from simplechat.hub.records import LogRow
from simplechat.hub.user import Session
from simplechat.hub.writer import OwnerWriter
from simplechat.peer import Peer
from tests.support.soundness import unsound
from tests.support.stage import Stage


class SlowReads:
    """Make each read of the store wait until it is released."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._waiting: list[Deferred[None]] = []
        self._page = stage.store.inner.newest_rows
        stage.store.inner.newest_rows = self._read  # type: ignore[method-assign,assignment]

    async def _read(self, *args: Any) -> list[LogRow]:
        self._waiting.append(Deferred())
        await self._waiting[-1]
        return await self._page(*args)

    def go_on(self, failure: Exception | None = None) -> None:
        """Let one read end, well or not."""
        waiting = self._waiting.pop(0)
        if failure is None:
            waiting.callback(None)
        else:
            waiting.errback(failure)
        self._stage.settle()


class Line:
    """A connection whose lines go through a door."""

    def __init__(self, stage: Stage, factory: IrcFactory) -> None:
        self.stage = stage
        self.transport = StringTransport()
        self.door: IrcProtocol = factory.buildProtocol(None)
        self.door.makeConnection(self.transport)

    def says(self, *lines: str) -> None:
        """Send lines in one piece."""
        self.door.dataReceived("".join(f"{line}\n" for line in lines).encode())
        self.stage.settle()

    def hears(self) -> list[str]:
        """Return the lines received since the last call."""
        heard: str = self.transport.value().decode()
        self.transport.clear()
        return heard.splitlines()

    @property
    def is_read(self) -> bool:
        """True while its lines are read."""
        return self.transport.producerState == "producing"


def client_line(stage: Stage, *lines: str) -> Line:
    """Connect an operator of the server with a client."""

    def start_conversation(writer: SocketWriter, peer: Peer) -> Conversation:
        session = Session(writer, peer.host, peer.port)
        return Conversation(stage.hub, stage.services, stage.clock, session)

    line = Line(stage, IrcFactory(Connections(start_conversation, stage.clock, 1 << 20)))
    line.says("NICK root", "USER root 0 * :root", "OPER root secret", "JOIN #tea", *lines)
    line.hears()
    return line


def owner_line(stage: Stage) -> Line:
    """Connect one of the owner's programs."""

    def prompt(writer: OwnerWriter, name: str) -> OwnerConversation:
        session = Session(writer, "", answer_writer=writer)
        session.nick = name
        return OwnerConversation(stage.hub, stage.services, stage.clock, session)

    return Line(stage, ControlFactory(prompt, stage.clock))


class WorkingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:secret",))
        self.root = client_line(self.stage)
        self.slow = SlowReads(self.stage)

    def test_later_lines_wait_and_are_answered_in_their_order(self) -> None:
        self.root.says("CONSOLE messages", "PRIVMSG #tea :later", "PING x")
        self.assertEqual((self.root.hears(), self.root.is_read), ([], False))

        self.slow.go_on()

        self.assertEqual([line.split()[1] for line in self.root.hears()], ["NOTICE", "PONG"])
        self.assertTrue(self.root.is_read)
        self.assertEqual(self.stage.store.texts(), ["later"])

    def test_others_are_heard_meanwhile(self) -> None:
        self.root.says("CONSOLE messages")
        (ann,) = self.stage.enter("ann")

        ann.says("PING x")

        self.assertEqual(ann.hears(), [":irc.test PONG irc.test x"])

    def test_what_fails_is_told_and_later_lines_go_on(self) -> None:
        self.root.says("CONSOLE messages", "PING x")

        self.slow.go_on(RuntimeError("a mistake"))

        self.assertEqual([line.split()[1] for line in self.root.hears()], ["FAIL", "PONG"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_a_connection_that_is_lost_meanwhile_is_gone_at_once(self) -> None:
        self.root.says("CONSOLE messages", "PING x")

        self.root.door.connectionLost()
        self.stage.settle()
        self.assertEqual(self.stage.hub.users, {})
        self.slow.go_on()

        self.assertEqual(self.root.hears(), [])
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_who_says_no_more_still_hears_the_answer(self) -> None:
        self.root.says("CONSOLE messages", "PING x")
        self.root.door.readConnectionLost()
        self.stage.settle()
        self.assertEqual((self.root.hears(), self.root.transport.disconnecting), ([], False))

        self.slow.go_on()

        self.assertEqual([line.split()[1] for line in self.root.hears()], ["NOTICE", "PONG", ":Closing"])
        self.assertTrue(self.root.transport.disconnecting)

    def test_who_is_ejected_meanwhile_is_gone_once(self) -> None:
        self.root.says("CONSOLE messages")

        self.stage.owner().answers("eject root")
        self.slow.go_on()

        self.assertEqual(self.root.hears()[1], "ERROR :Closing link: Ejected")
        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_the_time_it_takes_is_not_silence(self) -> None:
        self.root.says("CONSOLE messages")
        self.stage.clock.advance(CLOSE_AFTER_S + 1)
        self.root.door.conversation.tick()
        self.slow.go_on()
        self.root.hears()

        self.root.door.conversation.tick()
        self.stage.settle()
        self.assertEqual(self.root.hears(), [])
        self.stage.clock.advance(PING_AFTER_S)
        self.root.door.conversation.tick()
        self.stage.settle()

        self.assertEqual(self.root.hears(), [":irc.test PING irc.test"])

    def test_an_answer_that_needs_no_waiting_holds_nothing_back(self) -> None:
        self.root.says("CONSOLE messages #milk", "CONSOLE messages 0", "PING x")

        self.assertEqual([line.split()[1] for line in self.root.hears()], ["NOTICE", "NOTICE", "PONG"])
        self.assertTrue(self.root.is_read)


class ThrottledTests(SynchronousTestCase):
    """A connection that is paused for two reasons is read again when both are over."""

    def setUp(self) -> None:
        self.stage = Stage(no_throttling=False, oper=("root:secret",))
        self.root = client_line(self.stage)
        self.stage.clock.advance(BURST_TOKENS / TOKENS_PER_S)
        self.slow = SlowReads(self.stage)

    def work_and_rest(self) -> None:
        """Send so much that a pause is due while a command works."""
        self.root.says(*["PING x"] * int(BURST_TOKENS - 1), "CONSOLE messages", "PING last")
        self.root.hears()
        self.assertFalse(self.root.is_read)

    def test_the_rest_ends_first(self) -> None:
        self.work_and_rest()

        self.stage.clock.advance(20)
        self.assertEqual((self.root.is_read, self.root.hears()), (False, []))
        self.slow.go_on()

        self.assertTrue(self.root.is_read)
        self.assertIn("PONG irc.test last", self.root.hears()[-1])

    def test_the_work_ends_first(self) -> None:
        self.work_and_rest()

        self.slow.go_on()
        self.assertFalse(self.root.is_read)
        self.assertNotIn("PONG", self.root.hears()[-1])
        self.stage.clock.advance(20)

        self.assertTrue(self.root.is_read)
        self.assertIn("PONG irc.test last", self.root.hears()[-1])

    def test_one_who_is_gone_leaves_no_timer(self) -> None:
        self.work_and_rest()

        self.root.door.connectionLost()
        self.slow.go_on()

        self.assertEqual(self.stage.clock.getDelayedCalls(), [])

    def test_a_pause_for_others_turn_does_not_end_the_work(self) -> None:
        self.stage = Stage(oper=("root:secret",))
        self.root = client_line(self.stage)
        self.slow = SlowReads(self.stage)
        self.stage.settle()

        lines = ["PONG x"] * (MAX_LINES_IN_A_ROW - 1)
        self.root.door.dataReceived(
            "".join(f"{line}\n" for line in (*lines, "CONSOLE messages", "PING x")).encode()
        )
        self.stage.settle()

        self.assertEqual((self.root.hears(), self.root.is_read), ([], False))


class OwnerLineTests(SynchronousTestCase):
    """An owner's program: each line is a command, each answer has its own end."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = owner_line(self.stage)

    def kinds(self) -> list[str]:
        """Return the kinds of the answers."""
        return [json.loads(line)["kind"] for line in self.owner.hears()]

    def test_each_line_is_answered_in_its_order(self) -> None:
        self.owner.says("list", "", "messages", "frob", "cls")

        self.assertEqual(self.kinds(), ["table", "end", "table", "end", "error", "end", "clear", "end"])

    def test_what_it_does_is_done_by_control(self) -> None:
        self.owner.says("broadcast hello")

        self.assertEqual(self.stage.acts(), [("control", "BROADCAST", "0")])

    def test_it_is_nobodys_connection(self) -> None:
        self.assertEqual((self.stage.hub.sessions, self.stage.hub.unregistered), (set(), set()))
        self.owner.says("broadcast hello")
        self.owner.door.connectionLost()
        self.stage.settle()

        self.assertEqual(list(unsound(self.stage.hub)), [])

    def test_it_may_be_silent_for_ever(self) -> None:
        self.stage.clock.advance(CLOSE_AFTER_S * 10)
        self.owner.door.conversation.tick()
        self.stage.settle()

        self.assertFalse(self.owner.transport.disconnecting)

    def test_later_lines_wait_for_a_verb_that_works(self) -> None:
        self.stage.enter("ann", room="#tea")
        slow = SlowReads(self.stage)
        self.owner.says("messages", "list")
        self.assertEqual(self.kinds(), [])

        slow.go_on()

        self.assertEqual(self.kinds(), ["table", "end", "table", "end"])

    def test_a_verb_that_fails_has_its_end_too(self) -> None:
        self.stage.enter("ann", room="#tea")
        slow = SlowReads(self.stage)
        self.owner.says("messages", "cls")

        slow.go_on(RuntimeError("a mistake"))

        self.assertEqual(self.kinds(), ["error", "end", "clear", "end"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_what_is_refused_meanwhile_has_its_end_too(self) -> None:
        self.stage.store.faults[1] = NotStored("full")
        self.stage.store.is_held = True
        self.owner.says("broadcast hello", "messages", "cls")

        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(self.kinds(), ["error", "end", "table", "end", "clear", "end"])

    def test_who_sends_all_and_closes_hears_all_answers(self) -> None:
        self.owner.says("messages", "list")
        self.owner.door.readConnectionLost()
        self.stage.settle()

        self.assertEqual(self.kinds(), ["table", "end", "table", "end"])
        self.assertTrue(self.owner.transport.disconnecting)

    def test_who_goes_away_meanwhile_hurts_nobody(self) -> None:
        self.stage.enter("ann", room="#tea")
        slow = SlowReads(self.stage)
        self.owner.says("messages", "broadcast hello")

        self.owner.door.connectionLost()
        self.stage.settle()
        slow.go_on()

        self.assertEqual((self.kinds(), self.stage.acts()), ([], []))

    def test_a_line_without_end_is_told_and_ends_the_connection(self) -> None:
        self.owner.door.dataReceived(b"x" * (2 << 20))
        self.stage.settle()

        self.assertEqual(self.kinds(), ["error", "end"])
        self.assertTrue(self.owner.transport.disconnecting)

    def test_a_long_line_is_taken(self) -> None:
        self.owner.says("frob" + "x" * 900_000)

        self.assertEqual(self.kinds(), ["error", "end"])
        self.assertFalse(self.owner.transport.disconnecting)
