"""Failures of the disk, made from outside while the server runs, and undone."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

from tests.e2e.server import Server

Trouble = Callable[[Server], AbstractContextManager[None]]


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Hold the database's write lock from another program."""
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(server: Server) -> Iterator[None]:
    """Make every write to a file fail, as on a full disk."""
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_sync(server: Server) -> Iterator[None]:
    """Make the disk accept writes and then fail at syncing them; needs strace."""
    fails = ("-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO")
    words = ["strace", "-f", "-p", str(server.pid), "-o", os.devnull, *fails]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()  # blocks for some milliseconds
        assert b"attached" in attached, attached
        try:
            yield
        finally:
            strace.terminate()


@contextmanager
def none(server: Server) -> Iterator[None]:
    """Cause no failure."""
    yield
