"""A backup is a new file, and it is told how to use it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.backup import write_backup
from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import run_blocking
from simplechat.owner_answers import Answer, Progress
from tests.cli.actors import FakeLink, error, text


class BackupTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()
        self.link = FakeLink(self.answer)
        self.told: list[str] = []
        self.size = 1536

    def answer(self, line: str) -> Iterable[Answer]:
        """Write the file, as a server does."""
        yield Progress(1, 4)
        yield Progress(0, 0)
        if not self.size:
            yield error("the disk is full")
            return
        Path(line.partition(" ")[2]).write_bytes(b"x" * self.size)
        yield text("done")

    def back_up(self) -> list[str]:
        """Back up."""
        return run_blocking(write_backup(self.link, self.path, Path("/data/simplechat.db"), self.told.append))

    def test_the_file_its_size_and_its_use_are_told(self) -> None:
        told = self.back_up()

        self.assertEqual(
            told,
            [
                f"Everything is in {self.path} (1.5 KiB)",
                "To go back to it: stop the server, and put it in the place of /data/simplechat.db",
            ],
        )
        self.assertEqual(self.told, ["25 % written", "0 % written"])

    def test_what_is_there_stays_as_it_is(self) -> None:
        self.path.write_text("mine")

        self.assertIn("another name", str(self.assertRaises(CliError, self.back_up)))

        self.assertEqual((self.link.requests, self.path.read_text()), ([], "mine"))

    def test_a_folder_is_no_file(self) -> None:
        self.path.mkdir()

        self.assertIn("folder", str(self.assertRaises(CliError, self.back_up)))

    def test_what_the_server_cannot_do_is_told(self) -> None:
        self.size = 0

        self.assertEqual(str(self.assertRaises(CliError, self.back_up)), "the disk is full")
