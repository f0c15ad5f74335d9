"""What was said: shown, cleared for good, copied, and brought from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.owner.importing import MAX_ROWS, MAX_TEXT_BYTES
from simplechat.commands.owner.table import format_time
from simplechat.hub.errors import NotStored, StoreError
from simplechat.hub.hub import Hub
from simplechat.hub.ids import EPOCH_MS, TIME_SHIFT
from simplechat.hub.records import AUDIT_TARGET
from simplechat.ledger import PROBE_EVERY_S
from tests.commands.owner.test_table import errors
from tests.support.soundness import unsound
from tests.support.stage import NOON, OwnerActor, Stage, StageFile

NOON_MS = int(NOON * 1000)


def shown(owner: OwnerActor, line: str = "messages") -> list[str]:
    """Give the words of the messages that a line shows."""
    (table,) = owner.answers(line)
    return [row[3] for row in table["rows"]]


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

    def test_what_somebody_does_begins_with_a_star(self) -> None:
        self.ann.says("PRIVMSG #tea :\1ACTION waves\1", "PRIVMSG #tea :\1ACTION waves")

        self.assertEqual(shown(self.owner), ["* waves", "* waves"])

    def test_twenty_or_as_many_as_are_wanted(self) -> None:
        self.ann.says(*(f"PRIVMSG #tea :{number}" for number in range(30)))

        self.assertEqual(shown(self.owner), [str(number) for number in range(10, 30)])
        self.assertEqual(shown(self.owner, "messages 3"), ["27", "28", "29"])
        self.assertEqual(shown(self.owner, "messages #tea 3"), ["27", "28", "29"])
        self.assertEqual(len(shown(self.owner, "messages tea 1000")), 30)

    def test_all_rooms_are_shown_in_one_order(self) -> None:
        for number in range(5):
            self.ann.says(f"JOIN #room{number}", f"PRIVMSG #room{number} :{number}")
            self.stage.clock.advance(1)
            self.ann.says(f"PRIVMSG #tea :tea {number}")

        self.assertEqual(shown(self.owner, "messages 4"), ["3", "tea 3", "4", "tea 4"])

    def test_a_room_whose_name_is_a_number_is_named_with_its_mark(self) -> None:
        self.ann.says("JOIN #5", "PRIVMSG #5 :in five", "PRIVMSG #tea :in tea")

        self.assertEqual(shown(self.owner, "messages #5"), ["in five"])
        self.assertEqual(shown(self.owner, "messages 5 1"), ["in five"])
        self.assertEqual(len(shown(self.owner, "messages 5")), 2)

    def test_what_people_say_to_each_other_is_theirs(self) -> None:
        self.ann.says("PRIVMSG ben :secret")

        self.assertEqual(shown(self.owner), [])

    def test_what_was_said_where_not_everybody_could_come_stays_theirs_who_are_gone(self) -> None:
        self.ann.says("MODE #tea +k key", "PRIVMSG #tea :secret", "PART #tea")
        self.ben.says("PART #tea", "JOIN #tea")

        self.assertEqual(shown(self.owner), [])

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

    def test_each_act_is_shown_with_who_did_it_and_when(self) -> None:
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

    def test_looking_is_no_act(self) -> None:
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


class ClearTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#Tea")
        self.ann.says("PRIVMSG #tea :one", "PRIVMSG #tea :two", "JOIN #den", "PRIVMSG #den :three")
        self.ann.says("PRIVMSG ben :four")

    def texts(self) -> list[str]:
        """Give what is on the shelf."""
        return sorted(self.stage.store.texts())

    def while_forgetting(self, do: Callable[[], object]) -> None:
        """Have something happen each time that rows are deleted."""
        forget = self.stage.store.inner.delete_rows

        async def disturbed(*args: Any) -> int:
            do()
            return await forget(*args)

        self.stage.store.inner.delete_rows = disturbed  # type: ignore[method-assign,assignment]

    def test_it_asks_and_says_how_many(self) -> None:
        (asked,) = self.owner.answers("clear #tea")

        self.assertEqual(asked["kind"], "ask")
        self.assertEqual(asked["fields"], {"count": 2, "room": "#Tea"})
        self.assertEqual(asked["again"], "clear #Tea yes")
        self.assertEqual(len(self.texts()), 4)

        (asked,) = self.owner.answers("clear-db")
        self.assertEqual((asked["fields"], asked["again"]), ({"count": 4}, "clear yes"))

    def test_one_room_is_cleared_and_no_other(self) -> None:
        answers = self.owner.answers("clear tea yes")

        self.assertEqual(answers[-1]["fields"], {"count": 2})
        self.assertEqual(self.texts(), ["four", "three"])
        self.assertEqual(shown(self.owner, "messages #tea"), [])
        self.assertEqual(self.stage.acts(), [("console", "CLEAR", "#Tea 2")])

    def test_everything_is_cleared_but_the_acts(self) -> None:
        self.owner.answers("broadcast hello")

        self.owner.answers("clear yes")

        self.assertEqual({row.target for row in self.stage.store.inner.log.values()}, {AUDIT_TARGET})
        self.assertEqual([what for _, _, what in self.stage.acts()], ["2", "* 5"])

    def test_a_room_that_is_called_yes_is_not_all_rooms(self) -> None:
        self.ann.says("JOIN #yes", "PRIVMSG #yes :no")

        self.owner.answers("clear yes yes")

        self.assertEqual(self.texts(), ["four", "one", "three", "two"])

    def test_how_far_it_came_is_told(self) -> None:
        self.ann.says(*(f"PRIVMSG #tea :{number}" for number in range(700)))

        answers = self.owner.answers("clear #tea yes")

        progress = [answer for answer in answers if answer["kind"] == "progress"]
        self.assertEqual([each["done"] for each in progress][:1], [500])
        self.assertTrue(all(each["done"] <= each["all"] for each in progress))

    def test_what_is_said_meanwhile_stays(self) -> None:
        said = iter(range(99))
        self.while_forgetting(lambda: self.ann.says(f"PRIVMSG #tea :later {next(said)}"))

        self.owner.answers("clear #tea yes")

        self.assertEqual(self.texts(), ["four", "later 0", "later 1", "three"])

    def test_what_is_said_anywhere_after_everything_was_cleared_stays(self) -> None:
        for _ in range(500):  # ids of a busy room run ahead of the clock
            self.ann.says("PRIVMSG #tea :busy")
        said = iter(range(99))
        self.while_forgetting(
            lambda: self.ann.says(f"PRIVMSG #den :later {next(said)}", "PRIVMSG ben :later")
        )

        self.owner.answers("clear yes")

        self.assertIn("later 0", self.texts())
        self.assertIn("later", self.texts())
        self.assertNotIn("busy", self.texts())

    def test_what_was_decided_before_and_is_not_yet_on_disk_is_cleared_too(self) -> None:
        self.stage.store.is_held = True
        self.ann.says("PRIVMSG #tea :first")
        self.owner.utters("clear #tea yes")
        self.ann.utters("PRIVMSG #tea :behind the clearing, before it begins")
        self.stage.settle()

        self.stage.store.release()
        self.stage.settle()
        self.ann.says("PRIVMSG #tea :after")

        self.assertNotIn("first", self.texts())
        for row in self.stage.store.inner.log.values():
            self.assertTrue(row.target != "#tea" or row.text.startswith(("behind", "after")), row)

    def test_two_at_once_are_both_answered(self) -> None:
        other = self.stage.owner()

        self.owner.utters("clear #tea yes")
        other.utters("clear #tea yes")
        self.stage.settle()

        for owner in (self.owner, other):
            answers = [json.loads(text) for text in owner.hears()]
            self.assertEqual(
                [each["kind"] for each in answers if each["kind"] != "progress"], ["text", "end"]
            )
        self.assertEqual(self.texts(), ["four", "three"])
        self.assertEqual(len(self.stage.acts()), 2)

    def test_a_disk_that_fails_in_the_middle_is_told(self) -> None:
        async def fail(*args: object) -> int:
            raise NotStored("disk {0} is full")

        self.stage.store.inner.delete_rows = fail  # type: ignore[method-assign,assignment]

        (why,) = errors(self.owner, "clear #tea yes")

        self.assertIn("disk {0} is full", why)
        self.assertEqual(self.owner.answers("cls"), [{"kind": "clear"}])

    def test_nothing_is_left_of_it_when_that_is_told(self) -> None:
        left: list[list[str]] = []
        self.stage.store.file = StageFile(wipe=lambda: left.append(self.texts()))

        self.owner.answers("clear #tea")
        self.owner.answers("clear #tea yes")

        self.assertEqual(left, [["four", "three"]])

    def test_an_empty_room_may_be_cleared(self) -> None:
        self.ann.says("JOIN #empty")

        self.assertEqual(self.owner.answers("clear #empty yes")[-1]["fields"], {"count": 0})


def fail(path: Path, report: Callable[[int, int], None]) -> int:
    """Copy nothing."""
    raise StoreError("{0} is there already")


class BackupTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()

    def test_the_path_is_a_whole_one(self) -> None:
        self.stage.store.file = StageFile()

        (why,) = errors(self.owner, "backup copy.db")

        self.assertIn("copy.db", why)
        self.assertEqual(self.stage.acts(), [])

    def test_it_tells_how_far_it_came_and_how_large_it_is(self) -> None:
        paths: list[Path] = []

        def copy(path: Path, report: Callable[[int, int], None]) -> int:
            paths.append(path)
            report(1, 2)
            report(2, 2)
            return 2

        self.stage.store.file = StageFile(copy)

        answers = self.owner.answers("backup /tmp/{0} with spaces.db")

        self.assertEqual(paths, [Path("/tmp/{0} with spaces.db")])
        self.assertEqual([answer["kind"] for answer in answers], ["progress", "progress", "text"])
        self.assertEqual(answers[-1]["fields"], {"path": "/tmp/{0} with spaces.db", "size": 2})
        self.assertEqual(self.stage.acts(), [("console", "BACKUP", "/tmp/{0} with spaces.db")])

    def test_the_audit_log_tells_that_there_is_none_where_it_failed(self) -> None:
        self.stage.store.file = StageFile(fail)

        (why,) = errors(self.owner, "backup /nowhere/copy.db")

        self.assertEqual(why, "The backup failed: {0} is there already")
        self.assertEqual(
            [(verb, what) for _, verb, what in self.stage.acts()],
            [("BACKUP", "/nowhere/copy.db"), ("BACKUP", "/nowhere/copy.db failed")],
        )

    def test_it_begins_when_everything_said_before_is_stored(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        stored: list[list[str]] = []

        def copy(path: Path, report: Callable[[int, int], None]) -> int:
            stored.append(self.stage.store.texts())
            return 0

        self.stage.store.file = StageFile(copy)
        ann.utters("PRIVMSG #tea :before")
        self.owner.utters("backup /tmp/x")
        self.stage.settle()

        self.assertEqual(stored, [["before"]])

    def test_one_that_cannot_be_made_is_told(self) -> None:
        self.stage.store.file = StageFile(fail)

        self.assertEqual(errors(self.owner, "backup /tmp/x"), ["The backup failed: {0} is there already"])

    def test_a_store_that_is_no_file_says_so(self) -> None:
        (why,) = errors(self.owner, "backup /tmp/x")

        self.assertIn("tools of the database", why)
        self.assertEqual(self.stage.acts(), [])


class BringingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.hub: Hub = self.stage.hub
        self.owner = self.stage.owner()

    def brings(self, room: str, *rows: object) -> tuple[int, int]:
        """Bring rows; tell how many were stored and how many known."""
        (answer,) = self.owner.answers(f"put-log {room} {json.dumps(rows)}")
        self.assertEqual(answer["kind"], "text", answer)
        return answer["fields"]["stored"], answer["fields"]["known"]

    def refuses(self, room: str, rows: str) -> None:
        """See that rows are not taken."""
        self.assertEqual(len(errors(self.owner, f"put-log {room} {rows}")), 1, rows)
        self.assertEqual(self.stage.store.inner.log, {})
        self.assertEqual(list(unsound(self.hub)), [])

    def test_messages_from_elsewhere_are_in_the_room_at_their_time(self) -> None:
        self.brings("#Old", (NOON_MS - 5000, "Zoë", "hello {0}"), (NOON_MS - 4000, "bob", "\u200dhi"))

        (table,) = self.owner.answers("messages #old")

        self.assertEqual(
            table["rows"],
            [
                [format_time(NOON - 5), "#Old", "Zoë", "hello {0}"],
                [format_time(NOON - 4), "#Old", "bob", "\u200dhi"],
            ],
        )
        self.assertEqual(self.stage.acts(), [("console", "IMPORT", "#Old 2")])
        self.assertEqual(list(unsound(self.hub)), [])

    def test_who_comes_later_is_shown_them(self) -> None:
        self.brings("#old", (NOON_MS - 5000, "zoe", "hello"))

        (ann,) = self.stage.enter("ann")
        ann.says("JOIN #old")

        self.assertRegex(ann.hears()[-1], r":zoe!import@irc\.test PRIVMSG #old :\[2001.*\] hello")

    def test_what_is_there_already_is_not_taken_twice(self) -> None:
        rows = [(NOON_MS - 9, "zoe", "a"), (NOON_MS - 9, "zoe", "a"), (NOON_MS - 9, "bob", "a")]

        self.assertEqual(self.brings("#old", *rows), (3, 0))
        self.assertEqual(self.brings("#old", *rows), (0, 3))
        self.assertEqual(self.brings("#old", *rows, (NOON_MS - 8, "bob", "b")), (1, 3))

        self.assertEqual(self.stage.store.texts(), ["a", "a", "a", "b"])
        self.assertEqual(len(self.stage.acts()), 2)

    def test_two_programs_at_once_store_nothing_twice(self) -> None:
        other = self.stage.owner()
        rows = json.dumps([(NOON_MS - 9, "zoe", "a"), (NOON_MS - 8, "zoe", "b")])

        self.owner.utters(f"put-log #old {rows}")
        other.utters(f"put-log #OLD {rows}")
        self.stage.settle()

        self.assertEqual(self.stage.store.texts(), ["a", "b"])
        kinds = sorted(json.loads(owner.hears()[0])["kind"] for owner in (self.owner, other))
        self.assertEqual(kinds, ["error", "text"])
        self.assertEqual(list(unsound(self.hub)), [])

    def test_when_one_is_done_the_next_may_begin(self) -> None:
        async def fail(*args: object, **kinds: object) -> list[Any]:
            raise NotStored("unreadable")

        inner = self.stage.store.inner
        following, inner.oldest_rows = inner.oldest_rows, fail  # type: ignore[method-assign]
        errors(self.owner, f"put-log #old {json.dumps([(NOON_MS - 9, 'zoe', 'a')])}")
        inner.oldest_rows = following  # type: ignore[method-assign]

        self.assertEqual(self.brings("#old", (NOON_MS - 9, "zoe", "a")), (1, 0))

    def test_what_is_wrong_is_not_taken(self) -> None:
        good = (NOON_MS, "zoe", "hello")
        for row in (
            ("x", "zoe", "hello"),
            (True, "zoe", "hello"),
            (1.5, "zoe", "hello"),
            (-1, "zoe", "hello"),
            (EPOCH_MS - 1, "zoe", "hello"),
            (10**30, "zoe", "hello"),
            (NOON_MS, "", "hello"),
            (NOON_MS, ["zoe"], "hello"),
            (NOON_MS, None, "hello"),
            (NOON_MS, 5, "hello"),
            (NOON_MS, "z oe", "hello"),
            (NOON_MS, ":zoe", "hello"),
            (NOON_MS, "z!e", "hello"),
            (NOON_MS, "z@e", "hello"),
            (NOON_MS, "z" * 65, "hello"),
            (NOON_MS, "\ud800", "hello"),
            (NOON_MS, "zoe", ""),
            (NOON_MS, "zoe", ["hello"]),
            (NOON_MS, "zoe", {"a": 1}),
            (NOON_MS, "zoe", None),
            (NOON_MS, "zoe", "a\nb"),
            (NOON_MS, "zoe", "a\rb"),
            (NOON_MS, "zoe", "a\0b"),
            (NOON_MS, "zoe", "\udfff"),
            (NOON_MS, "zoe", "x" * (MAX_TEXT_BYTES + 1)),
            (NOON_MS, "zoe"),
            (NOON_MS, "zoe", "hello", "more"),
            "abc",
            7,
            None,
        ):
            self.refuses("#old", json.dumps([good, row]))

    def test_what_is_no_list_of_rows_is_not_taken(self) -> None:
        for text in (
            "x",
            "7",
            "null",
            "[",
            "[" * 100_000,
            '"abc"',
            "{}x",
            "[[]]",
            f"[[{'9' * 5000}, 1, 2]]",
            "NaN",
        ):
            self.refuses("#old", text)

    def test_rows_out_of_order_and_too_many_of_them_are_not_taken(self) -> None:
        self.refuses("#old", json.dumps([(NOON_MS, "zoe", "b"), (NOON_MS - 1, "zoe", "a")]))
        self.refuses("#old", json.dumps([(NOON_MS, "zoe", str(n)) for n in range(MAX_ROWS + 1)]))

    def test_what_is_said_to_be_of_the_future_is_not_taken(self) -> None:
        self.refuses("#old", json.dumps([(NOON_MS + 1, "zoe", "tomorrow")]))

    def test_what_cannot_be_a_room_is_not_taken(self) -> None:
        for room in ("old", "#", "#a,b" * 30, "*audit", "*", "#\u200b", "@#old"):
            self.refuses(room, json.dumps([(NOON_MS, "zoe", "a")]))

    def test_nothing_brought_makes_no_room(self) -> None:
        self.assertEqual(self.brings("#old"), (0, 0))

        self.assertEqual((self.hub.channels, self.stage.acts()), ({}, []))

    def test_what_is_said_later_comes_behind_what_was_brought(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.clock.advance(60)
        self.brings("#tea", (NOON_MS + 59_999, "zoe", "brought"), (NOON_MS + 60_000, "zoe", "brought too"))

        ann.says("PRIVMSG #tea :said")

        self.assertEqual(shown(self.owner), ["brought", "brought too", "said"])

    def test_a_clearing_clears_what_was_brought_too(self) -> None:
        self.stage.enter("ann", room="#tea")
        self.stage.clock.advance(60)
        self.brings("#tea", (NOON_MS + 50_000, "zoe", "brought"))

        self.owner.answers("clear #tea yes")

        self.assertEqual(self.stage.store.texts(), [])

    def test_as_many_as_wanted_have_one_time(self) -> None:
        rows = [(NOON_MS - 1, "zoe", str(number)) for number in range(MAX_ROWS)]

        self.assertEqual(self.brings("#old", *rows), (MAX_ROWS, 0))
        self.assertEqual(self.brings("#old", *rows), (0, MAX_ROWS))

        numbers = sorted(row.id for row in self.stage.store.inner.log.values() if row.target == "#old")
        self.assertEqual({number >> TIME_SHIFT for number in numbers}, {NOON_MS - 1 - EPOCH_MS})

    def test_what_cannot_be_stored_leaves_no_room(self) -> None:
        self.stage.store.faults[1] = NotStored("full")

        self.refuses("#old", json.dumps([(NOON_MS, "zoe", "a")]))

        self.assertEqual(self.hub.channels, {})
        self.stage.clock.advance(PROBE_EVERY_S)
        self.stage.settle()
        self.assertEqual(self.brings("#old", (NOON_MS, "zoe", "a")), (1, 0))
