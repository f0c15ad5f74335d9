"""How the client ends: the reason for people, the exit code for the shell."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.app import ANSWER_TIMEOUT_S, CLOSE_TIMEOUT_S, PROGRESS_TIMEOUT_S
from simplechat.client.interfaces import ExitStatus
from tests.client.actors import Desk

NOT_CONFIRMED = "Not stored: The server did not confirm it within 10 s"


class PipeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.desk = Desk(is_piped=True)
        self.desk.enters()

    def test_a_pipe_ends_well_when_everything_was_stored(self) -> None:
        self.desk.types("one")
        self.desk.console.dataReceived(b"two without line end")
        self.desk.console.readConnectionLost()
        sent = self.desk.sends()

        self.desk.confirms(sent[0])
        after_one = self.desk.sends()
        self.desk.confirms(sent[1])
        after_two = self.desk.sends()
        before = self.desk.outcome()
        self.desk.drops()

        self.assertEqual((len(sent), after_one, after_two), (2, [], ["QUIT"]))
        self.assertEqual((before, self.desk.outcome()), (None, ExitStatus(0)))

    def test_a_pipe_says_what_was_not_stored(self) -> None:
        self.desk.types("hi")
        self.desk.console.readConnectionLost()
        self.desk.hears("@label=s1 :irc FAIL PRIVMSG MESSAGE_NOT_STORED #lobby :The disk is full")
        self.desk.drops()

        self.assertEqual(self.desk.sends()[-1], "QUIT")
        self.assertEqual(self.desk.shows(), ["! not stored: hi (The disk is full)"])
        self.assertEqual(self.desk.outcome(), ExitStatus(1, "Not stored: The disk is full"))

    def test_a_pipe_fails_if_a_line_could_not_be_sent(self) -> None:
        self.desk.types("/nope", "/what")
        self.desk.console.readConnectionLost()
        self.desk.drops()

        outcome = self.desk.outcome()
        self.assertEqual(outcome, ExitStatus(1, "There is no command /nope; /help lists them (and 1 more)"))

    def test_a_pipe_waits_a_bounded_time_after_the_last_confirmation(self) -> None:
        self.desk.types("one", "two")
        self.desk.console.readConnectionLost()
        sent = self.desk.sends()
        self.desk.clock.advance(PROGRESS_TIMEOUT_S - 1)
        self.desk.confirms(sent[0])
        self.desk.clock.advance(PROGRESS_TIMEOUT_S - 1)
        before = self.desk.sends()

        self.desk.clock.advance(1)
        after = self.desk.sends()
        self.desk.drops()

        self.assertEqual((before, after), ([], ["QUIT"]))
        self.assertEqual(self.desk.outcome(), ExitStatus(1, NOT_CONFIRMED))

    def test_a_server_that_does_not_close_after_quit_is_left(self) -> None:
        self.desk.console.readConnectionLost()
        before = self.desk.outcome()

        self.desk.clock.advance(CLOSE_TIMEOUT_S)

        self.assertEqual(
            (before, self.desk.outcome()), (None, ExitStatus(0, "Nothing came through the pipe"))
        )
        self.assertTrue(self.desk.server.disconnected)

    def test_text_for_a_channel_that_refused_us_is_sent_nowhere(self) -> None:
        self.desk.types("/join tea", "secret")
        self.desk.hears(":irc 475 bob #tea :Wrong key")
        self.desk.console.readConnectionLost()
        self.desk.drops()

        self.assertEqual(self.desk.sends(), ["JOIN #tea", "QUIT"])
        self.assertEqual(self.desk.outcome(), ExitStatus(1, "#tea: Wrong key (and 1 more)"))

    def test_a_connection_lost_under_a_pipe_is_no_success(self) -> None:
        self.desk.types("hi")

        self.desk.drops()

        self.assertEqual(self.desk.outcome(), ExitStatus(1, "The server ended the connection"))


class EndTests(SynchronousTestCase):
    def test_a_server_that_never_answers_is_left(self) -> None:
        desk = Desk()
        desk.connects()
        desk.clock.advance(ANSWER_TIMEOUT_S - 1)
        desk.hears(":irc NOTICE * :Looking up your host")
        before = desk.outcome()

        desk.clock.advance(1)

        self.assertEqual(before, None)
        self.assertEqual(
            desk.outcome(), ExitStatus(1, "It does not answer as a chat server does within 15 s")
        )
        self.assertTrue(desk.server.disconnected)

    def test_a_channel_that_never_answers_is_not_waited_for(self) -> None:
        desk = Desk()
        desk.connects()
        desk.clock.advance(ANSWER_TIMEOUT_S - 1)
        desk.hears(":irc 001 bob :Welcome")
        desk.clock.advance(ANSWER_TIMEOUT_S - 1)
        before = desk.outcome()

        desk.clock.advance(1)

        self.assertEqual((before, desk.outcome() is None), (None, False))

    def test_a_server_that_closes_at_once_is_no_chat_server(self) -> None:
        desk = Desk()
        desk.connects()

        desk.drops()

        self.assertEqual(desk.outcome(), ExitStatus(1, "It said nothing that a chat server says"))

    def test_a_server_that_speaks_something_else_is_left_at_once(self) -> None:
        desk = Desk()
        desk.connects()

        desk.hears("HTTP/1.1 400 Bad Request")

        self.assertEqual(desk.outcome(), ExitStatus(1, "It does not speak as a chat server does"))
        self.assertTrue(desk.server.disconnected)

    def test_the_reason_of_the_server_is_shown(self) -> None:
        desk = Desk(is_piped=True)
        desk.enters()

        desk.hears("ERROR :Closing link: shutting down")
        desk.drops()

        self.assertEqual(desk.outcome(), ExitStatus(1, "Closing link: shutting down"))

    def test_at_a_terminal_an_error_on_the_way_is_no_failure(self) -> None:
        desk = Desk()
        desk.enters()
        desk.types("/nope", "/quit")

        desk.drops()

        self.assertEqual(desk.outcome(), ExitStatus(0))

    def test_the_end_of_input_on_a_terminal_leaves(self) -> None:
        desk = Desk()
        desk.enters()

        desk.console.readConnectionLost()
        desk.drops()

        self.assertEqual((desk.sends(), desk.outcome()), (["QUIT"], ExitStatus(0)))

    def test_a_lost_terminal_ends_the_client(self) -> None:
        desk = Desk()
        desk.enters()

        desk.console.writeConnectionLost()

        self.assertEqual(desk.sends(), ["QUIT"])

    def test_an_interrupt_quits_with_an_exit_code(self) -> None:
        desk = Desk()
        desk.enters()

        desk.chat.interrupted(130, "interrupted")
        sent, before = desk.sends(), desk.outcome()
        desk.drops()

        self.assertEqual((sent, before, desk.outcome()), (["QUIT"], None, ExitStatus(130, "interrupted")))

    def test_a_second_interrupt_waits_for_nothing(self) -> None:
        desk = Desk()
        desk.enters()

        desk.chat.interrupted(130, "interrupted")
        desk.chat.interrupted(130, "interrupted")

        self.assertEqual(desk.outcome(), ExitStatus(130, "interrupted"))

    def test_an_interrupt_before_there_is_a_connection_ends_at_once(self) -> None:
        desk = Desk()

        desk.chat.interrupted(130, "interrupted")

        self.assertEqual(desk.outcome(), ExitStatus(130, "interrupted"))

    def test_nothing_is_left_to_happen_after_the_end(self) -> None:
        desk = Desk()
        desk.enters()
        desk.types("hi", "/quit")
        desk.drops()

        self.assertEqual(desk.clock.getDelayedCalls(), [])

    def test_the_console_is_closed_once_its_last_line_is_out(self) -> None:
        desk = Desk()
        desk.enters()

        desk.console.close()
        before = desk.console.closed.called
        desk.console.connectionLost(Failure(ConnectionDone()))

        self.assertTrue(desk.screen.disconnecting)
        self.assertEqual((before, desk.console.closed.called), (False, True))
