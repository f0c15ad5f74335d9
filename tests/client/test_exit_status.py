"""How the client ends: the reason for people, the exit code for the shell."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.app import ANSWER_TIMEOUT_S, CLOSE_TIMEOUT_S, PROGRESS_TIMEOUT_S
from simplechat.client.interfaces import ExitStatus
from tests.support.client_harness import ClientHarness

NOT_CONFIRMED = "Not stored: The server did not confirm it within 10 s"


class PipeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness(is_piped=True)
        self.client.enters()

    def test_a_pipe_ends_well_when_everything_was_stored(self) -> None:
        self.client.types("one")
        self.client.console.dataReceived(b"two without line end")
        self.client.console.readConnectionLost()
        sent = self.client.sends()

        self.client.confirms(sent[0])
        after_one = self.client.sends()
        self.client.confirms(sent[1])
        after_two = self.client.sends()
        before = self.client.outcome()
        self.client.drops()

        self.assertEqual((len(sent), after_one, after_two), (2, [], ["QUIT"]))
        self.assertEqual((before, self.client.outcome()), (None, ExitStatus(0)))

    def test_a_pipe_says_what_was_not_stored(self) -> None:
        self.client.types("hi")
        self.client.console.readConnectionLost()
        self.client.receives("@label=s1 :irc FAIL PRIVMSG MESSAGE_NOT_STORED #lobby :The disk is full")
        self.client.drops()

        self.assertEqual(self.client.sends()[-1], "QUIT")
        self.assertEqual(self.client.shows(), ["! not stored: hi (The disk is full)"])
        self.assertEqual(self.client.outcome(), ExitStatus(1, "Not stored: The disk is full"))

    def test_a_pipe_fails_if_a_line_could_not_be_sent(self) -> None:
        self.client.types("/nope", "/what")
        self.client.console.readConnectionLost()
        self.client.drops()

        outcome = self.client.outcome()
        self.assertEqual(outcome, ExitStatus(1, "There is no command /nope; /help lists them (and 1 more)"))

    def test_a_pipe_waits_a_bounded_time_after_the_last_confirmation(self) -> None:
        self.client.types("one", "two")
        self.client.console.readConnectionLost()
        sent = self.client.sends()
        self.client.clock.advance(PROGRESS_TIMEOUT_S - 1)
        self.client.confirms(sent[0])
        self.client.clock.advance(PROGRESS_TIMEOUT_S - 1)
        before = self.client.sends()

        self.client.clock.advance(1)
        after = self.client.sends()
        self.client.drops()

        self.assertEqual((before, after), ([], ["QUIT"]))
        self.assertEqual(self.client.outcome(), ExitStatus(1, NOT_CONFIRMED))

    def test_a_server_that_does_not_close_after_quit_is_left(self) -> None:
        self.client.console.readConnectionLost()
        before = self.client.outcome()

        self.client.clock.advance(CLOSE_TIMEOUT_S)

        self.assertEqual(
            (before, self.client.outcome()), (None, ExitStatus(0, "Nothing came through the pipe"))
        )
        self.assertTrue(self.client.server.disconnected)

    def test_text_for_a_channel_that_refused_us_is_sent_nowhere(self) -> None:
        self.client.types("/join tea", "secret")
        self.client.receives(":irc 475 bob #tea :Wrong key")
        self.client.console.readConnectionLost()
        self.client.drops()

        self.assertEqual(self.client.sends(), ["JOIN #tea", "QUIT"])
        self.assertEqual(self.client.outcome(), ExitStatus(1, "#tea: Wrong key (and 1 more)"))

    def test_a_connection_lost_under_a_pipe_is_no_success(self) -> None:
        self.client.types("hi")

        self.client.drops()

        self.assertEqual(self.client.outcome(), ExitStatus(1, "The server ended the connection"))


class EndTests(SynchronousTestCase):
    def test_a_server_that_never_answers_is_left(self) -> None:
        client = ClientHarness()
        client.connects()
        client.clock.advance(ANSWER_TIMEOUT_S - 1)
        client.receives(":irc NOTICE * :Looking up your host")
        before = client.outcome()

        client.clock.advance(1)

        self.assertEqual(before, None)
        self.assertEqual(
            client.outcome(), ExitStatus(1, "It does not answer as a chat server does within 15 s")
        )
        self.assertTrue(client.server.disconnected)

    def test_a_channel_that_never_answers_is_not_waited_for(self) -> None:
        client = ClientHarness()
        client.connects()
        client.clock.advance(ANSWER_TIMEOUT_S - 1)
        client.receives(":irc 001 bob :Welcome")
        client.clock.advance(ANSWER_TIMEOUT_S - 1)
        before = client.outcome()

        client.clock.advance(1)

        self.assertEqual((before, client.outcome() is None), (None, False))

    def test_a_server_that_closes_at_once_is_no_chat_server(self) -> None:
        client = ClientHarness()
        client.connects()

        client.drops()

        self.assertEqual(client.outcome(), ExitStatus(1, "It said nothing that a chat server says"))

    def test_a_server_that_speaks_something_else_is_left_at_once(self) -> None:
        client = ClientHarness()
        client.connects()

        client.receives("HTTP/1.1 400 Bad Request")

        self.assertEqual(client.outcome(), ExitStatus(1, "It does not speak as a chat server does"))
        self.assertTrue(client.server.disconnected)

    def test_the_reason_of_the_server_is_shown(self) -> None:
        client = ClientHarness(is_piped=True)
        client.enters()

        client.receives("ERROR :Closing link: shutting down")
        client.drops()

        self.assertEqual(client.outcome(), ExitStatus(1, "Closing link: shutting down"))

    def test_at_a_terminal_an_error_on_the_way_is_no_failure(self) -> None:
        client = ClientHarness()
        client.enters()
        client.types("/nope", "/quit")

        client.drops()

        self.assertEqual(client.outcome(), ExitStatus(0))

    def test_the_end_of_input_on_a_terminal_leaves(self) -> None:
        client = ClientHarness()
        client.enters()

        client.console.readConnectionLost()
        client.drops()

        self.assertEqual((client.sends(), client.outcome()), (["QUIT"], ExitStatus(0)))

    def test_a_lost_terminal_ends_the_client(self) -> None:
        client = ClientHarness()
        client.enters()

        client.console.writeConnectionLost()

        self.assertEqual(client.sends(), ["QUIT"])

    def test_an_interrupt_quits_with_an_exit_code(self) -> None:
        client = ClientHarness()
        client.enters()

        client.chat.interrupted(130, "interrupted")
        sent, before = client.sends(), client.outcome()
        client.drops()

        self.assertEqual((sent, before, client.outcome()), (["QUIT"], None, ExitStatus(130, "interrupted")))

    def test_a_second_interrupt_waits_for_nothing(self) -> None:
        client = ClientHarness()
        client.enters()

        client.chat.interrupted(130, "interrupted")
        client.chat.interrupted(130, "interrupted")

        self.assertEqual(client.outcome(), ExitStatus(130, "interrupted"))

    def test_an_interrupt_before_there_is_a_connection_ends_at_once(self) -> None:
        client = ClientHarness()

        client.chat.interrupted(130, "interrupted")

        self.assertEqual(client.outcome(), ExitStatus(130, "interrupted"))

    def test_nothing_is_left_to_happen_after_the_end(self) -> None:
        client = ClientHarness()
        client.enters()
        client.types("hi", "/quit")
        client.drops()

        self.assertEqual(client.clock.getDelayedCalls(), [])

    def test_the_console_is_closed_once_its_last_line_is_out(self) -> None:
        client = ClientHarness()
        client.enters()

        client.console.close()
        before = client.console.closed.called
        client.console.connectionLost(Failure(ConnectionDone()))

        self.assertTrue(client.screen.disconnecting)
        self.assertEqual((before, client.console.closed.called), (False, True))
