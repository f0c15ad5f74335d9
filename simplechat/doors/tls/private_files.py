"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def create_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Create a folder with files in one step; an empty one may exist.

    Raises:
        OSError: That failed, and nothing has changed.
    """
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a start that was interrupted
    try:
        unfinished.mkdir(mode=0o700)
        for name, data in files.items():
            _write(unfinished / name, data)
        _sync(unfinished)
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _sync(folder.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file.

    Raises:
        OSError: That failed, and the old file is unchanged.
    """
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    try:
        _write(unfinished, data)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _write(path: Path, data: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(number)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
