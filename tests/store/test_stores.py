"""What every store must do; the one in memory is the measure for all others."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import MaybeStored, NotStored
from simplechat.hub.records import (
    AUDIT_TARGET,
    AccountRow,
    ChannelRow,
    DirectConversationRow,
    LastSeenRow,
    LogRow,
    Presence,
    Probe,
    ReadMarkerRow,
    Redaction,
    ServerBanRow,
    Spoken,
    UserRow,
)
from simplechat.hub.store import ActiveTarget, ActiveTargets, DirectConversation, ReadableLog, StartupState
from simplechat.store.memory import MemoryStore
from simplechat.store.sqlite import SqliteStore, migrate, statements
from tests.support.stores import ImmediatePool, spoken

KINDS = ("PRIVMSG", "JOIN")


def three(target: str) -> list[Spoken]:
    """Make three messages."""
    return [spoken(number, target=target) for number in (1, 2, 3)]


class StoreTests:
    """The rules; a subclass gives `self.store` and is a test case."""

    store: Any

    def run_now(self: Any, work: Coroutine[Any, Any, Any]) -> Any:
        """Give what a coroutine gives that needs no waiting."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def fails_now(self: Any, work: Coroutine[Any, Any, Any], *errors: type[Exception]) -> None:
        """See a coroutine fail."""
        self.failureResultOf(Deferred.fromCoroutine(work), *errors)

    def test_an_empty_store_knows_nothing(self: Any) -> None:
        kept = self.store.startup_state()
        self.assertEqual(kept, StartupState(0, (), secret=kept.secret))
        self.assertEqual(self.run_now(self.store.newest_rows("#tea", 0, 2**62, KINDS, 10)), [])

    def test_what_is_committed_is_read_again(self: Any) -> None:
        texts = ["mañana 👍", "", "'; DROP TABLE log; --", "\x02\x1b[31m", '"\\u0000"', "null", "1e5", "{}"]
        rows = [spoken(number, text) for number, text in enumerate(texts, 1)]

        self.run_now(self.store.commit(rows))

        self.assertEqual(
            self.run_now(self.store.newest_rows("#tea", 0, 100, KINDS, 100)), [LogRow(*row) for row in rows]
        )

    def test_a_page_is_the_newest_rows_below_an_id_oldest_first(self: Any) -> None:
        self.run_now(self.store.commit([spoken(number) for number in range(1, 11)]))

        rows = self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 3))

        self.assertEqual([row.id for row in rows], [6, 7, 8])
        self.assertEqual(self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 0)), [])

    def test_a_page_has_rows_of_the_wanted_kinds_since_an_id_only(self: Any) -> None:
        joins = [Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in (2, 4, 6, 8)]
        self.run_now(self.store.commit([*joins, *(spoken(number) for number in (1, 3, 5, 7, 9))]))

        rows = self.run_now(self.store.newest_rows("#tea", 3, 9, ("PRIVMSG",), 9))

        self.assertEqual([row.id for row in rows], [3, 5, 7])

    def test_what_follows_an_id_are_the_oldest_rows_above_it(self: Any) -> None:
        joins = [Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in (2, 4, 6, 8)]
        self.run_now(self.store.commit([*joins, *(spoken(number) for number in (1, 3, 5, 7, 9))]))

        of_all = self.run_now(self.store.oldest_rows("#tea", 2, 3))
        of_some = self.run_now(self.store.oldest_rows("#tea", 1, 9, below=7, kinds=("PRIVMSG",)))

        self.assertEqual([row.id for row in of_all], [3, 4, 5])
        self.assertEqual([row.id for row in of_some], [3, 5])

    def test_who_has_spoken_with_whom_is_known_to_both_with_the_newest_message(self: Any) -> None:
        both = [DirectConversationRow(1, 2, "a+b", "ben"), DirectConversationRow(2, 1, "a+b", "ann")]
        self.run_now(
            self.store.commit([*both, spoken(7, target="a+b"), DirectConversationRow(1, 3, "a+c", "eve")])
        )
        tags = spoken(9, target="a+b")._replace(kind="TAGMSG")
        self.run_now(
            self.store.commit([DirectConversationRow(1, 2, "a+b", "Ben"), spoken(8, target="a+b"), tags])
        )

        talks = self.run_now(self.store.direct_conversations(1))

        self.assertEqual(
            sorted(talks), [DirectConversation(2, "Ben", "a+b", 8), DirectConversation(3, "eve", "a+c", 0)]
        )
        self.assertEqual(self.run_now(self.store.direct_conversations(4)), [])

    def active(self: Any, query: ActiveTargets, limit: int = 99) -> list[tuple[int, str]]:
        """Read active targets; return the newest id and the target of each."""
        return [each[:2] for each in self.run_now(self.store.active_targets(query, limit))]

    def test_active_targets_are_those_whose_newest_message_is_in_range(self: Any) -> None:
        contacts = [
            DirectConversationRow(1, 2, "a+b", "ben"),
            DirectConversationRow(1, 3, "a+c", "cat"),
            DirectConversationRow(2, 3, "b+c", "cat"),
        ]
        self.run_now(
            self.store.commit([*contacts, DirectConversationRow(1, 4, "a+d", "dan"), *three("#tea")])
        )
        self.run_now(self.store.commit([spoken(2, target="a+b"), spoken(5, target="a+c")]))
        self.run_now(self.store.commit([spoken(6, target="b+c"), spoken(9, target="#milk")]))
        tags = spoken(8, target="#tea")._replace(kind="TAGMSG")
        self.run_now(self.store.commit([tags]))

        query = ActiveTargets(1, (ReadableLog("#tea", 0), ReadableLog("#none", 0)))

        self.assertEqual(self.active(query), [(2, "a+b"), (3, "#tea"), (5, "a+c")])
        self.assertEqual(self.active(query._replace(since=3)), [(3, "#tea"), (5, "a+c")])
        self.assertEqual(self.active(query._replace(since=3, below=5)), [(3, "#tea")])
        self.assertEqual(self.active(query, 2), [(2, "a+b"), (3, "#tea")])
        self.assertEqual(self.active(query._replace(newest_first=True), 2), [(5, "a+c"), (3, "#tea")])
        self.assertEqual(self.active(ActiveTargets(4)), [])

    def test_the_newest_message_of_a_channel_is_the_newest_that_may_be_read(self: Any) -> None:
        to_operators = spoken(4)._replace(status="@")
        to_voiced = spoken(5)._replace(status="+", sender=7)
        self.run_now(self.store.commit([*three("#tea"), to_operators, to_voiced]))

        def newest(identity: int, *readable: Any) -> list[int]:
            query = ActiveTargets(identity, (ReadableLog("#tea", *readable),))
            return [number for number, _ in self.active(query)]

        self.assertEqual(newest(1, 0), [3])
        self.assertEqual(newest(1, 4), [])
        self.assertEqual(newest(1, 0, "@"), [4])
        self.assertEqual(newest(1, 0, "@%+"), [5])
        self.assertEqual(newest(1, 0, "@%+", 6), [3])
        self.assertEqual(newest(7, 0), [5])
        self.assertEqual(newest(7, 6), [])

    def test_an_older_conversation_under_the_same_nick_is_told_apart(self: Any) -> None:
        contacts = [
            DirectConversationRow(1, 2, "a+b", "ben"),
            DirectConversationRow(1, 3, "a+c", "ben"),
            DirectConversationRow(1, 4, "a+d", "Ben"),
        ]
        said = [spoken(number, target=row.target) for number, row in zip((6, 5, 4), contacts, strict=True)]
        self.run_now(self.store.commit([*contacts, *said]))

        found = self.run_now(self.store.active_targets(ActiveTargets(1), 9))
        below = self.run_now(self.store.active_targets(ActiveTargets(1, below=6), 9))

        self.assertEqual(
            found,
            [
                ActiveTarget(4, "a+d", 4, "Ben", True),
                ActiveTarget(5, "a+c", 3, "ben", False),
                ActiveTarget(6, "a+b", 2, "ben", True),
            ],
        )
        self.assertEqual(below, found[:2])

    def test_targets_are_named_in_order_and_in_parts(self: Any) -> None:
        self.run_now(
            self.store.commit([spoken(n, target=f"#{n}") for n in (3, 1, 2)] + [spoken(9, target="#1")])
        )

        self.assertEqual(self.run_now(self.store.list_targets("", 2)), ["#1", "#2"])
        self.assertEqual(self.run_now(self.store.list_targets("#2", 2)), ["#3"])

    def test_targets_are_apart(self: Any) -> None:
        self.run_now(self.store.commit([spoken(1), spoken(1, "other", "#milk")]))

        (row,) = self.run_now(self.store.newest_rows("#milk", 0, 2, KINDS, 10))

        self.assertEqual(row.text, "other")

    def test_the_newest_id_and_the_rooms_are_known_at_the_start(self: Any) -> None:
        self.run_now(self.store.commit([spoken(7), spoken(9, target="#z"), spoken(8, target="#a")]))
        settings = ChannelRow(
            *("#old", "#tea", "#Tea", 5, "ann", 4, "t", "a!a@h", 9, "nt", "k", 3, '{"b": []}'),
            *("joined", 7, 5, '["x"]', '["#old"]', '{"color": "#fff"}'),
        )
        self.run_now(self.store.commit([settings, ChannelRow("#a", "#a", "#a", 6)]))

        kept = self.store.startup_state()

        self.assertEqual(kept.newest_id, 9)
        self.assertEqual(sorted(kept.channels), [ChannelRow("#a", "#a", "#a", 6), settings])

    def test_settings_take_the_place_of_older_ones(self: Any) -> None:
        self.run_now(self.store.commit([ChannelRow("#tea", "#tea", "#tea", 5)]))
        self.run_now(
            self.store.commit([ChannelRow("#tea", "#tea", "#Tea", 6), ChannelRow("#tea", "#tea", "#TEA", 7)])
        )

        self.assertEqual(self.store.startup_state().channels, (ChannelRow("#tea", "#tea", "#TEA", 7),))

    def test_a_batch_of_all_kinds_is_committed_together(self: Any) -> None:
        joined = Presence("#tea", 1, "JOIN", 5, "ann", "ann!a@h", "", "", "")

        self.run_now(
            self.store.commit(
                [joined, spoken(2), ChannelRow("#tea", "#tea", "#tea", 1), Probe(1.5), spoken(3)]
            )
        )

        rows = self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 9))
        self.assertEqual([row.kind for row in rows], ["JOIN", "PRIVMSG", "PRIVMSG"])
        kept = self.store.startup_state()
        self.assertEqual(kept, StartupState(3, (ChannelRow("#tea", "#tea", "#tea", 1),), secret=kept.secret))

    def test_a_redacted_row_keeps_its_place_only(self: Any) -> None:
        self.run_now(self.store.commit([spoken(1, "secret"), spoken(2), spoken(1, "other", "#milk")]))

        self.run_now(self.store.commit([Redaction("#tea", 1), Redaction("#none", 5)]))

        rows = self.run_now(self.store.oldest_rows("#tea", 0, 9))
        self.assertEqual(next((row.id, row.kind, row.text, row.tags) for row in rows), (1, "", "", ""))
        self.assertEqual((rows[1].text, rows[0].sender), ("hello", 2**62))
        self.assertEqual(self.run_now(self.store.newest_rows("#milk", 0, 9, KINDS, 9))[0].text, "other")

    def test_marks_take_the_place_of_older_ones_and_are_known_at_the_start(self: Any) -> None:
        self.run_now(
            self.store.commit(
                [ReadMarkerRow(1, "#tea", 5), ReadMarkerRow(1, "ben", 6), ReadMarkerRow(2, "#tea", 7)]
            )
        )
        self.run_now(self.store.commit([ReadMarkerRow(1, "#tea", 8)]))

        marks = [ReadMarkerRow(1, "#tea", 8), ReadMarkerRow(1, "ben", 6), ReadMarkerRow(2, "#tea", 7)]
        self.assertEqual(sorted(self.store.startup_state().read_markers), marks)

    def test_a_batch_with_a_row_that_is_there_already_leaves_nothing(self: Any) -> None:
        self.run_now(self.store.commit([spoken(1)]))

        self.fails_now(
            self.store.commit([spoken(2), spoken(1), ChannelRow("#x", "#x", "#x", 1)]),
            ValueError,
            sqlite3.Error,
        )
        self.fails_now(self.store.commit([spoken(3), spoken(3)]), ValueError, sqlite3.Error)

        self.assertEqual(
            [row.id for row in self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 9))], [1]
        )
        kept = self.store.startup_state()
        self.assertEqual(kept, StartupState(1, (), secret=kept.secret))

    def test_accounts_and_what_their_owners_have_seen_are_known_at_the_start(self: Any) -> None:
        ann = AccountRow("ann", "Ann", 2**62, 9, "c2FsdA==", 4096, "a2V5", "a2V5", '["ff"]', 1, 0, "ON")
        seen = LastSeenRow("ann", '{"#tea": 5}', "{}")
        self.run_now(self.store.commit([ann._replace(is_admin=0), AccountRow("ben", "ben", 3, 9)]))

        self.run_now(self.store.commit([ann, seen._replace(left="{}"), seen]))

        kept = self.store.startup_state()
        self.assertEqual(sorted(kept.accounts), [ann, AccountRow("ben", "ben", 3, 9)])
        self.assertEqual(kept.last_seen, (seen,))

    def test_the_last_row_of_a_stay_counts_and_one_that_is_over_is_gone(self: Any) -> None:
        rows = [UserRow("ann", "ann", '{"nick": "Ann"}'), UserRow("ben", "ben"), UserRow("cat", "cat")]
        self.run_now(self.store.commit([*rows, UserRow("ann"), UserRow("cat"), rows[2]]))
        self.assertEqual(sorted(self.store.startup_state().memberships), rows[1:])

        self.run_now(self.store.commit([UserRow("ben"), UserRow("nobody")]))

        self.assertEqual(self.store.startup_state().memberships, (rows[2],))

    def test_a_ban_that_is_over_is_gone(self: Any) -> None:
        rows = [
            ServerBanRow("ban", "10.0.0.7", "ann", 9, 0, "loud"),
            ServerBanRow("mute", "10.0.0.7", "ann", 9, 20, ""),
        ]
        self.run_now(self.store.commit(rows))
        self.assertEqual(sorted(self.store.startup_state().bans), rows)

        self.run_now(self.store.commit([rows[0]._replace(until=-1)]))

        self.assertEqual(self.store.startup_state().bans, (rows[1],))

    def test_the_secret_stays_the_same(self: Any) -> None:
        before = self.store.startup_state().secret

        self.run_now(self.store.commit([spoken(1), AccountRow("ben", "ben", 3, 9)]))

        self.assertEqual(self.store.startup_state().secret, before)
        self.assertGreaterEqual(len(before), 16)

    def test_the_rows_that_follow_an_id_are_the_oldest_ones_of_every_kind(self: Any) -> None:
        joined = Presence("#tea", 4, "JOIN", 5, "", "ann!a@h", "", "", "")
        self.run_now(self.store.commit([joined, *(spoken(number) for number in (1, 2, 3, 5, 6))]))
        self.run_now(self.store.commit([spoken(3, target="#milk")]))

        rows = self.run_now(self.store.oldest_rows("#tea", 2, 3))

        self.assertEqual([(row.id, row.kind) for row in rows], [(3, "PRIVMSG"), (4, "JOIN"), (5, "PRIVMSG")])
        self.assertEqual(self.run_now(self.store.oldest_rows("#tea", 6, 3)), [])
        self.assertEqual(self.run_now(self.store.oldest_rows("#tea", 0, 0)), [])

    def test_rows_of_a_kind_are_counted_in_one_target_or_in_all(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three("#milk"), *three(AUDIT_TARGET), *three("*")]))

        self.assertEqual(self.run_now(self.store.count_rows("#tea", 3, KINDS)), 2)
        self.assertEqual(self.run_now(self.store.count_rows("#tea", 9, ("JOIN",))), 0)
        self.assertEqual(self.run_now(self.store.count_rows(None, 3, KINDS)), 6)

    def test_acts_are_counted_and_forgotten_only_where_they_are_named(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three(AUDIT_TARGET)]))

        self.assertEqual(self.run_now(self.store.delete_rows(None, 9, 9)), 3)

        self.assertEqual(self.run_now(self.store.count_rows(AUDIT_TARGET, 9, KINDS)), 3)
        self.assertEqual(self.run_now(self.store.delete_rows(AUDIT_TARGET, 9, 9)), 3)

    def test_the_oldest_rows_are_deleted_first_whenever_they_were_stored(self: Any) -> None:
        self.run_now(self.store.commit([spoken(9), spoken(1), spoken(5)]))

        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 99, 2)), 2)

        self.assertEqual([row.id for row in self.run_now(self.store.oldest_rows("#tea", 0, 9))], [9])

    def test_no_more_rows_are_forgotten_than_wanted_and_none_from_an_id_on(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three("#milk")]))

        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 1)), 1)
        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 9)), 1)
        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 9)), 0)

        self.assertEqual([row.id for row in self.run_now(self.store.oldest_rows("#tea", 0, 9))], [3])
        self.assertEqual(len(self.run_now(self.store.oldest_rows("#milk", 0, 9))), 3)


