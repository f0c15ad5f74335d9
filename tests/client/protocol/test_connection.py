"""A connection: coming in, and what is heard, from whatever a server says."""

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


class ComingInTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ConnectionHarness()

    def test_it_says_who_it_is_and_asks_what_the_server_can_do(self) -> None:
        self.assertEqual(self.client.sends(), ["CAP LS 302", "NICK bob", "USER bob 0 * bob"])

    def test_it_asks_only_for_what_is_offered_and_understood(self) -> None:
        self.client.sends()

        self.client.receives(":irc CAP * LS :draft/bar=PLAIN echo-message server-time=x draft/foo")

        self.assertEqual(self.client.sends(), ["CAP REQ :server-time echo-message"])

    def test_it_waits_for_the_last_line_of_the_offer(self) -> None:
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

    def test_it_goes_on_where_nothing_is_offered(self) -> None:
        self.client.sends()

        self.client.receives(":irc CAP * LS :draft/bar")

        self.assertEqual(self.client.sends(), ["CAP END"])

    def test_it_asks_for_what_is_offered_later(self) -> None:
        self.client.enters(caps="")

        self.client.receives(":irc CAP bob NEW :echo-message draft/bar")

        self.assertEqual(self.client.sends(), ["CAP REQ echo-message"])

    def test_it_joins_the_room_once_it_is_welcome(self) -> None:
        self.client.sends()

        events = self.client.receives(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")

        self.assertEqual(events, [Welcomed("bob"), UserJoined(None, "bob", "#lobby", True)])
        self.assertEqual(self.client.sends(), ["JOIN #lobby"])

    def test_it_tries_other_nicks_and_then_gives_up(self) -> None:
        self.client.sends()

        events = self.client.receives(*[":irc 433 * bob :In use"] * MAX_NICKS_TRIED)

        self.assertEqual(self.client.sends(), ["NICK bob_", "NICK bob_2", "NICK bob_3", "NICK bob_4"])
        self.assertEqual([type(event) for event in events], [ConnectionClosed])

    def test_another_nick_is_not_longer_than_nicks_may_be(self) -> None:
        client = ConnectionHarness("b" * 30)
        client.sends()

        client.receives(":irc 433 * b :In use")

        self.assertEqual(client.sends(), [f"NICK {'b' * 29}_"])

    def test_it_ends_when_it_is_not_let_in(self) -> None:
        self.assertEqual(
            self.client.receives(":irc 464 * :Wrong password"), [ConnectionClosed("Wrong password")]
        )

    def test_what_is_no_chat_is_noticed(self) -> None:
        for said in ("HTTP/1.1 400 Bad Request", "220 mail.example ESMTP", "SSH-2.0-OpenSSH_9", "-ERR no"):
            self.assertEqual(
                ConnectionHarness().receives(said),
                [ConnectionClosed("It does not speak as a chat server does")],
                said,
            )

    def test_what_cannot_be_a_name_is_not_begun_with(self) -> None:
        for nick, room in (
            ("a b", "#lobby"),
            ("", "#lobby"),
            ("bob", "#a,#b"),
            ("bob", ":x"),
            ("b\0b", "#x"),
        ):
            with self.assertRaises(RequestError, msg=(nick, room)):
                ServerConnection(nick, room).start()


class HearingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ConnectionHarness()
        self.client.enters()

    def test_a_ping_is_answered(self) -> None:
        self.client.receives("PING :a b", ":irc PING x")

        self.assertEqual(self.client.sends(), ["PONG :a b", "PONG x"])

    def test_what_others_do_is_told(self) -> None:
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

    def test_a_new_nick_of_ours_is_ours_from_then_on(self) -> None:
        events = self.client.receives(":bob!b@h NICK rob", ":rob!b@h PART #lobby")

        self.assertEqual(
            events,
            [NickChanged(None, "bob", "rob", True), UserLeft(None, "rob", "#lobby", "PART", "", True)],
        )

    def test_what_the_server_notes_and_refuses_is_told(self) -> None:
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

    def test_a_time_that_is_none_is_left_out(self) -> None:
        for time in ("", "noon", "2020-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "2020-01-01T00:00:00"):
            events = self.client.receives(f"@time={time} :ann!a@h JOIN #x")

            self.assertEqual(events, [UserJoined(None, "ann", "#x", False)], time)

    def test_the_servers_last_words_are_the_reason(self) -> None:
        self.client.receives("ERROR :Closing link: Quit")

        self.assertEqual(
            self.client.connection.connection_lost("Gone"), [ConnectionClosed("Closing link: Quit")]
        )

    def test_a_line_without_end_ends_it_once(self) -> None:
        events = self.client.connection.receive_data(b"x" * (MAX_LINE_BYTES + 1))
        events += self.client.connection.receive_data(b"y\r\nPING x\r\n")
        events += self.client.connection.connection_lost("Gone")

        self.assertEqual(events, [ConnectionClosed("It sent a line that does not end")])
        self.assertEqual(self.client.sends(), [])

    def test_a_line_that_is_not_utf_8_is_passed_over(self) -> None:
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
    def test_nothing_a_server_says_raises_after_we_spoke(self, pieces: list[bytes]) -> None:
        client = ConnectionHarness()
        client.enters()
        client.requests.send_text("#lobby", "hi")
        for piece in pieces:
            client.connection.receive_data(piece)
        client.connection.data_to_send()
