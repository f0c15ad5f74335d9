"""The tests that every store must pass."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred

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
from tests.support.stores import spoken

KINDS = ("PRIVMSG", "JOIN")


def three(target: str) -> list[Spoken]:
    """Build three messages."""
    return [spoken(number, target=target) for number in (1, 2, 3)]


class StoreTests:
    """The rules; a subclass sets `self.store` and is a test case."""

    store: Any

    def run_now(self: Any, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine that need not wait; return its result."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def fails_now(self: Any, work: Coroutine[Any, Any, Any], *errors: type[Exception]) -> None:
        """Check that a coroutine fails."""
        self.failureResultOf(Deferred.fromCoroutine(work), *errors)

    def test_an_empty_store_has_no_state_and_no_rows(self: Any) -> None:
        state = self.store.startup_state()
        self.assertEqual(state, StartupState(0, (), secret=state.secret))
        self.assertEqual(self.run_now(self.store.newest_rows("#tea", 0, 2**62, KINDS, 10)), [])

    def test_what_is_committed_is_read_again(self: Any) -> None:
        texts = ["mañana 👍", "", "'; DROP TABLE log; --", "\x02\x1b[31m", '"\\u0000"', "null", "1e5", "{}"]
        rows = [spoken(number, text) for number, text in enumerate(texts, 1)]

        self.run_now(self.store.commit(rows))

        self.assertEqual(
            self.run_now(self.store.newest_rows("#tea", 0, 100, KINDS, 100)), [LogRow(*row) for row in rows]
        )

    def test_newest_rows_are_the_newest_below_an_id_oldest_first(self: Any) -> None:
        self.run_now(self.store.commit([spoken(number) for number in range(1, 11)]))

        rows = self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 3))

        self.assertEqual([row.id for row in rows], [6, 7, 8])
        self.assertEqual(self.run_now(self.store.newest_rows("#tea", 0, 9, KINDS, 0)), [])

    def test_newest_rows_are_of_the_given_kinds_and_not_below_an_id(self: Any) -> None:
        joins = [Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in (2, 4, 6, 8)]
        self.run_now(self.store.commit([*joins, *(spoken(number) for number in (1, 3, 5, 7, 9))]))

        rows = self.run_now(self.store.newest_rows("#tea", 3, 9, ("PRIVMSG",), 9))

        self.assertEqual([row.id for row in rows], [3, 5, 7])

    def test_oldest_rows_are_the_oldest_above_an_id(self: Any) -> None:
        joins = [Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in (2, 4, 6, 8)]
        self.run_now(self.store.commit([*joins, *(spoken(number) for number in (1, 3, 5, 7, 9))]))

        of_all = self.run_now(self.store.oldest_rows("#tea", 2, 3))
        of_some = self.run_now(self.store.oldest_rows("#tea", 1, 9, below=7, kinds=("PRIVMSG",)))

        self.assertEqual([row.id for row in of_all], [3, 4, 5])
        self.assertEqual([row.id for row in of_some], [3, 5])

    def test_direct_conversations_are_those_of_one_identity_with_the_newest_message(self: Any) -> None:
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

    def test_targets_are_listed_in_order_and_in_parts(self: Any) -> None:
        self.run_now(
            self.store.commit([spoken(n, target=f"#{n}") for n in (3, 1, 2)] + [spoken(9, target="#1")])
        )

        self.assertEqual(self.run_now(self.store.list_targets("", 2)), ["#1", "#2"])
        self.assertEqual(self.run_now(self.store.list_targets("#2", 2)), ["#3"])

    def test_each_target_has_a_log_of_its_own(self: Any) -> None:
        self.run_now(self.store.commit([spoken(1), spoken(1, "other", "#milk")]))

        (row,) = self.run_now(self.store.newest_rows("#milk", 0, 2, KINDS, 10))

        self.assertEqual(row.text, "other")

    def test_the_startup_state_has_the_newest_id_and_the_channels(self: Any) -> None:
        self.run_now(self.store.commit([spoken(7), spoken(9, target="#z"), spoken(8, target="#a")]))
        settings = ChannelRow(
            *("#old", "#tea", "#Tea", 5, "ann", 4, "t", "a!a@h", 9, "nt", "k", 3, '{"b": []}'),
            *("joined", 7, 5, '["x"]', '["#old"]', '{"color": "#fff"}'),
        )
        self.run_now(self.store.commit([settings, ChannelRow("#a", "#a", "#a", 6)]))

        state = self.store.startup_state()

        self.assertEqual(state.newest_id, 9)
        self.assertEqual(sorted(state.channels), [ChannelRow("#a", "#a", "#a", 6), settings])

    def test_settings_replace_older_ones(self: Any) -> None:
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
        state = self.store.startup_state()
        self.assertEqual(
            state, StartupState(3, (ChannelRow("#tea", "#tea", "#tea", 1),), secret=state.secret)
        )

    def test_a_redacted_row_keeps_its_place_only(self: Any) -> None:
        self.run_now(self.store.commit([spoken(1, "secret"), spoken(2), spoken(1, "other", "#milk")]))

        self.run_now(self.store.commit([Redaction("#tea", 1), Redaction("#none", 5)]))

        rows = self.run_now(self.store.oldest_rows("#tea", 0, 9))
        self.assertEqual(next((row.id, row.kind, row.text, row.tags) for row in rows), (1, "", "", ""))
        self.assertEqual((rows[1].text, rows[0].sender), ("hello", 2**62))
        self.assertEqual(self.run_now(self.store.newest_rows("#milk", 0, 9, KINDS, 9))[0].text, "other")

    def test_read_markers_replace_older_ones(self: Any) -> None:
        self.run_now(
            self.store.commit(
                [ReadMarkerRow(1, "#tea", 5), ReadMarkerRow(1, "ben", 6), ReadMarkerRow(2, "#tea", 7)]
            )
        )
        self.run_now(self.store.commit([ReadMarkerRow(1, "#tea", 8)]))

        marks = [ReadMarkerRow(1, "#tea", 8), ReadMarkerRow(1, "ben", 6), ReadMarkerRow(2, "#tea", 7)]
        self.assertEqual(sorted(self.store.startup_state().read_markers), marks)

    def test_a_batch_with_a_row_that_exists_already_stores_nothing(self: Any) -> None:
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
        state = self.store.startup_state()
        self.assertEqual(state, StartupState(1, (), secret=state.secret))

    def test_the_startup_state_has_accounts_and_what_they_have_seen(self: Any) -> None:
        ann = AccountRow("ann", "Ann", 2**62, 9, "c2FsdA==", 4096, "a2V5", "a2V5", '["ff"]', 1, 0, "ON")
        seen = LastSeenRow("ann", '{"#tea": 5}', "{}")
        self.run_now(self.store.commit([ann._replace(is_admin=0), AccountRow("ben", "ben", 3, 9)]))

        self.run_now(self.store.commit([ann, seen._replace(left="{}"), seen]))

        state = self.store.startup_state()
        self.assertEqual(sorted(state.accounts), [ann, AccountRow("ben", "ben", 3, 9)])
        self.assertEqual(state.last_seen, (seen,))

    def test_the_last_row_of_a_user_counts_and_one_without_account_deletes_it(self: Any) -> None:
        rows = [UserRow("ann", "ann", '{"nick": "Ann"}'), UserRow("ben", "ben"), UserRow("cat", "cat")]
        self.run_now(self.store.commit([*rows, UserRow("ann"), UserRow("cat"), rows[2]]))
        self.assertEqual(sorted(self.store.startup_state().users), rows[1:])

        self.run_now(self.store.commit([UserRow("ben"), UserRow("nobody")]))

        self.assertEqual(self.store.startup_state().users, (rows[2],))

    def test_a_ban_that_has_ended_is_deleted(self: Any) -> None:
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

    def test_oldest_rows_are_of_every_kind_unless_kinds_are_given(self: Any) -> None:
        joined = Presence("#tea", 4, "JOIN", 5, "", "ann!a@h", "", "", "")
        self.run_now(self.store.commit([joined, *(spoken(number) for number in (1, 2, 3, 5, 6))]))
        self.run_now(self.store.commit([spoken(3, target="#milk")]))

        rows = self.run_now(self.store.oldest_rows("#tea", 2, 3))

        self.assertEqual([(row.id, row.kind) for row in rows], [(3, "PRIVMSG"), (4, "JOIN"), (5, "PRIVMSG")])
        self.assertEqual(self.run_now(self.store.oldest_rows("#tea", 6, 3)), [])
        self.assertEqual(self.run_now(self.store.oldest_rows("#tea", 0, 0)), [])

    def test_rows_of_a_kind_are_counted_in_one_target_or_in_all_but_the_audit_log(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three("#milk"), *three(AUDIT_TARGET), *three("*")]))

        self.assertEqual(self.run_now(self.store.count_rows("#tea", 3, KINDS)), 2)
        self.assertEqual(self.run_now(self.store.count_rows("#tea", 9, ("JOIN",))), 0)
        self.assertEqual(self.run_now(self.store.count_rows(None, 3, KINDS)), 6)

    def test_the_audit_log_is_counted_and_deleted_only_if_it_is_named(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three(AUDIT_TARGET)]))

        self.assertEqual(self.run_now(self.store.delete_rows(None, 9, 9)), 3)

        self.assertEqual(self.run_now(self.store.count_rows(AUDIT_TARGET, 9, KINDS)), 3)
        self.assertEqual(self.run_now(self.store.delete_rows(AUDIT_TARGET, 9, 9)), 3)

    def test_the_oldest_rows_are_deleted_first_whenever_they_were_stored(self: Any) -> None:
        self.run_now(self.store.commit([spoken(9), spoken(1), spoken(5)]))

        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 99, 2)), 2)

        self.assertEqual([row.id for row in self.run_now(self.store.oldest_rows("#tea", 0, 9))], [9])

    def test_at_most_limit_rows_are_deleted_and_only_below_an_id(self: Any) -> None:
        self.run_now(self.store.commit([*three("#tea"), *three("#milk")]))

        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 1)), 1)
        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 9)), 1)
        self.assertEqual(self.run_now(self.store.delete_rows("#tea", 3, 9)), 0)

        self.assertEqual([row.id for row in self.run_now(self.store.oldest_rows("#tea", 0, 9))], [3])
        self.assertEqual(len(self.run_now(self.store.oldest_rows("#milk", 0, 9))), 3)
