"""The owner deletes messages for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from simplechat.hub.records import AUDIT_TARGET
from tests.support.owner import errors, shown_texts
from tests.support.stage import NOON, Stage, StageFile

NOON_MS = int(NOON * 1000)


class ClearTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#Tea")
        self.ann.says("PRIVMSG #tea :one", "PRIVMSG #tea :two", "JOIN #den", "PRIVMSG #den :three")
        self.ann.says("PRIVMSG ben :four")

    def texts(self) -> list[str]:
        """Return the stored texts, sorted."""
        return sorted(self.stage.store.texts())

    def while_deleting(self, do: Callable[[], object]) -> None:
        """Call something each time that rows are deleted."""
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
        self.assertEqual(shown_texts(self.owner, "messages #tea"), [])
        self.assertEqual(self.stage.acts(), [("console", "CLEAR", "#Tea 2")])

    def test_everything_is_cleared_but_the_audit_log(self) -> None:
        self.owner.answers("broadcast hello")

        self.owner.answers("clear yes")

        self.assertEqual({row.target for row in self.stage.store.inner.log.values()}, {AUDIT_TARGET})
        self.assertEqual([what for _, _, what in self.stage.acts()], ["2", "* 5"])

    def test_a_room_that_is_called_yes_is_not_all_rooms(self) -> None:
        self.ann.says("JOIN #yes", "PRIVMSG #yes :no")

        self.owner.answers("clear yes yes")

        self.assertEqual(self.texts(), ["four", "one", "three", "two"])

    def test_progress_is_shown(self) -> None:
        self.ann.says(*(f"PRIVMSG #tea :{number}" for number in range(700)))

        answers = self.owner.answers("clear #tea yes")

        progress = [answer for answer in answers if answer["kind"] == "progress"]
        self.assertEqual([each["done"] for each in progress][:1], [500])
        self.assertTrue(all(each["done"] <= each["all"] for each in progress))

    def test_what_is_said_meanwhile_stays(self) -> None:
        said = iter(range(99))
        self.while_deleting(lambda: self.ann.says(f"PRIVMSG #tea :later {next(said)}"))

        self.owner.answers("clear #tea yes")

        self.assertEqual(self.texts(), ["four", "later 0", "later 1", "three"])

    def test_what_is_said_anywhere_after_everything_was_cleared_stays(self) -> None:
        for _ in range(500):  # ids of a busy room run ahead of the clock
            self.ann.says("PRIVMSG #tea :busy")
        said = iter(range(99))
        self.while_deleting(lambda: self.ann.says(f"PRIVMSG #den :later {next(said)}", "PRIVMSG ben :later"))

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

    def test_a_disk_that_fails_in_the_middle_is_an_error(self) -> None:
        async def fail(*args: object) -> int:
            raise NotStored("disk {0} is full")

        self.stage.store.inner.delete_rows = fail  # type: ignore[method-assign,assignment]

        (why,) = errors(self.owner, "clear #tea yes")

        self.assertIn("disk {0} is full", why)
        self.assertEqual(self.owner.answers("cls"), [{"kind": "clear"}])

    def test_nothing_is_left_on_the_disk_when_it_is_reported(self) -> None:
        left: list[list[str]] = []
        self.stage.store.file = StageFile(wipe=lambda: left.append(self.texts()))

        self.owner.answers("clear #tea")
        self.owner.answers("clear #tea yes")

        self.assertEqual(left, [["four", "three"]])

    def test_an_empty_room_may_be_cleared(self) -> None:
        self.ann.says("JOIN #empty")

        self.assertEqual(self.owner.answers("clear #empty yes")[-1]["fields"], {"count": 0})
