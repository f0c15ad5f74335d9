"""The shelf on SQLite: one file, a writer of its own, readers that cannot write."""

from simplechat.store.sqlite.migrate import DatabaseError, migrate
from simplechat.store.sqlite.shelf import SqliteStore

__all__ = ["DatabaseError", "SqliteStore", "migrate"]
