"""/history shows pages of messages, /search finds messages."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.client_harness import ClientHarness
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Stage


def texts(lines: list[str]) -> list[str]:
    """Return the texts of the messages among lines."""
    return [line.rpartition(": ")[2] for line in lines if line.strip().startswith("[")]


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ben,) = self.stage.enter("ben", room="#lobby")
        for number in range(45):
            self.ben.says(f"PRIVMSG #lobby n{number}")
        self.ann = InMemoryClient(self.stage, "ann")
        self.ann.shows()

    def test_history_typed_again_goes_back_to_the_beginning(self) -> None:
        pages = [self.ann.types("/history") for _ in range(3)]

        self.assertEqual([len(texts(page)) for page in pages], [20, 20, 5])
        self.assertEqual(
            texts(pages[2]) + texts(pages[1]) + texts(pages[0]), [f"n{number}" for number in range(45)]
        )
        self.assertEqual(pages[2][0], "* #lobby: there are no earlier messages")
        self.assertFalse(any("nothing was said" in line for line in pages[0] + pages[1]))

    def test_a_number_limits_the_page_and_begins_anew(self) -> None:
        self.ann.types("/history")

        self.assertEqual(texts(self.ann.types("/history 3")), ["n42", "n43", "n44"])
        self.assertEqual(texts(self.ann.types("/history before 2")), ["n40", "n41"])
        self.assertEqual(texts(self.ann.types("/history before")), [f"n{n}" for n in range(20, 40)])

    def test_each_place_has_pages_of_its_own(self) -> None:
        self.ben.says("PRIVMSG ann psst")
        self.ann.types("/history 3")

        self.assertEqual(texts(self.ann.types("/history ben")), ["psst"])
        self.assertEqual(texts(self.ann.types("/history before 1")), ["n44"])

    def test_numbers_are_aligned_and_the_days_are_their_own(self) -> None:
        lines = self.ann.types("/history 12")

        self.assertEqual(lines[0], "--- 2001-09-09 ---")
        self.assertEqual(lines[1], " [1] 12:00 ben: n33")
        self.assertEqual(lines[-1], "[12] 12:00 ben: n44")

    def test_history_that_may_not_be_read_is_refused_in_words(self) -> None:
        for line, expected in (
            ("/history #secret", "! There is nothing there that you may read"),
            ("/history 0", "! Usage: /history [NICK|#ROOM] [N|before]"),
            ("/history a b", "! Usage: /history [NICK|#ROOM] [N|before]"),
            ("/history 3 4", "! Usage: /history [NICK|#ROOM] [N|before]"),
        ):
            self.assertEqual(self.ann.types(line), [expected], line)

    def test_a_page_of_an_empty_room_says_so(self) -> None:
        self.ann.types("/join #empty")

        self.assertEqual(self.ann.types("/history"), ["* #empty: there are no messages"])

    def test_a_pipe_waits_for_its_answers(self) -> None:
        pipe = InMemoryClient(self.stage, "pipe", is_piped=True)

        pipe.chat.typed("/history 2")
        pipe.chat.typed("/history 1")  # asked once the first is answered
        pipe.chat.input_ended()
        shown = pipe.shows()

        self.assertEqual(texts(shown), ["n43", "n44", "n44"])
        self.assertIsNotNone(pipe.outcome())


class SearchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = InMemoryClient(self.stage, "ann"), InMemoryClient(self.stage, "ben")
        self.ann.types("green tea; with milk", "coffee")
        self.ben.types("no TEA", "/join #den")
        self.stage.clock.advance(1)
        self.ben.types("tea here")
        self.ben.shows()

    def found(self, line: str) -> list[str]:
        """Search, and return the texts of the results."""
        return [row.split("  ")[-1].strip() for row in self.ben.types(line)[2:]]

    def test_a_search_is_limited_to_a_place_and_a_sender(self) -> None:
        for line, expected in (
            ("/search tea", ["green tea; with milk", "no TEA", "tea here"]),
            ("/search tea in:#lobby", ["green tea; with milk", "no TEA"]),
            ("/search from:ann", ["green tea; with milk", "coffee"]),
            ("/search tea from:ben in:#lobby", ["no TEA"]),
            ("/search green milk", ["green tea; with milk"]),
            (
                "/search tea after:2001-01-01 before:2030-01-01T10:00",
                ["green tea; with milk", "no TEA", "tea here"],
            ),
            ("/search tea before:2001-01-01", []),
        ):
            self.assertEqual(self.found(line), expected, line)

    def test_a_search_result_has_time_nick_channel_and_a_number(self) -> None:
        shown = self.ben.types("/search coffee")

        self.assertEqual(
            shown,
            [
                "no.  time              where   nick  text",
                "---  ----------------  ------  ----  ------",
                "[1]  2001-09-09 12:00  #lobby  ann   coffee",
            ],
        )
        self.assertEqual(self.ben.types("/reply 1 me too")[0], "      > ann: coffee")

    def test_a_search_without_results_says_so(self) -> None:
        self.assertEqual(self.ben.types("/search beer"), ["* nothing found"])

    def test_a_wrong_search_is_explained(self) -> None:
        for line, expected in (
            ("/search", "! Usage: /search WORDS ..."),
            ("/search in:#lobby", "! Usage: /search WORDS ..."),
            ("/search tea after:noon", "! noon is not a time: write 2026-11-24, or 2026-11-24T18:30"),
            ("/search tea in:#secret", "! There is nothing there that you may read"),
        ):
            self.assertEqual(self.ben.types(line), [expected], line)


class LimitedServerTests(SynchronousTestCase):
    def test_a_command_that_the_server_lacks_is_refused_and_not_sent(self) -> None:
        client = ClientHarness()
        client.connects()
        client.receives(":irc CAP * LS :", ":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby")
        client.receives("@msgid=1 :ann!a@h PRIVMSG #lobby hi", "@msgid=2 :bob!b@h PRIVMSG #lobby hi")
        client.sends()
        client.shows()

        for line, expected in (
            ("/history", "This server does not show earlier messages"),
            ("/search tea", "This server cannot be searched"),
            ("/reply yes", "This server does not support replies; just say it"),
            ("/react +1", "This server does not support reactions"),
            ("/delete", "This server cannot delete messages"),
            ("/logout", "You are not logged in: /login"),
            ("/forget", "There is no keyring here, so no password was saved"),
        ):
            client.types(line)
            self.assertEqual((client.shows(), client.sends()), ([f"! {expected}"], []), line)
        client.types("/login", "pencil", "/register", "pencil", "pencil")
        shown = "\n".join(client.shows())
        self.assertIn("! This server has no accounts; you are here as a guest", shown)
        self.assertIn("! This server does not let clients register accounts", shown)
        self.assertEqual(client.hidden, [True, False, True, False])
