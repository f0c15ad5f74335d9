"""The database of the program that this one grew from, read without being changed.

Its one table is `chat(hora, usuario, texto)`: when, as `(YYYY/MM/DD) HH:MM:SS` on that machine's clock;
who; and what. Nothing in it is believed: any value may be of any type and size.

Spec: https://www.sqlite.org/uri.html
Spec: https://www.sqlite.org/flexgen.html
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from simplechat.locale import gettext as _
from simplechat.locale import marked

MOST_TEXT_BYTES = 65536  # of one row; what is longer is no message
MOST_VALUE_BYTES = 1 << 20  # of any value; SQLite does not even load what is longer
MOST_AUTHOR_BYTES = 256
MOST_TIME_BYTES = 64
BUSY_S = 5.0
OLDEST_S = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())

HAS_TABLE = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'chat' COLLATE NOCASE"
HAS_COLUMNS = "SELECT rowid, hora, usuario, texto FROM chat LIMIT 0"
ENCODING = "PRAGMA encoding"
COUNT = "SELECT count(*) FROM chat"
ALL_ROWS = "SELECT rowid FROM chat ORDER BY rowid"
TIME = f"SELECT typeof(hora), substr(CAST(hora AS BLOB), 1, {MOST_TIME_BYTES}) FROM chat WHERE rowid = ?"
AUTHOR_AND_TEXT = (
    f"SELECT typeof(usuario), substr(CAST(usuario AS BLOB), 1, {MOST_AUTHOR_BYTES}),"
    f" typeof(texto), substr(CAST(texto AS BLOB), 1, {MOST_TEXT_BYTES + 1}) FROM chat WHERE rowid = ?"
)
CREATE_PLACES = (
    "CREATE TABLE place ("
    "at INTEGER NOT NULL,"  # seconds since 1970
    " row INTEGER NOT NULL,"  # the seed's rowid
    " PRIMARY KEY (at, row)) WITHOUT ROWID"
)
ADD_PLACE = "INSERT INTO place (at, row) VALUES (?, ?)"
IN_ORDER = "SELECT at, row FROM place ORDER BY at, row"

_TIME = re.compile(
    r"\s*\(?(\d{4})[-/.](\d\d?)[-/.](\d\d?)\)?[\sT]\s*"  # the day
    r"(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?"  # the time of day
    r"\s*(?:(Z)|([+-])(\d\d):?(\d\d))?\s*",  # what it is ahead of UTC, where that is said
    re.ASCII,
)


class Why(Enum):
    """Why a row cannot be taken."""

    NO_TIME = marked("its time is missing or cannot be read")
    TOO_OLD = marked("its time is before the year 2000")
    FUTURE = marked("its time lies in the future")
    NO_TEXT = marked("it has no text")
    NOT_TEXT = marked("its text is no text (not UTF-8)")
    TOO_LONG = marked("it is longer than 64 KiB")
    DAMAGED = marked("the file is damaged there")


class SeedError(Exception):
    """The file cannot be read; the text says why and what to do."""


class SeedRow(NamedTuple):
    """A message.

    Attributes:
        row: Its number in the table.
        at: When it was said, seconds since 1970.
        author: Who said it, as it stands there; may be empty.
        text: What was said, line ends and all.
    """

    row: int
    at: int
    author: str
    text: str


class Skipped(NamedTuple):
    """A row that is no message."""

    row: int
    why: Why


class SeedFile:
    """The file, open for reading.

    Args:
        path: Where it is.
        busy_s: How long to wait, in seconds, for another program that keeps the file to itself.

    Raises:
        SeedError: It is not there, not a database, not of this kind, or in use.
    """

    def __init__(self, path: Path, busy_s: float = BUSY_S) -> None:
        self._path = path
        self._busy_s = busy_s
        if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where it may not look
            raise SeedError(_("there is no file {path}").format(path=path))
        self._database = self._open()
        self._places = sqlite3.connect("", isolation_level=None)  # a file of SQLite's own, gone when closed
        self._places.execute(CREATE_PLACES)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
        self._places.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._checked("mode=ro")
        except sqlite3.OperationalError as error:
            if not self._is_unchanging(error):
                raise self._told(error) from None
        except sqlite3.DatabaseError as error:
            raise self._told(error) from None
        try:
            return self._checked("mode=ro&immutable=1")
        except sqlite3.DatabaseError as error:
            raise self._told(error) from None

    def _is_unchanging(self, error: sqlite3.Error) -> bool:
        """Tell whether SQLite only wants to write beside the file, and has nothing to say there.

        A database in WAL mode in a folder that cannot be written to (a CD, a backup) is such a case.
        """
        beside = (self._path.with_name(self._path.name + end) for end in ("-wal", "-journal"))
        return _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and not any(
            each.exists() for each in beside
        )

    def _checked(self, how: str) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?{how}"
        database = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self._busy_s)
        try:
            database.text_factory = bytes
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
            database.execute("PRAGMA trusted_schema = OFF")
            if not database.execute(HAS_TABLE).fetchone()[0]:
                raise SeedError(_("{path} has no table chat: is it the right file?").format(path=self._path))
            database.execute(HAS_COLUMNS)
            self._encoding = database.execute(ENCODING).fetchone()[0].decode()
        except BaseException:
            database.close()
            raise
        return database

    def _told(self, error: sqlite3.Error) -> SeedError:
        return SeedError(_words_for(error).format(path=self._path, error=error))

    def sort(self, zone: tzinfo | None, now: float) -> Iterator[Skipped]:
        """Find each row's place in time, once; give those whose time is of no use.

        Where clocks were put back, an hour comes twice: a time within it is the second one if the row
        before it already was later. A time that clocks leapt over counts as if they had not.

        Args:
            zone: Where the times were written down; None for this machine's.
            now: Seconds since 1970.

        Raises:
            SeedError: Another program keeps the file to itself, or there is no room to sort in.
        """
        with self._telling():
            yield from self._find_places(zone, now)

    def rows(self) -> Iterator[SeedRow | Skipped]:
        """Give every row that has a place, by time, those of the same second as they stand there.

        Raises:
            SeedError: See `sort`.
        """
        with self._telling():
            for at, row in self._places.execute(IN_ORDER):
                yield self._row(row, at)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what SQLite has to say into words for people."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._told(error) from None

    @property
    def count(self) -> int:
        """How many rows the table has; 0 where that cannot be told."""
        try:
            count: int = self._database.execute(COUNT).fetchone()[0]
        except sqlite3.DatabaseError:
            return 0
        return count

    def _find_places(self, zone: tzinfo | None, now: float) -> Iterator[Skipped]:
        """Put every usable row in its place."""
        before = 0
        self._places.execute("BEGIN")
        for row in self._row_numbers():
            if isinstance(row, Skipped):
                yield row
                continue
            at = self._time_of(row, zone, before, now)
            if isinstance(at, Why):
                yield Skipped(row, at)
            else:
                self._places.execute(ADD_PLACE, (at, row))
                before = at
        self._places.execute("COMMIT")

    def _row_numbers(self) -> Iterator[int | Skipped]:
        last = 0
        try:
            for (last,) in self._database.execute(ALL_ROWS):
                yield last
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise self._told(error) from None
            yield Skipped(last + 1, Why.DAMAGED)  # and whatever follows

    def _time_of(self, row: int, zone: tzinfo | None, before: int, now: float) -> int | Why:
        found = self._fetch(TIME, row)
        if isinstance(found, Why):
            return Why.DAMAGED if found is Why.DAMAGED else Why.NO_TIME
        at = instant_of(self._text(*found) or "", zone, before)
        if at is None:
            return Why.NO_TIME
        if at < OLDEST_S:
            return Why.TOO_OLD
        return Why.FUTURE if at > now else at

    def _row(self, row: int, at: int) -> SeedRow | Skipped:
        found = self._fetch(AUTHOR_AND_TEXT, row)
        if isinstance(found, Why):
            return Skipped(row, found)
        author_type, author, text_type, value = found
        if not value:
            return Skipped(row, Why.NO_TEXT)
        if len(value) > MOST_TEXT_BYTES:
            return Skipped(row, Why.TOO_LONG)
        text = self._text(text_type, value)
        if text is None:
            return Skipped(row, Why.NOT_TEXT)
        return SeedRow(row, at, self._part(author_type, author), text)

    def _fetch(self, statement: str, row: int) -> tuple[bytes, ...] | Why:
        """Read one row; that it is damaged, too large or gone meanwhile concerns no other."""
        try:
            found: tuple[bytes, ...] | None = self._database.execute(statement, (row,)).fetchone()
        except sqlite3.DataError:
            return Why.TOO_LONG
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise self._told(error) from None
            return Why.DAMAGED
        return found or Why.DAMAGED

    def _text(self, kind: bytes, value: bytes | None) -> str | None:
        """Read a value as text; None where it is none. A blob is text if it is UTF-8."""
        try:
            return None if value is None else value.decode(self._encoding_of(kind))
        except UnicodeDecodeError:
            return None

    def _part(self, kind: bytes, value: bytes | None) -> str:
        """Read as much as there is of a value that may have been cut."""
        return (value or b"").decode(self._encoding_of(kind), "ignore")

    def _encoding_of(self, kind: bytes) -> str:
        return "utf-8" if kind == b"blob" else self._encoding


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _words_for(error: sqlite3.Error) -> str:
    """Give the sentence for why a file cannot be read."""
    if _code(error) == sqlite3.SQLITE_NOTADB:
        return _("{path} is not a SQLite database: is it the right file?")
    if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _("another program is writing to {path}; stop it and try again")
    if _code(error) == sqlite3.SQLITE_CANTOPEN:
        return _("{path} cannot be opened; is it yours to read?")
    if "no such column" in str(error):
        return _("the table chat in {path} is not simpleChat's ({error})")
    return _("{path} cannot be read: {error}")


def instant_of(text: str, zone: tzinfo | None, before: int) -> int | None:
    """Read a time, as seconds since 1970; None where it is none.

    Args:
        zone: Where it was written down; None for this machine's.
        before: The instant of the row before it, which decides which one is meant of two.
    """
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, is_utc, sign, hours, minutes = found.groups()
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        if is_utc or sign:
            return _at_offset(local, sign or "+", int(hours or 0), int(minutes or 0))
        early, late = (int(local.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    except (ValueError, OverflowError, OSError):
        return None
    return late if early < before <= late else early


def _at_offset(local: datetime, sign: str, hours: int, minutes: int) -> int:
    ahead = timedelta(hours=hours, minutes=minutes)
    return int(local.replace(tzinfo=timezone(-ahead if sign == "-" else ahead)).timestamp())
