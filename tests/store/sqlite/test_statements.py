"""Statements: commits with an unknown outcome, and pages of messages among many other rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import MaybeStored, NotStored
from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import (
    ANNOUNCEMENT_TARGET,
    MESSAGE_KINDS,
    ChannelRow,
    DirectConversationRow,
    Presence,
    Redaction,
    Spoken,
)
from simplechat.hub.store import ActiveTargets, ReadableLog
from simplechat.store.sqlite import migrate, statements
from tests.support.stores import spoken

NOISE = 5000  # rows
STEPS = 100  # instructions of SQLite between two counts


class PageTests(SynchronousTestCase):
    """A channel with few messages among many JOINs.

    Attributes:
        steps: How much SQLite has worked, in hundreds of instructions.
    """

    def setUp(self) -> None:
        path = Path(self.mktemp())
        migrate(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(self.connection.close)
        noise = [
            Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in range(10, 10 + NOISE)
        ]
        said = [spoken(number) for number in (1, 3, 6, 9 + NOISE + 1, 9 + NOISE + 2)]
        statements.write(
            self.connection, [*noise, *said, spoken(2, target="a+b"), DirectConversationRow(1, 2, "a+b", "x")]
        )
        self.steps = 0
        self.connection.set_progress_handler(self.count, STEPS)

    def count(self) -> int:
        """Count the work of SQLite."""
        self.steps += 1
        return 0

    def test_a_page_of_messages_costs_no_more_with_many_other_rows_between(self) -> None:
        page = statements.read_newest_rows(self.connection, "#tea", 0, MAX_ID, MESSAGE_KINDS, 4)
        following = statements.read_oldest_rows(self.connection, "#tea", 3, MAX_ID, MESSAGE_KINDS, 2)
        count = statements.count_rows(self.connection, "#tea", MAX_ID, MESSAGE_KINDS)

        self.assertEqual([row.id for row in page], [3, 6, NOISE + 10, NOISE + 11])
        self.assertEqual([row.id for row in following], [6, NOISE + 10])
        self.assertEqual(count, 5)
        self.assertLess(self.steps, 20)

    def test_a_page_of_all_kinds_has_all_rows(self) -> None:
        page = statements.read_newest_rows(self.connection, "#tea", 0, MAX_ID, (*MESSAGE_KINDS, "JOIN"), 3)

        self.assertEqual([row.kind for row in page], ["JOIN", "PRIVMSG", "PRIVMSG"])

    def test_redacted_messages_are_on_no_page(self) -> None:
        statements.write(self.connection, [Redaction("#tea", 3)])

        page = statements.read_newest_rows(self.connection, "#tea", 0, 10, MESSAGE_KINDS, 9)

        self.assertEqual([row.id for row in page], [1, 6])

    def test_announcements_are_on_a_page_although_they_are_not_indexed(self) -> None:
        row = Spoken(ANNOUNCEMENT_TARGET, 7, "NOTICE", 0, "", "irc.test", "", "hear, hear", "")
        statements.write(self.connection, [row])

        page = statements.read_newest_rows(self.connection, ANNOUNCEMENT_TARGET, 0, MAX_ID, MESSAGE_KINDS, 9)

        self.assertEqual([each.text for each in page], ["hear, hear"])
        self.assertEqual(
            statements.count_rows(self.connection, ANNOUNCEMENT_TARGET, MAX_ID, MESSAGE_KINDS), 1
        )

    def test_active_targets_cost_no_more_with_many_other_rows_between(self) -> None:
        query = ActiveTargets(1, (ReadableLog("#tea", 0),))

        found = statements.read_active_targets(self.connection, query, 9)

        self.assertEqual(
            [(each.newest_id, each.target) for each in found], [(2, "a+b"), (NOISE + 11, "#tea")]
        )
        self.assertLess(self.steps, 10)

    def test_the_newest_id_of_a_conversation_is_that_of_its_newest_message(self) -> None:
        tags = spoken(5, target="a+b")._replace(kind="TAGMSG")
        statements.write(self.connection, [tags])

        (talk,) = statements.read_direct_conversations(self.connection, 1)

        self.assertEqual(talk.newest_id, 2)


class CommitTests(SynchronousTestCase):
    """A COMMIT that fails may have happened; the file tells."""

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

    def test_a_failed_commit_may_have_been_stored_if_the_file_cannot_be_opened_again(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        self.connection.on_reconnect = _error(sqlite3.SQLITE_CANTOPEN)

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_may_have_been_stored_if_it_cannot_be_synced(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        self.connection.on_checkpoint = _error(sqlite3.SQLITE_IOERR)

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_may_have_been_stored_if_a_reader_prevents_the_sync(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)
        reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM log").fetchall()

        self.assertRaises(MaybeStored, statements.write, self.connection, [spoken(1)])

    def test_a_failed_commit_without_log_rows_may_have_been_stored(self) -> None:
        self.connection.after_commit = _error(sqlite3.SQLITE_IOERR)

        self.assertRaises(MaybeStored, statements.write, self.connection, [ChannelRow("#a", "#a", "#a", 1)])

    def test_the_connection_works_for_the_next_batch(self) -> None:
        self.connection.before_commit = _error(sqlite3.SQLITE_BUSY)
        self.assertRaises(NotStored, statements.write, self.connection, [spoken(1)])

        statements.write(self.connection, [spoken(2)])

        self.assertEqual(self.connection.ids(), [2])


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the disk said no")
    error.sqlite_errorcode = code
    return error


class FaultyConnection:
    """A real connection whose COMMIT can fail, before or after it happened; each fault occurs once."""

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
        """Return the ids in the file, as another program sees them."""
        other = sqlite3.connect(self._path)
        try:
            return [number for (number,) in other.execute("SELECT id FROM log")]
        finally:
            other.close()

    def close(self) -> None:
        self._real.close()
