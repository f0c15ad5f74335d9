"""A connection registers, and turns whatever a server sends into events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.connection import MAX_LINE_BYTES, RequestError, ServerConnection
from simplechat.client.protocol.events import (
    ConnectionClosed,
    MembersListed,
    NickChanged,
    NoteShown,
    RequestRefused,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.protocol.receiver import MAX_NICKS_TRIED
from tests.support.client_harness import ConnectionHarness

NOON = 1_577_880_000.0  # 2020-01-01T12:00:00Z


class RegistrationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ConnectionHarness()

    def test_registration_begins_with_cap_nick_and_user(self) -> None:
        self.assertEqual(self.client.sends(), ["CAP LS 302", "NICK bob", "USER bob 0 * bob"])

    def test_only_offered_and_known_capabilities_are_requested(self) -> None:
        self.client.sends()

        self.client.receives(":irc CAP * LS :draft/bar=PLAIN echo-message server-time=x draft/foo")

        self.assertEqual(self.client.sends(), ["CAP REQ :server-time echo-message"])

    def test_the_whole_offer_is_awaited(self) -> None:
        self.client.sends()

        self.client.receives(":irc CAP * LS * :batch")
        before = self.client.sends()
        self.client.receives(":irc CAP * LS :echo-message")

        self.assertEqual((before, self.client.sends()), ([], ["CAP REQ :echo-message batch"]))

    def test_negotiation_ends_once_whatever_the_answer(self) -> None:
        for answer in (["ACK :batch"], ["NAK :batch"], ["ACK :batch", "ACK :batch"]):
            client = ConnectionHarness()
            client.receives(":irc CAP * LS :batch")
            client.sends()

            client.receives(*(f":irc CAP * {each}" for each in answer))

            self.assertEqual(client.sends(), ["CAP END"])

    def test_without_an_offer_negotiation_ends(self) -> None:
        self.client.sends()

        self.client.receives(":irc CAP * LS :draft/bar")

        self.assertEqual(self.client.sends(), ["CAP END"])

    def test_capabilities_offered_later_are_requested(self) -> None:
        self.client.enters(caps="")

        self.client.receives(":irc CAP bob NEW :echo-message draft/bar")

        self.assertEqual(self.client.sends(), ["CAP REQ echo-message"])

    def test_the_channel_is_joined_after_the_welcome(self) -> None:
        self.client.sends()

        events = self.client.receives(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")

        self.assertEqual(events, [Welcomed("bob"), UserJoined(None, "bob", "#lobby", True)])
        self.assertEqual(self.client.sends(), ["JOIN #lobby"])

    def test_other_nicks_are_tried_a_few_times(self) -> None:
        self.client.sends()

        events = self.client.receives(*[":irc 433 * bob :In use"] * MAX_NICKS_TRIED)

        self.assertEqual(self.client.sends(), ["NICK bob_", "NICK bob_2", "NICK bob_3", "NICK bob_4"])
        self.assertEqual([type(event) for event in events], [ConnectionClosed])

    def test_an_alternative_nick_keeps_the_length_limit(self) -> None:
        client = ConnectionHarness("b" * 30)
        client.sends()

        client.receives(":irc 433 * b :In use")

        self.assertEqual(client.sends(), [f"NICK {'b' * 29}_"])

    def test_a_refused_registration_closes_the_connection(self) -> None:
        self.assertEqual(
            self.client.receives(":irc 464 * :Wrong password"), [ConnectionClosed("Wrong password")]
        )

    def test_another_protocol_is_recognised(self) -> None:
        for said in ("HTTP/1.1 400 Bad Request", "220 mail.example ESMTP", "SSH-2.0-OpenSSH_9", "-ERR no"):
            self.assertEqual(
                ConnectionHarness().receives(said),
                [ConnectionClosed("It does not speak as a chat server does")],
                said,
            )

    def test_an_invalid_nick_or_channel_is_refused_at_once(self) -> None:
        for nick, room in (
            ("a b", "#lobby"),
            ("", "#lobby"),
            ("bob", "#a,#b"),
            ("bob", ":x"),
            ("b\0b", "#x"),
        ):
            with self.assertRaises(RequestError, msg=(nick, room)):
                ServerConnection(nick, room).start()


class ReceivingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ConnectionHarness()
        self.client.enters()

    def test_a_ping_is_answered(self) -> None:
        self.client.receives("PING :a b", ":irc PING x")

        self.assertEqual(self.client.sends(), ["PONG :a b", "PONG x"])

    def test_events_of_others_are_returned(self) -> None:
        events = self.client.receives(
            "@time=2020-01-01T12:00:00.000Z :ann!a@h JOIN #lobby",
            ":ann!a@h PRIVMSG bob :psst",
            ":ann!a@h PRIVMSG #lobby :\x01ACTION waves\x01",
            ":ann!a@h NICK anna",
            ":anna!a@h PART #lobby :bye",
            ":eve!e@h QUIT :Quit: gone",
            ":ann!a@h KICK #lobby bob :out",
        )

        self.assertEqual(
            events,
            [
                UserJoined(NOON, "ann", "#lobby", False),
                MessageReceived(None, "ann", "bob", "psst", "PRIVMSG", "", False),
                MessageReceived(None, "ann", "#lobby", "waves", "ACTION", "", False),
                NickChanged(None, "ann", "anna", False),
                UserLeft(None, "anna", "#lobby", "PART", "bye", False),
                UserLeft(None, "eve", "", "QUIT", "Quit: gone", False),
                UserLeft(None, "bob", "#lobby", "KICK", "out", True),
            ],
        )

    def test_our_new_nick_is_ours_from_then_on(self) -> None:
        events = self.client.receives(":bob!b@h NICK rob", ":rob!b@h PART #lobby")

        self.assertEqual(
            events,
            [NickChanged(None, "bob", "rob", True), UserLeft(None, "rob", "#lobby", "PART", "", True)],
        )

    def test_notes_and_errors_are_returned(self) -> None:
        events = self.client.receives(
            ":irc 353 bob = #lobby :ann bob",
            ":irc 366 bob #lobby :End",
            ":irc 372 bob :- hello",
            ":irc 422 bob :No message of the day",
            ":irc 433 bob ann :In use",
            ":irc 999 bob :What",
            ":irc SOMETHING new",
        )

        self.assertEqual(
            events,
            [
                MembersListed("#lobby", ("ann", "bob")),
                NoteShown("- hello"),
                RequestRefused("ann: In use", ("ann",)),
            ],
        )

    def test_an_invalid_time_is_ignored(self) -> None:
        for time in ("", "noon", "2020-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "2020-01-01T00:00:00"):
            events = self.client.receives(f"@time={time} :ann!a@h JOIN #x")

            self.assertEqual(events, [UserJoined(None, "ann", "#x", False)], time)

    def test_the_servers_error_is_the_reason(self) -> None:
        self.client.receives("ERROR :Closing link: Quit")

        self.assertEqual(
            self.client.connection.connection_lost("Gone"), [ConnectionClosed("Closing link: Quit")]
        )

    def test_a_line_without_end_closes_the_connection_once(self) -> None:
        events = self.client.connection.receive_data(b"x" * (MAX_LINE_BYTES + 1))
        events += self.client.connection.receive_data(b"y\r\nPING x\r\n")
        events += self.client.connection.connection_lost("Gone")

        self.assertEqual(events, [ConnectionClosed("It sent a line that does not end")])
        self.assertEqual(self.client.sends(), [])

    def test_a_line_that_is_not_utf_8_is_ignored(self) -> None:
        events = self.client.connection.receive_data(b":ann!a@h PRIVMSG #lobby :\xff\r\n:ann!a@h JOIN #x\r\n")

        self.assertEqual(events, [UserJoined(None, "ann", "#x", False)])

    def test_lines_may_come_in_pieces(self) -> None:
        events = [
            event
            for byte in b":ann!a@h JOIN #x\n"
            for event in self.client.connection.receive_data(bytes([byte]))
        ]

        self.assertEqual(events, [UserJoined(None, "ann", "#x", False)])


_COMMANDS = (
    "001 332 353 372 404 433 464 ACK BATCH CAP ERROR FAIL JOIN KICK "
    "NICK NOTE NOTICE PART PING PONG PRIVMSG QUIT"
)
_WORDS = some.one_of(
    some.sampled_from(["LS", "ACK", "NEW", "*", "+a", "-a", "bob", "#lobby", "s1", "labeled-response", ":"]),
    some.text(max_size=8),
)
_TAGS = some.sampled_from(
    ["", "@label=s1 ", "@batch=a ", "@time=2020-13-01T00:00:00Z ", "@label=s1;batch=a "]
)
_SOURCES = some.sampled_from(["", ":irc ", ":bob!b@h ", ":ann!a@h ", ": "])


@some.composite
def _server_lines(draw: some.DrawFn) -> bytes:
    words = [draw(some.sampled_from(_COMMANDS.split())), *draw(some.lists(_WORDS, max_size=4))]
    return f"{draw(_TAGS)}{draw(_SOURCES)}{' '.join(words)}\r\n".encode()


class RobustnessTests(SynchronousTestCase):
    @given(some.lists(some.one_of(some.binary(max_size=80), _server_lines()), max_size=30))
    def test_nothing_a_server_says_raises(self, pieces: list[bytes]) -> None:
        client = ConnectionHarness()
        for piece in pieces:
            client.connection.receive_data(piece)
        client.connection.connection_lost("Gone")

    @given(some.lists(_server_lines(), max_size=30))
    def test_nothing_a_server_says_raises_after_we_sent_a_message(self, pieces: list[bytes]) -> None:
        client = ConnectionHarness()
        client.enters()
        client.requests.send_text("#lobby", "hi")
        for piece in pieces:
            client.connection.receive_data(piece)
        client.connection.data_to_send()
