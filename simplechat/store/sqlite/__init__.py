"""The store on SQLite: one file, one connection that writes, others that can only read."""

from simplechat.store.sqlite.migrations import migrate
from simplechat.store.sqlite.sqlite_store import SqliteStore, open_sqlite_store

__all__ = ["SqliteStore", "migrate", "open_sqlite_store"]
