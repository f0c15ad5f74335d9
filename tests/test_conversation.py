"""One connection: malformed lines are answered, floods are slowed down."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import Context
from simplechat.commands.framework import table
from simplechat.conversation import (
    BURST_TOKENS,
    CLOSE_AFTER_S,
    MAX_LINES_IN_A_ROW,
    PING_AFTER_S,
    REGISTER_WITHIN_S,
    TOKENS_PER_S,
)
from tests.support.stage import Actor, Stage


class ConversationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()

    def test_a_line_that_is_too_long_is_refused_and_the_connection_kept(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("PING " + "x" * 506, "@" + "t" * 4095 + " PING x", "PING x")

        self.assertEqual([line.split()[1] for line in ann.hears()], ["417", "417", "PONG"])

    def test_what_is_not_utf8_is_refused_by_its_verb(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says(b"PRIVMSG #tea :caf\xe9")

        self.assertEqual(
            ann.hears(), [":irc.test FAIL PRIVMSG INVALID_UTF8 :The line is not UTF-8 and was ignored"]
        )

    def test_an_empty_line_means_nothing(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("", b"")

        self.assertEqual(ann.hears(), [])

    def test_hostile_bytes_are_answered_and_never_more(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says(b"\0", b"PING a\rb", b":", b"@", b"@ ", b" ", b":a", b"\xff\xfe", b"PRIVMSG \0 :x")

        self.assertEqual({line.split()[1] for line in ann.hears()}, {"FAIL"})

    def test_a_verb_that_fails_is_answered_and_logged_and_leaves_nothing(self) -> None:
        @table.command("STUMBLE", needs=table.ANYONE)
        def stumble(ctx: Context) -> None:
            ctx.answer("NOTICE", "half done")
            raise RuntimeError("stumbled")

        self.addCleanup(table.COMMANDS.pop, "STUMBLE")
        (ann,) = self.stage.enter("ann")

        ann.says("STUMBLE", "PING x")

        self.assertEqual([line.split()[1] for line in ann.hears()], ["FAIL", "PONG"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_after_many_lines_in_a_row_others_have_their_turn(self) -> None:
        (ann,) = self.stage.enter("ann")

        for _ in range(MAX_LINES_IN_A_ROW):
            ann.utters("PONG x")
        self.assertTrue(ann.writer.is_paused)

        self.stage.settle()
        self.assertFalse(ann.writer.is_paused)

    def test_a_flood_is_paused_not_killed(self) -> None:
        stage = Stage(no_throttling=False)
        (ann,) = stage.enter("ann")
        for _ in range(int(BURST_TOKENS) + 10):
            ann.says("PING x")
        self.assertTrue(ann.writer.is_paused)

        stage.clock.advance(20 / TOKENS_PER_S)

        self.assertFalse(ann.writer.is_paused)

    def test_a_flood_that_ends_in_a_lost_connection_leaves_no_timer(self) -> None:
        stage = Stage(no_throttling=False)
        (ann,) = stage.enter("ann")
        for _ in range(int(BURST_TOKENS) + 10):
            ann.says("PING x")

        ann.drops()

        self.assertEqual(stage.clock.getDelayedCalls(), [])

    def test_a_lost_connection_is_told_to_those_around_once(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        ben.drops()
        ben.drops()

        self.assertEqual(ann.hears(), [":ben!ben@127.0.0.1 QUIT :Connection lost"])

    def test_who_never_said_who_they_are_leaves_without_a_word(self) -> None:
        ann = self.stage.connect()

        ann.says("QUIT :chkport")

        self.assertEqual(ann.hears(), ["ERROR :Closing link: Quit: chkport"])
        self.assertTrue(ann.writer.is_closed)
        self.assertEqual(self.stage.hub.sessions, set())

    def test_an_address_that_begins_with_a_colon_is_written_with_a_zero(self) -> None:
        ann = self.stage.connect("::1")
        ann.says("NICK ann", "USER ann 0 * :Ann", "JOIN #tea")

        self.assertIn(":ann!ann@0::1 JOIN #tea", ann.hears())

    def test_a_request_of_http_ends_the_connection_of_a_stranger(self) -> None:
        for request in ("GET / HTTP/1.1", "post / HTTP/1.1", "CONNECT evil.example:25 HTTP/1.1"):
            eve = self.stage.connect()

            eve.says("", request, "NICK eve", "USER eve 0 * :eve")

            self.assertEqual([line.split()[0] for line in eve.hears()], ["ERROR"])
            self.assertTrue(eve.writer.is_closed)
        self.assertEqual(self.stage.hub.users, {})

    def test_of_who_is_known_it_is_a_verb_like_any_other(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("GET / HTTP/1.1")

        self.assertEqual([line.split()[1] for line in ann.hears()], ["421"])

    def test_refused_ends_the_connection_with_a_reason(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.conversation.refuse("Line too long")
        self.stage.settle()
        ann.says("PING x")

        self.assertEqual(ann.hears(), ["ERROR :Closing link: Line too long"])
        self.assertTrue(ann.writer.is_closed)


class MalformedTests(SynchronousTestCase):
    """A malformed line is answered, and never raises an error of ours."""

    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann")

    def test_a_command_as_long_as_the_line_that_is_not_utf8(self) -> None:
        self.ann.says(b"A" * 480 + b"\xff")

        self.assertEqual([line.split()[1] for line in self.ann.hears()], ["FAIL"])

    def test_a_command_with_nul_or_cr_that_is_not_utf8(self) -> None:
        self.ann.says(b"a\0b\xff", b"a\rb \xff")

        self.assertEqual([line.split()[1] for line in self.ann.hears()], ["FAIL", "FAIL"])

    def test_a_command_as_long_as_the_line_that_there_is_not(self) -> None:
        self.ann.says("a" * 510, "é" * 255, "\x01\x02")

        self.assertEqual([line.split()[1] for line in self.ann.hears()], ["421"] * 3)


class TickTests(SynchronousTestCase):
    """A silent peer is pinged, then dropped; one that never registers is dropped sooner."""

    def after(self, actor: Actor, seconds: float) -> list[str]:
        """Let time pass, tick, and return what the connection received."""
        self.stage.clock.advance(seconds)
        actor.conversation.tick()
        self.stage.settle()
        return actor.hears()

    def setUp(self) -> None:
        self.stage = Stage()

    def test_the_silent_are_asked_once_and_let_go_in_the_end(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        self.assertEqual(self.after(ben, PING_AFTER_S - 1), [])
        self.assertEqual(self.after(ben, 1), [":irc.test PING irc.test"])
        self.assertEqual(self.after(ben, CLOSE_AFTER_S - PING_AFTER_S - 1), [])
        self.assertEqual(self.after(ben, 1), ["ERROR :Closing link: No answer for 240 seconds"])

        self.assertTrue(ben.writer.is_closed)
        self.assertEqual(ann.hears(), [":ben!ben@127.0.0.1 QUIT :No answer for 240 seconds"])

    def test_an_answer_keeps_the_connection(self) -> None:
        (ann,) = self.stage.enter("ann")
        self.after(ann, PING_AFTER_S)

        ann.says("PONG irc.test")

        self.assertEqual(self.after(ann, PING_AFTER_S - 1), [])
        self.assertEqual(self.after(ann, 1), [":irc.test PING irc.test"])
        self.assertFalse(ann.writer.is_closed)

    def test_who_does_not_say_who_they_are_is_let_go_whatever_else_they_say(self) -> None:
        ann = self.stage.connect()
        ann.says("CAP LS 302", "NICK ann")
        ann.hears()

        self.assertEqual(self.after(ann, REGISTER_WITHIN_S - 1), [])
        ann.says("PING x")
        ann.hears()

        self.assertEqual(self.after(ann, 1), ["ERROR :Closing link: You did not say who you are in time"])
        self.assertTrue(ann.writer.is_closed)

    def test_who_floods_instead_of_saying_who_they_are_is_let_go_too(self) -> None:
        self.stage = Stage(no_throttling=False)
        ann = self.stage.connect()
        self.stage.clock.advance(REGISTER_WITHIN_S)
        for _ in range(int(BURST_TOKENS) + 1):
            ann.says("PING x")
        self.assertTrue(ann.writer.is_paused)

        self.after(ann, 0)

        self.assertTrue(ann.writer.is_closed)

    def test_who_says_no_more_hears_the_answers_to_what_was_said(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()
        ben.hears()

        ben.utters("PRIVMSG #tea :last words")
        ben.utters("PING x")
        ben.conversation.finish()
        self.stage.settle()

        self.assertEqual(ben.hears(), [":irc.test PONG irc.test x", "ERROR :Closing link: Connection closed"])
        self.assertEqual([line.split()[1] for line in ann.hears()], ["PRIVMSG", "QUIT"])
        self.assertTrue(ben.writer.is_closed)


class ShutdownTests(SynchronousTestCase):
    def test_everybody_is_told_and_the_log_knows(self) -> None:
        from simplechat.commands import end_all_sessions

        stage = Stage()
        ann, ben = stage.enter("ann", "ben", room="#tea")
        ann.hears()

        stage.hub.outbox.put(end_all_sessions(stage.hub, "Shutting down"))
        stage.ledger.wake()
        stage.settle()

        for actor in (ann, ben):
            self.assertEqual(actor.hears(), ["ERROR :Closing link: Shutting down"])
            self.assertTrue(actor.writer.is_closed)
        self.assertEqual(stage.store.texts("QUIT"), ["Shutting down"] * 2)
