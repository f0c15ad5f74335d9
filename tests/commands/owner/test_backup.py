"""The owner copies the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import StoreError
from tests.support.owner import errors
from tests.support.stage import NOON, Stage, StageFile

NOON_MS = int(NOON * 1000)


def fail(path: Path, report: Callable[[int, int], None]) -> int:
    """Copy nothing."""
    raise StoreError("{0} is there already")


class BackupTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()

    def test_the_path_must_be_absolute(self) -> None:
        self.stage.store.file = StageFile()

        (why,) = errors(self.owner, "backup copy.db")

        self.assertIn("copy.db", why)
        self.assertEqual(self.stage.acts(), [])

    def test_progress_and_size_are_shown(self) -> None:
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

    def test_the_audit_log_has_a_failed_backup(self) -> None:
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

    def test_a_failed_backup_is_an_error(self) -> None:
        self.stage.store.file = StageFile(fail)

        self.assertEqual(errors(self.owner, "backup /tmp/x"), ["The backup failed: {0} is there already"])

    def test_a_store_that_is_no_file_says_so(self) -> None:
        (why,) = errors(self.owner, "backup /tmp/x")

        self.assertIn("tools of the database", why)
        self.assertEqual(self.stage.acts(), [])
