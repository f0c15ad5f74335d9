"""Messages are sent, and wait until the server has stored or refused them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.connection import RequestError
from simplechat.client.protocol.events import ConnectionClosed, MessageNotStored
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.ircv3.message import parse
from tests.support.client_harness import ConnectionHarness

NOON = 1_577_880_000.0  # 2020-01-01T12:00:00Z
NO_LABELS = "message-tags server-time echo-message"


class UnconfirmedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ConnectionHarness()
        self.client.enters()

    def test_a_message_has_a_label(self) -> None:
        self.client.requests.send_text("#lobby", "hi")
        self.client.requests.send_text("ann", "two words")

        self.assertEqual(
            self.client.sends(), ["@label=s1 PRIVMSG #lobby hi", "@label=s2 PRIVMSG ann :two words"]
        )

    def test_an_echo_confirms_a_message(self) -> None:
        self.client.requests.send_text("#lobby", "hi")
        before = len(self.client.connection.unconfirmed)

        events = self.client.receives(
            "@label=s1;time=2020-01-01T12:00:00.000Z;msgid=7 :bob!bob@host PRIVMSG #lobby hi"
        )

        self.assertEqual((before, len(self.client.connection.unconfirmed)), (1, 0))
        self.assertEqual(events, [MessageReceived(NOON, "bob", "#lobby", "hi", "PRIVMSG", "7", True)])

    def test_an_echo_with_another_label_confirms_nothing(self) -> None:
        self.client.requests.send_text("#lobby", "hi")

        self.client.receives("@label=s9 :bob!b@h PRIVMSG #lobby hi", ":bob!b@h PRIVMSG #lobby hi")

        self.assertEqual(len(self.client.connection.unconfirmed), 1)

    def test_without_labels_an_echo_is_matched_by_its_text(self) -> None:
        client = ConnectionHarness()
        client.enters(NO_LABELS)
        client.requests.send_text("#lobby", "one")
        client.requests.send_text("#lobby", "two")

        client.receives(":bob!b@h PRIVMSG #LOBBY two", ":ann!a@h PRIVMSG #lobby one")

        self.assertEqual(client.sends(), ["PRIVMSG #lobby one", "PRIVMSG #lobby two"])
        self.assertEqual(client.connection.give_up_unconfirmed("?"), [MessageNotStored("#lobby", "one", "?")])

    def test_old_messages_confirm_nothing(self) -> None:
        client = ConnectionHarness()
        client.enters("echo-message batch")
        client.requests.send_text("#lobby", "hi")

        events = client.receives(
            ":irc BATCH +h chathistory #lobby", "@batch=h :bob!b@h PRIVMSG #lobby hi", ":irc BATCH -h"
        )

        self.assertEqual(events, [MessageReceived(None, "bob", "#lobby", "hi", "PRIVMSG", "", True, True)])
        self.assertEqual(len(client.connection.unconfirmed), 1)

    def test_without_echoes_a_pong_confirms_the_messages_before_it(self) -> None:
        client = ConnectionHarness()
        client.enters("")
        client.requests.send_text("#lobby", "one")
        client.requests.send_text("ann", "two")

        events = client.receives(":irc 401 bob ann :Nobody", ":irc PONG irc s1", ":irc PONG irc s2")

        self.assertEqual(client.sends(), ["PRIVMSG #lobby one", "PING s1", "PRIVMSG ann two", "PING s2"])
        self.assertEqual(
            events,
            [
                MessageNotStored("ann", "two", "Nobody"),
                MessageReceived(None, "bob", "#lobby", "one", "PRIVMSG", "", True),
            ],
        )

    def test_a_failure_says_why_a_message_was_not_stored(self) -> None:
        for command in ("FAIL PRIVMSG MESSAGE_NOT_STORED #lobby", "404 bob #lobby"):
            client = ConnectionHarness()
            client.enters()
            client.requests.send_text("#lobby", "hi")

            events = client.receives(f"@label=s1 :irc {command} :The disk is full")

            self.assertEqual(events, [MessageNotStored("#lobby", "hi", "The disk is full")], command)
            self.assertEqual(len(client.connection.unconfirmed), 0)

    def test_a_failure_in_a_batch_is_about_the_labelled_message(self) -> None:
        self.client.requests.send_text("#lobby", "hi")

        events = self.client.receives(
            "@label=s1 :irc BATCH +a labeled-response",
            "@batch=a :irc BATCH +b inner",
            "@batch=b :irc 404 bob #lobby :No",
            "@batch=a :irc BATCH -b",
            ":irc BATCH -a",
        )

        self.assertEqual(events, [MessageNotStored("#lobby", "hi", "No")])

    def test_an_echo_in_a_batch_confirms(self) -> None:
        self.client.requests.send_text("#lobby", "hi")

        events = self.client.receives(
            "@label=s1 :irc BATCH +a labeled-response",
            "@batch=a :irc BATCH +b inner",
            "@batch=a :irc BATCH -b",
            "@batch=a :bob!b@h PRIVMSG #lobby hi",
            ":irc BATCH -a",
        )

        self.assertEqual([type(event) for event in events], [MessageReceived])
        self.assertEqual(len(self.client.connection.unconfirmed), 0)

    def test_an_answer_without_an_echo_means_not_stored(self) -> None:
        for answer in (["ACK"], ["BATCH +a labeled-response", "BATCH -a"]):
            client = ConnectionHarness()
            client.enters()
            client.requests.send_text("#lobby", "hi")

            events = client.receives(f"@label=s1 :irc {answer[0]}", *(f":irc {each}" for each in answer[1:]))

            self.assertEqual(
                events, [MessageNotStored("#lobby", "hi", "The server did not echo the message")]
            )

    def test_unconfirmed_messages_of_a_lost_connection_are_not_stored(self) -> None:
        self.client.requests.send_text("#lobby", "hi")

        events = self.client.connection.connection_lost("Gone")

        self.assertEqual([type(event) for event in events], [MessageNotStored, ConnectionClosed])

    def test_each_line_is_a_message_and_empty_ones_are_not(self) -> None:
        self.client.requests.send_text("#lobby", "a\r\n\nb\rc\u2028d")

        texts = [parse(line.encode()).params[1] for line in self.client.sends()]
        self.assertEqual(texts, ["a", "b", "c\u2028d"])

    def test_a_long_text_arrives_whole_behind_any_likely_source(self) -> None:
        text = "ñandú " * 300
        source = f":bob!{'u' * 16}@{'h' * 75} "

        self.client.requests.send_text("#lobby", text)

        messages = [parse(line.encode()) for line in self.client.sends()]
        self.assertEqual("".join(message.params[1] for message in messages), text)
        for message in messages:
            heard = f"{source}PRIVMSG #lobby :{message.params[1]}\r\n"
            self.assertLessEqual(len(heard.encode()), 512)

    def test_a_long_nick_leaves_less_for_the_text(self) -> None:
        nick = "\N{CJK UNIFIED IDEOGRAPH-6F22}" * 30
        self.client.receives(f":bob!b@h NICK {nick}")

        self.client.requests.send_text("#lobby", "x" * 500)

        text = parse(self.client.sends()[0].encode()).params[1]
        heard = f":{nick}!{'u' * 16}@{'h' * 60} PRIVMSG #lobby :{text}\r\n"
        self.assertLessEqual(len(heard.encode()), 512)

    def test_text_that_cannot_be_sent_whole_is_not_sent(self) -> None:
        for target, text in (
            ("#lobby", "good\nbad\0"),
            ("#lobby", "half \ud800"),
            ("two words", "x"),
            ("#a,#b", "x"),
            ("", "x"),
            ("#" + "x" * 400, "x"),
        ):
            with self.assertRaises(RequestError, msg=(target, text)):
                self.client.requests.send_text(target, text)
        self.assertEqual((self.client.sends(), len(self.client.connection.unconfirmed)), ([], 0))

    def test_nothing_is_sent_before_the_welcome(self) -> None:
        with self.assertRaises(RequestError):
            ConnectionHarness().requests.send_text("#lobby", "hi")
