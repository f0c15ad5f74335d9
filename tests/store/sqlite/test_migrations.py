"""A database file is upgraded, or refused with a reason."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import StoreNotOpened
from simplechat.store.sqlite import migrate
from simplechat.store.sqlite.migrations import Migration, _upgrade, read_migrations


class MigrateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.reports: list[str] = []

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Run a statement on the file; return the rows."""
        connection = sqlite3.connect(self.path)
        try:
            rows = connection.execute(sql).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def upgrade(self, *steps: Migration) -> None:
        """Run migrations of the test's own after ours."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            _upgrade(connection, self.path, [*read_migrations(), *steps], self.reports.append)
        finally:
            connection.close()

    def test_a_new_file_is_private_and_has_the_schema(self) -> None:
        migrate(self.path)

        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.query("PRAGMA user_version"), [(read_migrations()[-1].number,)])

    def test_migrating_again_changes_nothing(self) -> None:
        migrate(self.path)
        before = self.path.read_bytes()

        migrate(self.path)

        self.assertEqual(self.path.read_bytes(), before)

    def test_a_newer_file_that_is_compatible_is_used(self) -> None:
        migrate(self.path)
        self.query("PRAGMA user_version = 999")

        migrate(self.path)

    def test_a_newer_file_that_is_not_compatible_is_refused(self) -> None:
        migrate(self.path)
        self.query("PRAGMA user_version = 999")
        self.query("UPDATE meta SET value = 999 WHERE name = 'compat'")

        error = self.assertRaises(StoreNotOpened, migrate, self.path)

        self.assertIn("newer version", str(error))

    def test_a_newer_file_without_compat_number_is_refused(self) -> None:
        migrate(self.path)
        self.query("PRAGMA user_version = 999")
        self.query("DELETE FROM meta")

        self.assertRaises(StoreNotOpened, migrate, self.path)

    def test_a_file_of_another_program_is_refused_and_left_alone(self) -> None:
        self.query("CREATE TABLE chat (hora, usuario, texto)")
        before = self.path.read_bytes()

        error = self.assertRaises(StoreNotOpened, migrate, self.path)

        self.assertIn("not simplechat's", str(error))
        self.assertEqual(self.path.read_bytes(), before)

    def test_a_file_that_is_no_database_is_refused(self) -> None:
        self.path.write_text("dear diary " * 100)

        self.assertRaises(StoreNotOpened, migrate, self.path)

    def test_an_upgrade_keeps_everything_and_leaves_a_backup(self) -> None:
        migrate(self.path)
        self.query("INSERT INTO talk (identity, other, target, nick) VALUES (1, 2, 'a', '#tea')")
        next_one = read_migrations()[-1].number + 1

        self.upgrade(Migration(next_one, next_one, ("ALTER TABLE talk ADD COLUMN mood TEXT",)))

        self.assertEqual(self.query("SELECT nick, mood FROM talk"), [("#tea", None)])
        backup = self.path.with_name(f"{self.path.name}.before-{next_one:04d}")
        self.path = backup
        self.assertEqual(self.query("SELECT nick FROM talk"), [("#tea",)])
        self.assertNotIn("mood", str(self.query("PRAGMA table_info(talk)")))
        self.assertEqual(backup.stat().st_mode & 0o777, 0o600)

    def test_an_upgrade_is_reported_and_a_new_file_is_not(self) -> None:
        connection = sqlite3.connect(self.path, isolation_level=None)
        _upgrade(connection, self.path, read_migrations()[:-2], self.reports.append)
        connection.close()
        self.assertEqual(self.reports, [])

        migrate(self.path, self.reports.append)
        migrate(self.path, self.reports.append)

        first, *rest = self.reports
        self.assertIn(f"{self.path.name}.before-{read_migrations()[-1].number:04d}", first)
        self.assertEqual([text.rpartition(": ")[2] for text in rest[:-1]], ["step 1 of 2", "step 2 of 2"])
        self.assertEqual(rest[-1], "The database is up to date")

    def test_an_upgrade_from_any_version_gives_the_schema_of_a_new_file(self) -> None:
        whole = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        migrate(self.path)
        expected = self.query(whole)
        for count in range(1, len(read_migrations())):
            self.path = Path(self.mktemp())
            connection = sqlite3.connect(self.path, isolation_level=None)
            _upgrade(connection, self.path, read_migrations()[:count], self.reports.append)
            connection.close()

            migrate(self.path)

            self.assertEqual(self.query(whole), expected, read_migrations()[count - 1].number)

    def test_messages_that_an_older_version_had_not_indexed_are_queued(self) -> None:
        connection = sqlite3.connect(self.path, isolation_level=None)
        _upgrade(
            connection,
            self.path,
            [step for step in read_migrations() if step.number < 7],
            self.reports.append,
        )
        connection.executemany("INSERT INTO said VALUES (?, '#tea', ?)", [(n, 2 * n) for n in range(1, 251)])
        connection.execute("UPDATE meta SET value = 20 WHERE name = 'indexed'")
        connection.execute("DELETE FROM said WHERE seq BETWEEN 150 AND 199")
        connection.close()

        migrate(self.path)

        ids = "SELECT json_extract(value, '$[1]') FROM queue, json_each(places) ORDER BY first, key"
        self.assertEqual(self.query(ids), [(2 * n,) for n in (*range(21, 150), *range(200, 251))])
        self.assertEqual(self.query("SELECT max(seq) FROM said"), [(20,)])
        self.assertEqual(self.query("SELECT first, many FROM queue"), [(21, 79), (100, 50), (200, 51)])

    def test_channels_from_before_renaming_have_their_names_as_targets(self) -> None:
        connection = sqlite3.connect(self.path, isolation_level=None)
        _upgrade(
            connection,
            self.path,
            [step for step in read_migrations() if step.number < 8],
            self.reports.append,
        )
        connection.close()
        self.query("INSERT INTO room (folded, name, created, topic) VALUES ('#a', '#A', 1, 't')")

        migrate(self.path)

        self.assertEqual(
            self.query("SELECT target, folded, name, topic, formerly, profile FROM room"),
            [("#a", "#a", "#A", "t", "[]", "{}")],
        )

    def test_each_migration_has_its_own_number(self) -> None:
        numbers = [step.number for step in read_migrations()]

        self.assertEqual(numbers, sorted(set(numbers)))

    def test_an_upgrade_that_fails_leaves_the_file_as_it_was(self) -> None:
        migrate(self.path)
        step = Migration(99, 99, ("ALTER TABLE talk ADD COLUMN mood TEXT", "INSERT INTO nonsense VALUES (1)"))

        self.assertRaises(sqlite3.OperationalError, self.upgrade, step)

        self.assertEqual(self.query("PRAGMA user_version"), [(read_migrations()[-1].number,)])
        self.assertNotIn("mood", str(self.query("PRAGMA table_info(talk)")))
