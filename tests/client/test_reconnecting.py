"""After a lost connection the client reconnects, says so, and shows nothing twice."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.app import ANSWER_TIMEOUT_S, PING_AFTER_S, STABLE_CONNECTION_S
from simplechat.client.backoff import MAX_DELAY_S
from simplechat.client.interfaces import ExitStatus
from tests.support.client_harness import BASIC_CAPS, ClientHarness

GONE = "The server ended the connection"
OURS = ":irc 004 bob irc simplechat-0.1.0 i n"
TWO = "@msgid=32qa4bno80001 :bob!b@h PRIVMSG #lobby two"
REPLAYED = (
    ":irc BATCH +h chathistory #lobby",
    "@batch=h;msgid=32qa4bno80000;time=2020-01-01T00:00:00.000Z :ann!a@h PRIVMSG #lobby one",
    "@batch=h;msgid=32qa4bno80001;time=2020-01-01T00:00:00.000Z :bob!b@h PRIVMSG #lobby two",
    "@batch=h;msgid=32qa4bno80002;time=2020-01-01T00:00:00.000Z :ann!a@h PRIVMSG #lobby three",
    ":irc BATCH -h",
)


class ReconnectingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.enters()

    def reconnects(self, *channels: str) -> list[str]:
        """Reconnect after the delay and join channels; return what was sent meanwhile."""
        self.client.clock.advance(MAX_DELAY_S * 2)
        self.client.connects()
        self.client.receives(
            f":irc CAP * LS :{BASIC_CAPS}", f":irc CAP * ACK :{BASIC_CAPS}", ":irc 001 bob :Welcome"
        )
        for channel in channels:
            self.client.receives(f":bob!b@h JOIN {channel}")
        return self.client.sends()

    def test_a_lost_connection_is_shown_and_tried_again(self) -> None:
        self.client.drops()
        said, before = self.client.shows(), self.client.tries

        self.client.clock.advance(1)

        self.assertEqual(said, [f"* {GONE}; trying again in 1 second"])
        self.assertEqual((before, self.client.tries, self.client.outcome()), (1, 2, None))

    def test_each_failed_attempt_is_shown_and_delays_the_next_longer(self) -> None:
        self.client.drops()
        self.client.shows()
        for seconds in (2, 4, 8):
            self.client.clock.advance(seconds / 2)
            self.client.chat.connect_failed("No server listens there")

            shown_line = f"* No server listens there; trying again in {seconds} seconds"
            self.assertEqual(self.client.shows(), [shown_line])

    def test_after_a_kill_the_client_does_not_reconnect(self) -> None:
        self.client.receives(":irc KILL bob :Ejected: too loud", "ERROR :Closing link: Ejected: too loud")
        self.client.drops()

        self.client.clock.advance(MAX_DELAY_S * 2)

        self.assertEqual(self.client.outcome(), ExitStatus(1, "Closing link: Ejected: too loud"))
        self.assertEqual(self.client.tries, 1)

    def test_a_kill_of_somebody_else_changes_nothing(self) -> None:
        self.client.receives(":irc KILL ann :Ejected")
        self.client.drops()

        self.assertIsNone(self.client.outcome())

    def test_a_failed_first_attempt_ends_the_client(self) -> None:
        client = ClientHarness()

        client.chat.connect_failed("No server listens there")

        self.assertEqual(client.outcome(), ExitStatus(1, "No server listens there"))

    def test_the_channels_are_joined_again_and_the_same_one_is_current(self) -> None:
        self.client.types("/join tea", "/join cake")
        self.client.receives(":bob!b@h JOIN #tea", ":bob!b@h JOIN #cake")
        self.client.types("/join lobby", "/part cake")
        self.client.drops()

        sent = self.reconnects("#tea", "#lobby")
        self.client.types("hi")

        self.assertEqual(sent[-2:], ["JOIN #tea", "JOIN #lobby"])
        self.assertEqual(self.client.sends(), ["@label=s1 PRIVMSG #lobby hi"])

    def test_nothing_is_shown_twice(self) -> None:
        self.client.receives(OURS, TWO)
        self.client.drops()
        self.reconnects("#lobby")
        self.client.receives(OURS)
        self.client.shows()

        self.client.receives(*REPLAYED)

        self.assertEqual(self.client.shows(), ["12:00 ann: three"])

    def test_nothing_is_shown_twice_without_ordered_msgids(self) -> None:
        self.client.receives(TWO)
        self.client.drops()
        self.reconnects("#lobby")
        self.client.shows()

        self.client.receives(*REPLAYED)

        self.assertEqual(self.client.shows(), ["12:00 ann: one", "12:00 ann: three"])

    def test_unconfirmed_messages_are_shown_and_not_sent_again(self) -> None:
        self.client.types("hi")
        self.client.drops()

        shown_line = "! not stored: hi (The connection ended before the server confirmed it)"
        self.assertEqual(self.client.shows()[0], shown_line)
        self.assertNotIn("PRIVMSG", " ".join(self.reconnects("#lobby")))

    def test_a_line_typed_offline_is_shown_and_not_sent(self) -> None:
        self.client.drops()
        self.client.shows()

        self.client.types("are you there?", "/msg ann hi")
        shown = self.client.shows()
        sent = self.reconnects("#lobby")

        self.assertEqual(
            shown,
            ["! not connected; not sent: are you there?", "! not connected; not sent: /msg ann hi"],
        )
        self.assertNotIn("PRIVMSG", " ".join(sent))

    def test_help_and_exit_need_no_connection(self) -> None:
        self.client.drops()
        self.client.types("help")
        helped = len(self.client.shows()) > 5

        self.client.types("chat.exit")

        self.assertEqual((helped, self.client.outcome()), (True, ExitStatus(0)))
        self.assertEqual(self.client.clock.getDelayedCalls(), [])

    def test_the_end_of_input_ends_the_client_offline_too(self) -> None:
        self.client.drops()

        self.client.console.readConnectionLost()

        self.assertEqual(self.client.outcome(), ExitStatus(0))

    def test_an_interrupt_ends_the_client_offline_too(self) -> None:
        self.client.drops()

        self.client.chat.interrupted(143, "ended by SIGTERM")

        self.assertEqual(self.client.outcome(), ExitStatus(143, "ended by SIGTERM"))
        self.assertEqual(self.client.clock.getDelayedCalls(), [])

    def test_a_silent_server_is_pinged_and_then_left(self) -> None:
        self.client.clock.advance(PING_AFTER_S)
        asked = self.client.sends()
        self.client.receives(":irc PONG irc there")
        self.client.clock.advance(PING_AFTER_S)
        again = self.client.sends()
        before = self.client.shows()

        self.client.clock.advance(ANSWER_TIMEOUT_S)

        self.assertEqual((asked, again, before), (["PING there"], ["PING there"], []))
        self.assertEqual(self.client.shows(), ["* The server is silent; trying again in 1 second"])
        self.assertTrue(self.client.server.disconnected)

    def test_data_of_an_abandoned_connection_is_ignored(self) -> None:
        old = self.client.protocol
        self.client.clock.advance(PING_AFTER_S)
        self.client.clock.advance(ANSWER_TIMEOUT_S)
        self.client.shows()

        old.dataReceived(b":ann!a@h PRIVMSG #lobby :late\r\n")
        old.connectionLost(Failure(ConnectionDone()))

        self.assertEqual(self.client.shows(), [])

    def test_a_server_that_stops_speaking_irc_is_tried_again(self) -> None:
        self.client.drops()
        self.client.clock.advance(1)
        self.client.connects()
        self.client.shows()

        self.client.receives("HTTP/1.1 502 Bad Gateway")

        shown_line = "* It does not speak as a chat server does; trying again in 2 seconds"
        self.assertEqual((self.client.shows(), self.client.outcome()), ([shown_line], None))

    def test_after_a_stable_connection_the_next_attempt_is_soon(self) -> None:
        self.client.drops()
        self.reconnects("#lobby")
        self.client.drops()
        hasty = self.client.shows()[-1]
        self.reconnects("#lobby")
        self.client.clock.advance(STABLE_CONNECTION_S)
        self.client.drops()

        self.assertEqual(hasty, f"* {GONE}; trying again in 2 seconds")
        self.assertEqual(self.client.shows()[-1], f"* {GONE}; trying again in 1 second")

    def test_a_channel_that_refuses_the_rejoin_is_given_up(self) -> None:
        self.client.drops()
        self.reconnects()
        self.client.receives(":irc 473 bob #lobby :Invited only")
        self.client.shows()

        self.client.types("hi")
        self.client.drops()

        self.assertEqual(self.client.shows()[0], "! You are in no room: /join #ROOM")
        self.assertNotIn("JOIN #lobby", self.reconnects())