class MemoryStoreTests(StoreTests, SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryStore()


class SqliteStoreTests(StoreTests, SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        migrate(self.path)
        self.clock = MemoryReactorClock()
        self.store = SqliteStore(self.path, self.clock, ImmediatePool)
        self.addCleanup(self.close)

    def test_what_is_left_is_whole_after_wiping(self) -> None:
        self.run_now(
            self.store.commit([*three("#tea"), *three("#milk"), ChannelRow("#tea", "#tea", "#Tea", 1)])
        )
        self.run_now(self.store.delete_rows("#tea", 9, 9))

        self.run_now(self.store.file.wipe_deleted())

        self.run_now(self.store.commit([spoken(4, target="#milk")]))
        rows = self.run_now(self.store.oldest_rows("#milk", 0, 9))
        self.assertEqual([row.id for row in rows], [1, 2, 3, 4])
        kept = self.store.startup_state()
        self.assertEqual(kept, StartupState(4, (ChannelRow("#tea", "#tea", "#Tea", 1),), secret=kept.secret))

    def close(self) -> None:
        """Close what the pools have opened."""
        self.run_now(self.store.close())

    def test_what_is_committed_survives_another_opening(self) -> None:
        self.run_now(self.store.commit([spoken(1)]))

        again = SqliteStore(self.path, MemoryReactorClock(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(again.close()))

        self.assertEqual(len(self.run_now(again.newest_rows("#tea", 0, 9, KINDS, 9))), 1)

    def traces(self, text: str) -> list[str]:
        """Name the files of the store in which a text is."""
        files = self.path.parent.glob(f"{self.path.name}*")
        return [file.name for file in files if text.encode() in file.read_bytes()]

    def test_nothing_of_a_redacted_text_is_in_any_file_after_a_minute(self) -> None:
        long = "canary " * 600
        self.run_now(self.store.commit([spoken(1, "a canary sings"), spoken(2, long), spoken(3)]))
        self.assertEqual(len(self.traces("canary")), 1)

        self.run_now(self.store.commit([Redaction("#tea", 1), Redaction("#tea", 2)]))
        self.clock.pump([1] * 60)

        self.assertEqual(self.traces("canary"), [])
        self.assertEqual(len(self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 9))), 1)

    def test_a_reader_only_delays_the_cleaning(self) -> None:
        self.run_now(self.store.commit([spoken(1, "a canary sings")]))
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        self.run_now(self.store.commit([Redaction("#tea", 1)]))
        self.clock.pump([1] * 10)
        self.assertNotEqual(self.traces("canary"), [])

        reader.execute("COMMIT")
        self.clock.pump([1] * 10)

        self.assertEqual(self.traces("canary"), [])

    def test_readers_cannot_write(self) -> None:
        pool = self.store._readers

        def scribble(connection: Any) -> None:
            connection.execute("DELETE FROM log")

        self.failureResultOf(pool.runWithConnection(scribble), sqlite3.OperationalError)

    def test_commits_are_durable(self) -> None:
        def setting(connection: Any) -> tuple[str, int]:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
            return mode, synchronous

        self.assertEqual(self.successResultOf(self.store._writer.runWithConnection(setting)), ("wal", 2))

    def test_a_locked_file_stores_nothing_and_later_takes_rows_again(self) -> None:
        self.patch(statements, "BUSY_MS", 0)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")

        self.fails_now(self.store.commit([spoken(1)]), NotStored)
        other.execute("ROLLBACK")
        self.run_now(self.store.commit([spoken(1)]))

        self.assertEqual(self.store.startup_state().newest_id, 1)

    def test_a_full_database_stores_nothing_and_later_takes_rows_again(self) -> None:
        def most_pages(count: int) -> None:
            self.successResultOf(
                self.store._writer.runWithConnection(
                    lambda connection: connection.execute(f"PRAGMA max_page_count = {count}").fetchone()
                )
            )

        most_pages(1)
        self.fails_now(self.store.commit([spoken(n, "x" * 400) for n in range(1, 200)]), NotStored)
        most_pages(10_000)
        self.run_now(self.store.commit([spoken(500)]))

        self.assertEqual(
            [row.id for row in self.run_now(self.store.newest_rows("#tea", 0, 999, KINDS, 999))], [500]
        )

    def test_a_connection_that_cannot_be_opened_again_leaves_the_next_commit_a_fresh_one(self) -> None:
        def lose(connection: Any) -> None:
            self.path.rename(f"{self.path}.away")
            self.path.mkdir()
            self.assertRaises(sqlite3.OperationalError, connection.reconnect)
            self.path.rmdir()
            self.path.with_name(f"{self.path.name}.away").rename(self.path)

        self.successResultOf(self.store._writer.runWithConnection(lose))

        self.run_now(self.store.commit([spoken(1)]))
        self.assertEqual(self.store.startup_state().newest_id, 1)

    def test_a_file_that_cannot_be_opened_stores_nothing(self) -> None:
        nowhere = SqliteStore(self.path / "below", MemoryReactorClock(), ImmediatePool)
        self.addCleanup(lambda: self.run_now(nowhere.close()))

        self.fails_now(nowhere.commit([spoken(1)]), NotStored)

    def test_a_row_of_the_wrong_shape_is_our_fault(self) -> None:
        bad = spoken(1)._replace(text=None)  # type: ignore[arg-type]

        self.fails_now(self.store.commit([bad]), sqlite3.IntegrityError)


class CommitTests(SynchronousTestCase):
    """A COMMIT that fails says nothing of whether it happened: one looks."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        migrate(self.path)
        self.connection = FaultyConnection(self.path)
        self.addCleanup(self.connection.close)

    def test_a_failed_commit_that_happened_counts_as_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)

        statements.write(self.connection, [spoken(1)])

        self.assertEqual(self.connection.ids(), [1])

    def test_a_failed_commit_that_did_not_happen_counts_as_not_stored(self) -> None:
        self.connection.before_commit = _error(sqlite3.SQLITE_FULL)

        self.assertRaises(NotStored, statements.write, self.connection, [spoken(1)])

        self.assertEqual(self.connection.ids(), [])

    def test_a_failed_commit_that_cannot_be_looked_into_may_have_been_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        self.connection.on_reconnect = _error(sqlite3.SQLITE_CANTOPEN)

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_that_no_sync_made_last_may_have_been_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        self.connection.on_checkpoint = _error(sqlite3.SQLITE_IOERR)

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_that_a_reader_keeps_from_being_synced_may_have_been_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM log").fetchall()

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_of_what_has_no_id_may_have_been_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)

        self.assertRaises(MaybeStored, statements.write, self.connection, [ChannelRow("#a", "#a", "#a", 1)])

    def test_the_connection_is_good_for_the_next_batch(self) -> None:
        self.connection.before_commit = _error(sqlite3.SQLITE_BUSY)
        self.assertRaises(NotStored, statements.write, self.connection, [spoken(1)])

        statements.write(self.connection, [spoken(2)])

        self.assertEqual(self.connection.ids(), [2])


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the disk said no")
    error.sqlite_errorcode = code
    return error


class FaultyConnection:
    """A real connection whose COMMIT can fail, before or after it happened; each fault strikes once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._real = sqlite3.connect(path, isolation_level=None)
        self.before_commit: Exception | None = None
        self.after_commit: Exception | None = None
        self.on_checkpoint: Exception | None = None
        self.on_reconnect: Exception | None = None

    def execute(self, sql: str, args: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if self.on_checkpoint and "checkpoint" in sql:
            raise self.on_checkpoint
        if sql != "COMMIT":
            return self._real.execute(sql, args)
        before, after, self.before_commit, self.after_commit = (
            self.before_commit,
            self.after_commit,
            None,
            None,
        )
        if before:
            raise before
        result = self._real.execute(sql)
        if after:
            raise after
        return result

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def reconnect(self) -> None:
        self._real.close()
        if self.on_reconnect:
            raise self.on_reconnect
        self._real = sqlite3.connect(self._path, isolation_level=None)

    def ids(self) -> list[int]:
        """Give the ids that are in the file, as another program sees them."""
        other = sqlite3.connect(self._path)
        try:
            return [number for (number,) in other.execute("SELECT id FROM log")]
        finally:
            other.close()

    def close(self) -> None:
        self._real.close()
