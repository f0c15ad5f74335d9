"""Many rows are inserted with one statement, and few different statements are needed."""

from __future__ import annotations

import sqlite3

from twisted.trial.unittest import SynchronousTestCase

from simplechat.store.sqlite.bulk_insert import ROWS_AT_ONCE, insert


class InsertTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.addCleanup(self.connection.close)
        self.connection.execute("CREATE TABLE pair (one PRIMARY KEY, other)")
        self.statements: list[str] = []
        self.connection.set_trace_callback(self.statements.append)

    def insert(self, rows: list[tuple[object, object]]) -> None:
        """Insert pairs."""
        insert(self.connection, "INSERT OR ROLLBACK INTO pair (one, other) VALUES ", rows)

    def stored(self) -> list[tuple[object, object]]:
        """Return the rows of the table in the order of insertion."""
        return self.connection.execute("SELECT one, other FROM pair ORDER BY rowid").fetchall()

    def test_every_row_is_inserted_in_its_order(self) -> None:
        rows: list[tuple[object, object]] = [(number, f"'{number}") for number in range(2 * ROWS_AT_ONCE + 3)]

        self.insert(rows)

        self.assertEqual(len(self.statements), 3)
        self.assertEqual(self.stored(), rows)

    def test_without_rows_nothing_is_executed(self) -> None:
        self.insert([])

        self.assertEqual(self.statements, [])

    def test_a_row_that_cannot_be_inserted_undoes_the_whole_transaction(self) -> None:
        self.connection.execute("BEGIN")
        self.insert([(number, "") for number in range(ROWS_AT_ONCE)])

        self.assertRaises(sqlite3.IntegrityError, self.insert, [(100, ""), (3, ""), (101, "")])

        self.assertFalse(self.connection.in_transaction)
        self.assertEqual(self.stored(), [])
