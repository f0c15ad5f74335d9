"""The owner reads messages, the audit log, and, for programs, the rows of a log."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.owner.table import format_time
from tests.support.owner import shown_texts
from tests.support.stage import NOON, Stage

NOON_MS = int(NOON * 1000)


class MessagesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#Tea")

    def test_the_last_ones_are_shown_oldest_first_with_who_said_them_and_when(self) -> None:
        self.ann.says("PRIVMSG #tea :one {0}")
        self.ben.says("NOTICE #tea :two")

        (table,) = self.owner.answers("print-msg")

        self.assertEqual(table["columns"], ["time", "room", "nick", "message"])
        self.assertEqual(
            table["rows"],
            [[format_time(NOON), "#Tea", "ann", "one {0}"], [format_time(NOON), "#Tea", "ben", "two"]],
        )

    def test_an_action_begins_with_a_star(self) -> None:
        self.ann.says("PRIVMSG #tea :\1ACTION waves\1", "PRIVMSG #tea :\1ACTION waves")

        self.assertEqual(shown_texts(self.owner), ["* waves", "* waves"])

    def test_twenty_or_as_many_as_are_wanted(self) -> None:
        self.ann.says(*(f"PRIVMSG #tea :{number}" for number in range(30)))

        self.assertEqual(shown_texts(self.owner), [str(number) for number in range(10, 30)])
        self.assertEqual(shown_texts(self.owner, "messages 3"), ["27", "28", "29"])
        self.assertEqual(shown_texts(self.owner, "messages #tea 3"), ["27", "28", "29"])
        self.assertEqual(len(shown_texts(self.owner, "messages tea 1000")), 30)

    def test_all_rooms_are_shown_in_one_order(self) -> None:
        for number in range(5):
            self.ann.says(f"JOIN #room{number}", f"PRIVMSG #room{number} :{number}")
            self.stage.clock.advance(1)
            self.ann.says(f"PRIVMSG #tea :tea {number}")

        self.assertEqual(shown_texts(self.owner, "messages 4"), ["3", "tea 3", "4", "tea 4"])

    def test_a_room_whose_name_is_a_number_is_named_with_its_mark(self) -> None:
        self.ann.says("JOIN #5", "PRIVMSG #5 :in five", "PRIVMSG #tea :in tea")

        self.assertEqual(shown_texts(self.owner, "messages #5"), ["in five"])
        self.assertEqual(shown_texts(self.owner, "messages 5 1"), ["in five"])
        self.assertEqual(len(shown_texts(self.owner, "messages 5")), 2)

    def test_direct_messages_are_not_shown(self) -> None:
        self.ann.says("PRIVMSG ben :secret")

        self.assertEqual(shown_texts(self.owner), [])

    def test_what_was_said_where_not_everybody_could_come_stays_theirs_who_are_gone(self) -> None:
        self.ann.says("MODE #tea +k key", "PRIVMSG #tea :secret", "PART #tea")
        self.ben.says("PART #tea", "JOIN #tea")

        self.assertEqual(shown_texts(self.owner), [])

    def test_what_is_on_its_way_to_the_disk_is_shown_too(self) -> None:
        self.stage.store.is_held = True
        self.ann.says("PRIVMSG #tea :hello")
        self.owner.says("messages")
        self.assertEqual(self.owner.hears(), [])

        self.stage.store.release()
        self.stage.settle()

        self.assertIn("hello", self.owner.hears()[0])


class AuditTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()

    def test_each_action_is_shown_with_its_actor_and_time(self) -> None:
        self.stage.enter("ann", room="#tea")
        self.owner.answers("kick #tea ann {0} out")
        self.owner.answers("broadcast hello")

        (table,) = self.owner.answers("audit")

        self.assertEqual(table["columns"], ["time", "who", "action", "what"])
        self.assertEqual(
            table["rows"],
            [
                [format_time(NOON), "console", "kick", "#tea ann {0} out"],
                [format_time(NOON), "console", "broadcast", "1"],
            ],
        )
        self.assertEqual(len(self.owner.answers("audit 1")[0]["rows"]), 1)
        self.assertEqual(self.owner.answers("audit 0")[0]["rows"], [])

    def test_reading_is_not_recorded(self) -> None:
        self.stage.enter("ann", room="#tea")

        for line in ("help", "list", "rooms", "messages", "who ann", "stats", "audit", "cls"):
            self.owner.answers(line)
        for line in ("clear", "exit", "log #tea 0 9", "frob"):
            self.owner.answers(line)

        self.assertEqual(self.stage.acts(), [])


class LogTests(SynchronousTestCase):
    def test_a_program_reads_a_room_page_by_page(self) -> None:
        stage = Stage()
        owner = stage.owner()
        (ann,) = stage.enter("ann", room="#tea")
        ann.says(*(f"PRIVMSG #tea :{number}" for number in range(4)))

        (first,) = owner.answers("log #tea 0 3")
        last = first["rows"][-1][0]
        (second,) = owner.answers(f"log #tea {last} 3")

        self.assertEqual(
            first["columns"], ["id", "kind", "nick", "source", "account", "text", "status", "tags"]
        )
        self.assertEqual([row[5] for row in (*first["rows"], *second["rows"])], ["", "0", "1", "2", "3"])
        self.assertEqual([row[1] for row in first["rows"]], ["JOIN", "PRIVMSG", "PRIVMSG"])
