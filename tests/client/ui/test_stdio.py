"""The client on standard input and output: what it shows, and what it sends."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.app import MAX_QUEUED_LINES, MAX_UNCONFIRMED
from simplechat.client.ui.stdio import MAX_LINE_BYTES
from tests.support.client_harness import ClientHarness


class OutputTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.enters()

    def test_each_event_is_one_line(self) -> None:
        self.client.receives(
            ":ann!a@h JOIN #lobby",
            ":ann!a@h PRIVMSG #lobby :hi there",
            ":ann!a@h PRIVMSG #tea :elsewhere",
            ":ann!a@h PRIVMSG bob :psst",
            ":ann!a@h PRIVMSG #lobby :\x01ACTION waves\x01",
            ":ann!a@h NICK anna",
            ":anna!a@h PART #lobby :bye",
            ":eve!e@h QUIT",
            ":eve!e@h KICK #lobby zed :rude",
            ":irc NOTICE bob :maintenance",
            ":irc 403 bob #no :No such room",
        )

        self.assertEqual(
            self.client.shows(),
            [
                "* ann joined",
                "12:00 ann: hi there",
                "12:00 ann in #tea: elsewhere",
                "12:00 ann to you: psst",
                "12:00 * ann waves",
                "* ann is now anna",
                "* anna left (bye)",
                "* eve left",
                "* zed was kicked from #lobby (rude)",
                "12:00 irc to you: maintenance",
                "! #no: No such room",
            ],
        )

    def test_no_text_of_a_server_controls_the_terminal(self) -> None:
        self.client.receives(
            ":a\x1b[2J!a@h PRIVMSG #lobby :\x1b]0;title\x07\u202e",
            ":irc 403 bob #\x9b :\x1bc",
            ":ann!a@h QUIT :a\u2028* root joined",
        )

        self.assertEqual(
            self.client.shows(),
            ["12:00 a␛[2J: ␛]0;title␇�", "! #�: ␛c", "* ann left (a�* root joined)"],
        )

    def test_an_own_message_is_shown_once_it_is_stored(self) -> None:
        self.client.types("hi")
        before = self.client.shows()

        self.client.confirms(*self.client.sends())

        self.assertEqual((before, self.client.shows()), ([], ["12:00 bob: hi +"]))

    def test_a_character_that_the_encoding_lacks_is_a_question_mark(self) -> None:
        client = ClientHarness(encoding="ascii")
        client.enters()

        client.receives(":ann!a@h PRIVMSG #lobby :ñ")

        self.assertEqual(client.shows(), ["12:00 ann: ?"])


class InputTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.enters()

    def test_each_line_is_sent_to_the_channel(self) -> None:
        self.client.types("hi", "", "//x")

        self.assertEqual(self.client.sends(), ["@label=s1 PRIVMSG #lobby hi", "@label=s2 PRIVMSG #lobby /x"])

    def test_commands_send_their_messages(self) -> None:
        self.client.types("/msg ann hi you", "/nick rob", "/part", "/quit so long")

        self.assertEqual(
            self.client.sends(),
            ["@label=s1 PRIVMSG ann :hi you", "NICK rob", "PART #lobby", "QUIT :so long"],
        )

    def test_help_is_shown_and_not_sent(self) -> None:
        self.client.types("/help")

        self.assertIn("/exit [REASON]                    leave; Ctrl-D does the same", self.client.shows())
        self.assertEqual(self.client.sends(), [])

    def test_an_error_is_one_line_and_nothing_is_sent(self) -> None:
        for typed, line in (
            ("/nope x", "! There is no command /nope; /help lists them"),
            ("/msg ann", "! Usage: /msg NICK TEXT"),
            ("/join", "! Usage: /join #ROOM [KEY]"),
            ("/join a,b", "! That is not a valid name"),
            ("/nick", "! Usage: /nick NICK"),
            ("a\0b", "! The line would be too long, or contain a zero byte or a line end"),
            ("x" * (MAX_LINE_BYTES + 1), "! A line was too long and was not sent"),
        ):
            self.client.types(typed)

            self.assertEqual((self.client.shows(), self.client.sends()), ([line], []), typed[:20])

    def test_input_that_is_not_text_is_not_sent(self) -> None:
        self.client.console.dataReceived(b"\xff\n")

        self.assertEqual(self.client.shows(), ["! A line is not UTF-8 text and was not sent"])

    def test_text_after_a_join_goes_to_the_new_channel_only(self) -> None:
        self.client.types("/join tea", "hi")
        before = self.client.sends()

        self.client.receives(":bob!b@h JOIN #tea")

        self.assertEqual((before, self.client.sends()), (["JOIN #tea"], ["@label=s1 PRIVMSG #tea hi"]))

    def test_after_a_part_the_channel_before_is_current(self) -> None:
        self.client.types("/join tea")
        self.client.receives(":bob!b@h JOIN #tea")
        self.client.types("/part", "back", "/part", "nowhere")

        self.assertEqual(self.client.sends()[2:], ["@label=s1 PRIVMSG #lobby back", "PART #lobby"])
        self.assertEqual(self.client.shows()[-1], "! You are in no room: /join #ROOM")

    def test_a_join_of_a_joined_channel_sends_nothing(self) -> None:
        self.client.types("/join tea")
        self.client.receives(":bob!b@h JOIN #tea")
        self.client.types("/join #Lobby", "hi")

        self.assertEqual(self.client.sends(), ["JOIN #tea", "@label=s1 PRIVMSG #Lobby hi"])

    def test_after_a_refused_join_we_stay_where_we_were(self) -> None:
        self.client.types("/join tea")
        self.client.receives(":irc 405 bob #tea :Too many rooms")

        self.client.types("hi")

        self.assertEqual(self.client.sends(), ["JOIN #tea", "@label=s1 PRIVMSG #lobby hi"])

    def test_input_waits_until_the_channel_is_joined(self) -> None:
        client = ClientHarness()
        client.types("early")
        client.connects()
        self.assertNotIn("PRIVMSG", " ".join(client.sends()))

        client.receives(":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby")

        self.assertEqual(client.sends(), ["JOIN #lobby", "PRIVMSG #lobby early", "PING s1"])


class FlowTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness(is_piped=True)
        self.client.enters()

    def test_only_so_many_messages_are_sent_unconfirmed(self) -> None:
        self.client.types(*map(str, range(MAX_UNCONFIRMED + 5)))
        sent = self.client.sends()

        self.client.confirms(sent[0], sent[1])

        self.assertEqual((len(sent), len(self.client.sends())), (MAX_UNCONFIRMED, 2))

    def test_input_is_paused_while_many_lines_are_queued(self) -> None:
        self.client.types(*map(str, range(MAX_UNCONFIRMED + MAX_QUEUED_LINES)))
        paused = self.client.screen.producerState

        self.client.confirms(self.client.sends()[0])

        self.assertEqual((paused, self.client.screen.producerState), ("paused", "producing"))

    def test_the_server_is_not_read_while_nobody_reads_what_is_printed(self) -> None:
        producer = self.client.screen.producer
        assert producer is not None

        producer.pauseProducing()
        paused = self.client.server.producerState
        producer.resumeProducing()

        self.assertEqual((paused, self.client.server.producerState), ("paused", "producing"))

    def test_a_lost_output_does_not_end_the_connection(self) -> None:
        producer = self.client.screen.producer
        assert producer is not None

        producer.stopProducing()
        self.client.console.writeConnectionLost()
        self.client.types("hi")
        self.client.confirms(*self.client.sends())

        self.assertFalse(self.client.server.disconnecting)
        self.assertEqual(self.client.shows(), [])


class QuestionTests(SynchronousTestCase):
    """Questions on a terminal without a prompt, and from a pipe."""

    def test_a_password_is_asked_for_with_the_echo_off_and_the_line_is_ended(self) -> None:
        client = ClientHarness()
        client.enters()

        client.types("/login ann")
        asked, hidden = client.screen.value(), list(client.hidden)
        client.types("pencil")

        self.assertEqual((asked, hidden, client.hidden), (b"Password of ann: ", [True], [True, False]))
        self.assertEqual(
            client.screen.value(),
            b"Password of ann: \n! This server has no accounts; you are here as a guest\n",
        )

    def test_an_event_begins_a_new_line_below_the_question(self) -> None:
        client = ClientHarness()
        client.enters()
        client.types("/login ann")

        client.receives(":ann!a@h PRIVMSG #lobby hi")
        client.types("")

        self.assertEqual(
            client.screen.value().decode().splitlines(),
            ["Password of ann: ", "12:00 ann: hi", "! That cannot be a password: nothing was typed"],
        )

    def test_the_echo_is_on_again_when_it_ends_at_a_question(self) -> None:
        client = ClientHarness()
        client.enters()
        client.types("/login ann")

        client.chat.interrupted(143, "ended by SIGTERM")
        client.console.close()

        self.assertEqual(client.hidden, [True, False])

    def test_a_pipe_is_asked_nothing(self) -> None:
        client = ClientHarness(is_piped=True)
        client.enters()

        client.types("/login ann")

        self.assertEqual((client.shows(), client.hidden), ([], []))

    def test_a_pipe_that_ends_at_a_question_fails(self) -> None:
        client = ClientHarness(is_piped=True)
        client.enters()
        client.types("/login ann")

        client.chat.input_ended()
        client.drops()

        outcome = client.outcome()
        self.assertEqual(outcome and outcome[0], 1)
        self.assertIn("The input ended before a question was answered", outcome.reason if outcome else "")
