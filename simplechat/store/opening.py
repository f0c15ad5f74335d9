"""The choice of the store: this is the line to change for another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simplechat.hub.store import Store
from simplechat.store.data_folder import DataFolder
from simplechat.store.sqlite import open_sqlite_store


def open_store(folder: DataFolder, reactor: Any, report: Callable[[str], None]) -> Store:
    """Open the store of a data folder; blocks.

    Args:
        report: Called with a sentence for people before each step that can take long.

    Raises:
        StoreNotOpened: The store cannot be used; the text says why.
    """
    return open_sqlite_store(folder.database, reactor, report)
