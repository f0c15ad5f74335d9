"""Missed messages are shown once, in order, after a line that counts them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.interfaces import ExitStatus
from simplechat.client.protocol.history_requests import format_timestamp
from simplechat.client.protocol.sasl_login import Credentials
from tests.support.client_harness import ClientHarness
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Actor, Stage

ANN = Credentials("ann", "pencil")
ALL_CAPS = "message-tags server-time echo-message batch labeled-response draft/chathistory draft/read-marker"


def texts(lines: list[str]) -> list[str]:
    """Return the messages, and the lines that count missed ones."""
    return [line.partition(": ")[2] or line for line in lines if line.startswith("12:00 ") or " new" in line]


class CatchUpTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ben,) = self.stage.enter("ben", room="#lobby")
        self.ann = InMemoryClient(self.stage, "ann")

    def says(self, *words: str, actor: Actor | None = None) -> None:
        """Send messages by ben to the lobby, each at a later time."""
        for text in words:
            self.stage.clock.advance(0.002)
            (actor or self.ben).says(f"PRIVMSG #lobby :{text}")

    def drops(self) -> None:
        self.ann.shows()
        self.ann.drops()

    def shown_after_coming_back(self) -> list[str]:
        self.ann.reconnects()
        return texts(self.ann.shows())

    def test_on_the_first_visit_the_last_messages_are_shown(self) -> None:
        self.says("one", "two")

        self.assertEqual(texts(InMemoryClient(self.stage, "cem").shows()), ["one", "two"])

    def test_missed_messages_are_shown_once_after_a_count(self) -> None:
        self.says("one")
        self.drops()
        self.says("two", "three")

        self.assertEqual(self.shown_after_coming_back(), ["--- 2 new since 12:00 ---", "two", "three"])

    def test_if_nothing_was_missed_nothing_is_shown(self) -> None:
        self.says("one")
        self.drops()

        self.assertEqual(self.shown_after_coming_back(), [])

    def test_more_than_a_page_is_fetched_to_the_end(self) -> None:
        self.says("first")
        self.drops()
        words = [f"n{number}" for number in range(250)]
        self.says(*words)

        _line, *shown = self.shown_after_coming_back()

        self.assertEqual(shown, words)
        asked = [line for line in self.ann.sent if line.startswith("CHATHISTORY AFTER #lobby")]
        self.assertEqual(len(asked), 3)

    def test_live_messages_come_after_the_fetched_pages_once(self) -> None:
        self.says("first")
        self.drops()
        self.says("one", "two")
        self.ann.stage.clock.advance(2)  # to the new connection
        while not any("CHATHISTORY AFTER" in line.decode() for line in self.ann._unsent):
            self.step()

        self.says("three")  # before the page is asked for, and so in it
        self.step()
        self.says("four")  # behind it

        self.assertEqual(texts(self.ann.shows())[1:], ["one", "two", "three", "four"])

    def step(self) -> None:
        """Carry one line to the server, and the answer back."""
        out, self.ann._unsent = self.ann._unsent, []
        self.ann.actor.says(*out)
        heard = self.ann.actor.hears()
        self.ann.chat.data_received("".join(f"{line}\r\n" for line in heard).encode())

    def test_missed_multiline_messages_come_whole(self) -> None:
        self.says("first")
        self.drops()
        cem = InMemoryClient(self.stage, "cem")
        cem.types("one\ntwo")

        self.ann.reconnects()

        self.assertEqual(self.ann.shows()[-2:], ["12:00 cem: one", "      | two"])

    def test_direct_messages_are_caught_up_too(self) -> None:
        self.ann.types("/register", "pencil", "pencil")
        self.says("first")
        self.ben.says("PRIVMSG ann :known")
        self.drops()
        (cem,) = self.stage.enter("cem")
        self.ben.says("PRIVMSG ann :secret")
        cem.says("PRIVMSG ann :hush")

        shown = self.shown_after_coming_back()

        self.assertEqual(sorted(text for text in shown if "new" not in text), ["hush", "secret"])
        self.assertEqual(sum("1 new" in text for text in shown), 2)

    def test_messages_read_on_another_device_are_shown_but_not_counted(self) -> None:
        self.ann.types("/register", "pencil", "pencil")
        self.says("first")
        self.drops()
        phone = self.stage.connect()
        phone.says(f"CAP REQ :{ALL_CAPS} sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE AGFubgBwZW5jaWw=")
        phone.says("NICK ann", "USER ann 0 * ann", "CAP END")
        self.says("one", "two")
        self.stage.clock.advance(1)  # times in a room may be ahead of the clock
        phone.says(f"MARKREAD #lobby timestamp={format_timestamp(self.stage.now())}")
        self.says("three")

        shown = self.shown_after_coming_back()

        self.assertEqual(shown, ["one", "two", "--- 1 new since 12:00 ---", "three"])

    def test_on_the_first_connection_unread_messages_are_counted(self) -> None:
        self.ann.types("/register", "pencil", "pencil")
        self.says("first", "second")
        self.stage.clock.advance(1)
        self.ann.types("I have read that", "/exit")
        self.says(*(f"n{number}" for number in range(130)))
        self.ben.says("PRIVMSG ann :secret")

        again = InMemoryClient(self.stage, "ann", credentials=ANN)

        shown = texts(again.shows())
        self.assertEqual(shown[:2], ["--- 1 new from ben ---", "secret"])
        self.assertEqual(shown[2:5], ["first", "second", "I have read that +"])
        self.assertEqual(shown[5], "--- 130 new since 12:00 ---")
        self.assertEqual(shown[6:], [f"n{number}" for number in range(130)])

    def test_shown_messages_are_marked_read_when_somebody_types(self) -> None:
        self.ann.types("/register", "pencil", "pencil")
        self.ann.sent.clear()
        self.stage.clock.advance(1)

        self.says("one")
        self.ann.exchange()
        before = [line for line in self.ann.sent if line.startswith("MARKREAD")]
        self.ann.types("/help")
        after = [line for line in self.ann.sent if line.startswith("MARKREAD")]

        self.assertEqual(before, [])
        self.assertEqual([line[:47] for line in after], ["MARKREAD #lobby timestamp=2001-09-09T01:46:41.0"])

    def test_without_typing_nothing_is_marked_read(self) -> None:
        follower = InMemoryClient(self.stage, "fay")
        self.says("one")

        follower.chat.interrupted(143, "ended by SIGTERM")
        follower.exchange()

        self.assertNotIn("MARKREAD", "".join(follower.sent))

    def test_a_pipe_fetches_nothing(self) -> None:
        self.says("one")

        pipe = InMemoryClient(self.stage, "pipe", is_piped=True)

        self.assertNotIn("CHATHISTORY", "".join(pipe.sent))

    @settings(max_examples=30, deadline=None)
    @given(some.lists(some.sampled_from("dbs"), max_size=25))
    def test_however_often_the_connection_breaks_each_message_is_shown_once(self, steps: list[str]) -> None:
        self.setUp()
        count = 0
        for step in [*steps, "b", "s"]:
            if step == "d" and self.ann.is_connected:
                self.ann.drops()
            elif step == "b" and not self.ann.is_connected:
                self.ann.stage.clock.advance(90)
                self.ann.exchange()
            elif step == "s":
                self.says(f"n{count}")
                count += 1
                self.ann.exchange()

        shown = [text for text in texts(self.ann.shows()) if "new" not in text]
        self.assertEqual(shown, [f"n{number}" for number in range(count)])


class OddServerTests(SynchronousTestCase):
    """Servers that do not answer as ours does."""

    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.connects()
        self.client.receives(
            f":irc CAP * LS :{ALL_CAPS}", f":irc CAP * ACK :{ALL_CAPS}", ":irc 001 bob :Welcome"
        )
        self.client.receives(":bob!b@h JOIN #lobby", ":irc 366 bob #lobby :End")
        self.client.sends()
        self.client.shows()

    def hears_page(self, *texts: str) -> None:
        self.client.receives(":irc BATCH +p chathistory #lobby")
        self.client.receives(
            *(f"@batch=p;time=2020-01-01T00:00:00.000Z :ann!a@h PRIVMSG #lobby {t}" for t in texts)
        )
        self.client.receives(":irc BATCH -p")

    def test_a_refused_page_releases_the_held_messages(self) -> None:
        self.client.receives(":ann!a@h PRIVMSG #lobby live")
        before = self.client.shows()

        self.client.receives(":irc FAIL CHATHISTORY MESSAGE_ERROR LATEST #lobby :Not now")

        self.assertEqual((before, self.client.shows()), ([], ["12:00 ann: live"]))

    def test_an_empty_page_is_the_end(self) -> None:
        self.hears_page()
        self.client.receives(":ann!a@h PRIVMSG #lobby live")

        self.assertEqual(self.client.shows(), ["12:00 ann: live"])

    def test_a_page_from_before_a_rejoin_is_ignored(self) -> None:
        self.client.receives(":bob!b@h PART #lobby", ":bob!b@h JOIN #lobby", ":ann!a@h PRIVMSG #lobby live")
        self.client.shows()

        self.hears_page("one")

        self.assertEqual(self.client.shows(), [])

    def test_a_server_that_never_answers_is_left(self) -> None:
        self.client.clock.advance(16)

        error = "It does not answer as a chat server does within 15 s"
        self.assertEqual(self.client.shows()[-1], f"* {error}; trying again in 1 second")
        self.assertIsNone(self.client.outcome())

    def test_leaving_works_while_pages_are_fetched(self) -> None:
        self.client.types("/exit")
        self.client.drops()

        self.assertEqual(self.client.outcome(), ExitStatus(0))

    def test_joins_and_parts_in_a_page_change_nothing(self) -> None:
        self.client.receives(
            ":irc BATCH +p chathistory #lobby",
            "@batch=p :bob!b@h PART #lobby",
            "@batch=p :zed!z@h JOIN #lobby",
            "@batch=p :bob!b@h NICK rob",
            ":irc BATCH -p",
        )

        self.assertEqual(self.client.shows(), [])
        self.client.types("hi")
        self.assertIn("PRIVMSG #lobby hi", self.client.sends()[-1])
