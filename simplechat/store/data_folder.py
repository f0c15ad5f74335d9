"""The data folder: private to its owner, and locked by the one server that uses it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from simplechat.locale import gettext


class DataFolderError(Exception):
    """The data folder cannot be used; the text says why."""


class DataFolder:
    """The folder of everything that the server stores, locked until `release`.

    Raises:
        DataFolderError: It cannot be created or written to, or another server uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            text = gettext("cannot write to the data folder {path}: {why}")
            raise DataFolderError(text.format(path=path, why=error.strerror)) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            text = gettext("another server is using the data folder {path}; stop it, or give --data")
            raise DataFolderError(text.format(path=path)) from None

    @property
    def database(self) -> Path:
        """The database file."""
        return self.path / "simplechat.db"

    @property
    def control_socket(self) -> Path:
        """The Unix socket that the `simplechat` command reaches the server by."""
        return self.path / "control.sock"

    @property
    def log(self) -> Path:
        """The folder of the log files."""
        return self.path / "log"

    def release(self) -> None:
        """Unlock the folder."""
        os.close(self._lock)
