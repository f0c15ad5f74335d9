"""Schema migrations: numbered SQL scripts, each run in one transaction."""

from __future__ import annotations

import glob
import re
import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from simplechat.hub.errors import StoreError, StoreNotOpened
from simplechat.locale import gettext

APPLICATION_ID = 0x53434854  # "SCHT": marks a database as ours

_BACKUP_SUFFIX = ".before-"

_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
_GET_COMPAT = "SELECT value FROM meta WHERE name = 'compat'"
_SET_COMPAT = (
    "INSERT INTO meta (name, value) VALUES ('compat', ?) ON CONFLICT DO UPDATE SET value = excluded.value"
)


class Migration(NamedTuple):
    """One numbered script.

    Attributes:
        number: Its number, the schema's version after it.
        compat: The lowest version that a program must know to use the file after it.
        statements: Its SQL statements.
    """

    number: int
    compat: int
    statements: tuple[str, ...]


def migrate(path: Path, report: Callable[[str], None] = lambda text: None) -> None:
    """Create the database if there is none, or bring its schema up to date after making a backup.

    Args:
        report: Called with a sentence for people before each step that can take long: half a minute for a
            million messages.

    Raises:
        StoreNotOpened: It is not a simplechat database, was written by a newer version, or is not writable.
    """
    try:
        path.touch(0o600)  # messages are private to the server's owner
        connection = sqlite3.connect(path, isolation_level=None, timeout=1)
        try:
            _upgrade(connection, path, read_migrations(), report)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        text = gettext("cannot use the database {path}: {why}")
        raise StoreNotOpened(text.format(path=path, why=error)) from None


def read_migrations() -> list[Migration]:
    """Read the scripts of this package, in order."""
    found = (
        each for each in resources.files(__package__).iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", each.name)
    )
    return [
        _parse_script(int(each.name[:4]), each.read_text("utf-8"))
        for each in sorted(found, key=lambda each: each.name)
    ]


def _parse_script(number: int, text: str) -> Migration:
    compat = re.match(r"-- compat: (\d+)\n", text)
    assert compat, f"script {number} does not begin with its compat number"
    return Migration(number, int(compat[1]), tuple(_statements(text)))


def _statements(text: str) -> Iterator[str]:
    """Split a script into statements; `executescript` would commit by itself."""
    part = ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""


def _upgrade(
    connection: sqlite3.Connection, path: Path, steps: list[Migration], report: Callable[[str], None]
) -> None:
    newest = steps[-1].number
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID and not connection.execute(_IS_EMPTY).fetchone()[0]:
        text = gettext("{path} is a database, but not simplechat's; give another folder with --data")
        raise StoreNotOpened(text.format(path=path))
    if version > newest:
        _refuse_if_newer(connection, path, newest)
    if 0 < version < newest:
        backup = path.with_name(f"{path.name}{_BACKUP_SUFFIX}{newest:04d}")
        text = gettext(
            "An older version wrote {path} ({size} MB): it is copied to {backup}, then brought up to date"
        )
        report(text.format(path=path, size=path.stat().st_size // 1_000_000, backup=backup))
        _back_up(connection, backup)
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")  # a copied file may be in another mode
    left = [step for step in steps if step.number > version]
    for number, step in enumerate(left, 1):
        if version:
            report(
                gettext("Bringing the database up to date: step {number} of {all}").format(
                    number=number, all=len(left)
                )
            )
        _run(connection, step)
    if version and left:
        report(gettext("The database is up to date"))


def delete_backups(path: Path) -> None:
    """Delete the backups of a database that upgrades have made.

    Raises:
        StoreError: A backup cannot be deleted.
    """
    for backup in path.parent.glob(f"{glob.escape(path.name)}{_BACKUP_SUFFIX}*"):
        try:
            backup.unlink()
        except OSError as error:
            raise StoreError(f"{backup} cannot be deleted: {error.strerror}") from None


def _refuse_if_newer(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    row = connection.execute(_GET_COMPAT).fetchone()
    if row is None or row[0] > newest:
        text = gettext("{path} was written by a newer version of simplechat; please install that one")
        raise StoreNotOpened(text.format(path=path))


def _back_up(connection: sqlite3.Connection, path: Path) -> None:
    path.touch(0o600)
    copy = sqlite3.connect(path)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _run(connection: sqlite3.Connection, step: Migration) -> None:
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
