"""One server at a time uses the data folder."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.store.data_folder import DataFolder, DataFolderError


class FolderTests(SynchronousTestCase):
    def test_a_new_folder_is_private_to_its_owner(self) -> None:
        path = Path(self.mktemp()) / "deep" / "folder"

        folder = DataFolder(path)
        self.addCleanup(folder.release)

        self.assertEqual(path.stat().st_mode & 0o777, 0o700)

    def test_a_second_server_is_refused_until_the_first_releases_the_folder(self) -> None:
        path = Path(self.mktemp())
        first = DataFolder(path)

        error = self.assertRaises(DataFolderError, DataFolder, path)
        first.release()
        DataFolder(path).release()

        self.assertIn("another server", str(error))

    def test_a_folder_that_cannot_be_created_is_refused(self) -> None:
        path = Path(self.mktemp())
        path.write_text("in the way")

        self.assertRaises(DataFolderError, DataFolder, path)
        self.assertRaises(DataFolderError, DataFolder, path / "below")
