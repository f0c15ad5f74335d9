"""The shelf on SQLite: one file, a writer of its own, readers that cannot write."""

from simplechat.store.sqlite.migrations import DatabaseError, migrate
from simplechat.store.sqlite.sqlite_store import SqliteStore

__all__ = ["DatabaseError", "SqliteStore", "migrate"]
