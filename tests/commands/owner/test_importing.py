"""A program adds messages from elsewhere to a channel's log."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.owner.importing import MAX_ROWS, MAX_TEXT_BYTES
from simplechat.commands.owner.table import format_time
from simplechat.hub.errors import NotStored
from simplechat.hub.hub import Hub
from simplechat.hub.ids import EPOCH_MS, TIME_SHIFT
from simplechat.ledger import PROBE_EVERY_S
from tests.support.owner import errors, shown_texts
from tests.support.soundness import unsound
from tests.support.stage import NOON, Stage

NOON_MS = int(NOON * 1000)


class ImportTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.hub: Hub = self.stage.hub
        self.owner = self.stage.owner()

    def imports(self, room: str, *rows: object) -> tuple[int, int]:
        """Import rows; return how many were stored and how many were known."""
        (answer,) = self.owner.answers(f"put-log {room} {json.dumps(rows)}")
        self.assertEqual(answer["kind"], "text", answer)
        return answer["fields"]["stored"], answer["fields"]["known"]

    def refuses(self, room: str, rows: str) -> None:
        """See that rows are not taken."""
        self.assertEqual(len(errors(self.owner, f"put-log {room} {rows}")), 1, rows)
        self.assertEqual(self.stage.store.inner.log, {})
        self.assertEqual(list(unsound(self.hub)), [])

    def test_imported_messages_are_in_the_channel_at_their_time(self) -> None:
        self.imports("#Old", (NOON_MS - 5000, "Zoë", "hello {0}"), (NOON_MS - 4000, "bob", "\u200dhi"))

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

    def test_history_has_them(self) -> None:
        self.imports("#old", (NOON_MS - 5000, "zoe", "hello"))

        (ann,) = self.stage.enter("ann")
        ann.says("JOIN #old")

        self.assertRegex(ann.hears()[-1], r":zoe!import@irc\.test PRIVMSG #old :\[2001.*\] hello")

    def test_known_messages_are_not_stored_twice(self) -> None:
        rows = [(NOON_MS - 9, "zoe", "a"), (NOON_MS - 9, "zoe", "a"), (NOON_MS - 9, "bob", "a")]

        self.assertEqual(self.imports("#old", *rows), (3, 0))
        self.assertEqual(self.imports("#old", *rows), (0, 3))
        self.assertEqual(self.imports("#old", *rows, (NOON_MS - 8, "bob", "b")), (1, 3))

        self.assertEqual(self.stage.store.texts(), ["a", "a", "a", "b"])
        self.assertEqual(len(self.stage.acts()), 2)

    def test_two_imports_at_once_store_nothing_twice(self) -> None:
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

        self.assertEqual(self.imports("#old", (NOON_MS - 9, "zoe", "a")), (1, 0))

    def test_invalid_rows_are_refused(self) -> None:
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

    def test_a_text_that_is_no_list_of_rows_is_refused(self) -> None:
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

    def test_rows_out_of_order_and_too_many_rows_are_refused(self) -> None:
        self.refuses("#old", json.dumps([(NOON_MS, "zoe", "b"), (NOON_MS - 1, "zoe", "a")]))
        self.refuses("#old", json.dumps([(NOON_MS, "zoe", str(n)) for n in range(MAX_ROWS + 1)]))

    def test_messages_of_the_future_are_refused(self) -> None:
        self.refuses("#old", json.dumps([(NOON_MS + 1, "zoe", "tomorrow")]))

    def test_an_invalid_channel_name_is_refused(self) -> None:
        for room in ("old", "#", "#a,b" * 30, "*audit", "*", "#\u200b", "@#old"):
            self.refuses(room, json.dumps([(NOON_MS, "zoe", "a")]))

    def test_an_empty_import_creates_no_channel(self) -> None:
        self.assertEqual(self.imports("#old"), (0, 0))

        self.assertEqual((self.hub.channels, self.stage.acts()), ({}, []))

    def test_what_is_said_later_comes_after_imported_messages(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.clock.advance(60)
        self.imports("#tea", (NOON_MS + 59_999, "zoe", "brought"), (NOON_MS + 60_000, "zoe", "brought too"))

        ann.says("PRIVMSG #tea :said")

        self.assertEqual(shown_texts(self.owner), ["brought", "brought too", "said"])

    def test_clear_deletes_imported_messages_too(self) -> None:
        self.stage.enter("ann", room="#tea")
        self.stage.clock.advance(60)
        self.imports("#tea", (NOON_MS + 50_000, "zoe", "brought"))

        self.owner.answers("clear #tea yes")

        self.assertEqual(self.stage.store.texts(), [])

    def test_as_many_as_wanted_have_one_time(self) -> None:
        rows = [(NOON_MS - 1, "zoe", str(number)) for number in range(MAX_ROWS)]

        self.assertEqual(self.imports("#old", *rows), (MAX_ROWS, 0))
        self.assertEqual(self.imports("#old", *rows), (0, MAX_ROWS))

        numbers = sorted(row.id for row in self.stage.store.inner.log.values() if row.target == "#old")
        self.assertEqual({number >> TIME_SHIFT for number in numbers}, {NOON_MS - 1 - EPOCH_MS})

    def test_an_import_that_cannot_be_stored_creates_no_channel(self) -> None:
        self.stage.store.faults[1] = NotStored("full")

        self.refuses("#old", json.dumps([(NOON_MS, "zoe", "a")]))

        self.assertEqual(self.hub.channels, {})
        self.stage.clock.advance(PROBE_EVERY_S)
        self.stage.settle()
        self.assertEqual(self.imports("#old", (NOON_MS, "zoe", "a")), (1, 0))
