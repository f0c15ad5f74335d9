"""Bringing a database file up to this version's schema, by numbered scripts, each in one transaction."""

from __future__ import annotations

import glob
import re
import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from simplechat.hub.errors import StoreError
from simplechat.locale import gettext

APPLICATION_ID = 0x53434854  # "SCHT": tells our files from others

_BACKUP = ".before-"

_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
_GET_COMPAT = "SELECT value FROM meta WHERE name = 'compat'"
_SET_COMPAT = (
    "INSERT INTO meta (name, value) VALUES ('compat', ?) ON CONFLICT DO UPDATE SET value = excluded.value"
)


class DatabaseError(Exception):
    """The database file cannot be used; the text says why."""


class Script(NamedTuple):
    """One step of the schema: its number, the compat number it brings, and its statements."""

    number: int
    compat: int
    statements: tuple[str, ...]


def migrate(path: Path, told: Callable[[str], None] = lambda text: None) -> None:
    """Make the file if there is none, and bring its schema up to date; a backup is made before an upgrade.

    Args:
        told: Told what is done, where that can take a while: a million messages take half a minute.

    Raises:
        DatabaseError: It is no database of ours, comes from a newer version, or cannot be written to.
    """
    try:
        path.touch(0o600)  # what was said is for its owner's eyes
        connection = sqlite3.connect(path, isolation_level=None, timeout=1)
        try:
            _bring_up(connection, path, scripts(), told)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        text = gettext("cannot use the database {path}: {why}")
        raise DatabaseError(text.format(path=path, why=error)) from None


def scripts() -> list[Script]:
    """Read the numbered scripts, in order."""
    found = (
        each for each in resources.files(__package__).iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", each.name)
    )
    return [
        _script(int(each.name[:4]), each.read_text("utf-8"))
        for each in sorted(found, key=lambda each: each.name)
    ]


def _script(number: int, text: str) -> Script:
    compat = re.match(r"-- compat: (\d+)\n", text)
    assert compat, f"script {number} does not begin with its compat number"
    return Script(number, int(compat[1]), tuple(_statements(text)))


def _statements(text: str) -> Iterator[str]:
    """Cut a script into statements; `executescript` would commit on its own."""
    part = ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""


def _bring_up(
    connection: sqlite3.Connection, path: Path, steps: list[Script], told: Callable[[str], None]
) -> None:
    newest = steps[-1].number
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID and not connection.execute(_IS_EMPTY).fetchone()[0]:
        text = gettext("{path} is a database, but not simplechat's; give another folder with --data")
        raise DatabaseError(text.format(path=path))
    if version > newest:
        _refuse_if_newer(connection, path, newest)
    if 0 < version < newest:
        backup = path.with_name(f"{path.name}{_BACKUP}{newest:04d}")
        text = gettext(
            "An older version wrote {path} ({size} MB): it is copied to {backup}, then brought up to date"
        )
        told(text.format(path=path, size=path.stat().st_size // 1_000_000, backup=backup))
        _back_up(connection, backup)
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")  # a copy may have come in another mode
    left = [step for step in steps if step.number > version]
    for number, step in enumerate(left, 1):
        if version:
            told(
                gettext("Bringing the database up to date: step {number} of {all}").format(
                    number=number, all=len(left)
                )
            )
        _take(connection, step)
    if version and left:
        told(gettext("The database is up to date"))


def delete_backups(path: Path) -> None:
    """Delete the copies of a database that upgrades have made.

    Raises:
        StoreError: One of them cannot be deleted.
    """
    for backup in path.parent.glob(f"{glob.escape(path.name)}{_BACKUP}*"):
        try:
            backup.unlink()
        except OSError as error:
            raise StoreError(f"{backup} cannot be deleted: {error.strerror}") from None


def _refuse_if_newer(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    row = connection.execute(_GET_COMPAT).fetchone()
    if row is None or row[0] > newest:
        text = gettext("{path} was written by a newer version of simplechat; please install that one")
        raise DatabaseError(text.format(path=path))


def _back_up(connection: sqlite3.Connection, path: Path) -> None:
    path.touch(0o600)
    copy = sqlite3.connect(path)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _take(connection: sqlite3.Connection, step: Script) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in step.statements:
            connection.execute(statement)
        connection.execute(_SET_COMPAT, (step.compat,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
