"""The database of simpleChat, the program that this one grew from, read without changing it.

Its one table is `chat(hora, usuario, texto)`: the time as `(YYYY/MM/DD) HH:MM:SS` in that machine's time
zone, the author, and the text. The file is not trusted: any value may be of any type and size.

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

MAX_TEXT_BYTES = 65536  # of one row; a longer one is skipped
MAX_VALUE_BYTES = 1 << 20  # of any value; SQLite refuses to load a longer one
MAX_AUTHOR_BYTES = 256
MAX_TIME_BYTES = 64
BUSY_S = 5.0
MIN_TIME_S = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())

HAS_TABLE = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'chat' COLLATE NOCASE"
HAS_COLUMNS = "SELECT rowid, hora, usuario, texto FROM chat LIMIT 0"
ENCODING = "PRAGMA encoding"
COUNT = "SELECT count(*) FROM chat"
ALL_ROWS = "SELECT rowid FROM chat ORDER BY rowid"
TIME = f"SELECT typeof(hora), substr(CAST(hora AS BLOB), 1, {MAX_TIME_BYTES}) FROM chat WHERE rowid = ?"
AUTHOR_AND_TEXT = (
    f"SELECT typeof(usuario), substr(CAST(usuario AS BLOB), 1, {MAX_AUTHOR_BYTES}),"
    f" typeof(texto), substr(CAST(texto AS BLOB), 1, {MAX_TEXT_BYTES + 1}) FROM chat WHERE rowid = ?"
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
    r"\s*(?:(Z)|([+-])(\d\d):?(\d\d))?\s*",  # the offset from UTC, if there is one
    re.ASCII,
)


class SkipReason(Enum):
    """SkipReason a row is not imported."""

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
        row: Its rowid.
        at: Its time, seconds since 1970.
        author: Its author, unchanged; may be empty.
        text: Its text, unchanged, with any line ends.
    """

    row: int
    at: int
    author: str
    text: str


class SkippedRow(NamedTuple):
    """A row that is not imported."""

    row: int
    why: SkipReason


class SeedDatabase:
    """A database of simpleChat, open for reading.

    Args:
        path: The file.
        busy_s: How long to wait for another program that has locked the file, in seconds.

    Raises:
        SeedError: There is no such file, it is not such a database, or it is locked.
    """

    def __init__(self, path: Path, busy_s: float = BUSY_S) -> None:
        self._path = path
        self._busy_s = busy_s
        if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises in a folder that it may not read
            raise SeedError(_("there is no file {path}").format(path=path))
        self._database = self._open()
        # a temporary file of SQLite's, deleted at close
        self._places = sqlite3.connect("", isolation_level=None)
        self._places.execute(CREATE_PLACES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        self._places.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect("mode=ro")
        except sqlite3.OperationalError as error:
            if not self._is_immutable(error):
                raise self._as_seed_error(error) from None
        except sqlite3.DatabaseError as error:
            raise self._as_seed_error(error) from None
        try:
            return self._connect("mode=ro&immutable=1")
        except sqlite3.DatabaseError as error:
            raise self._as_seed_error(error) from None

    def _is_immutable(self, error: sqlite3.Error) -> bool:
        """Tell whether the file can be opened as immutable, after SQLite failed to open it as read-only.

        That is so for a database in WAL mode in a folder without write access (a CD, a backup), if there is
        no journal beside it.
        """
        beside = (self._path.with_name(self._path.name + end) for end in ("-wal", "-journal"))
        return _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and not any(
            each.exists() for each in beside
        )

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?{mode}"
        database = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self._busy_s)
        try:
            database.text_factory = bytes
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
            database.execute("PRAGMA trusted_schema = OFF")
            if not database.execute(HAS_TABLE).fetchone()[0]:
                raise SeedError(_("{path} has no table chat: is it the right file?").format(path=self._path))
            database.execute(HAS_COLUMNS)
            self._encoding = database.execute(ENCODING).fetchone()[0].decode()
        except BaseException:
            database.close()
            raise
        return database

    def _as_seed_error(self, error: sqlite3.Error) -> SeedError:
        return SeedError(_reason_for(error).format(path=self._path, error=error))

    def sort(self, zone: tzinfo | None, now: float) -> Iterator[SkippedRow]:
        """Sort the rows by time, once; yield those without a usable time.

        When clocks are put back, an hour comes twice: a time in it is the second one if the row before is
        later than the first one. A time that clocks skip counts as if they had not been put forward.

        Args:
            zone: The time zone of the times; None for this machine's.
            now: Seconds since 1970.

        Raises:
            SeedError: Another program has locked the file, or the disk is full.
        """
        with self._translated_errors():
            yield from self._find_places(zone, now)

    def rows(self) -> Iterator[SeedRow | SkippedRow]:
        """Yield every row with a usable time, ordered by time, then by rowid.

        Raises:
            SeedError: See `sort`.
        """
        with self._translated_errors():
            for at, row in self._places.execute(IN_ORDER):
                yield self._row(row, at)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Turn errors of SQLite into `SeedError`."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._as_seed_error(error) from None

    @property
    def count(self) -> int:
        """The number of rows, 0 if SQLite cannot tell."""
        try:
            count: int = self._database.execute(COUNT).fetchone()[0]
        except sqlite3.DatabaseError:
            return 0
        return count

    def _find_places(self, zone: tzinfo | None, now: float) -> Iterator[SkippedRow]:
        """Store the time of every usable row; yield the others."""
        before = 0
        self._places.execute("BEGIN")
        for row in self._row_numbers():
            if isinstance(row, SkippedRow):
                yield row
                continue
            at = self._time_of(row, zone, before, now)
            if isinstance(at, SkipReason):
                yield SkippedRow(row, at)
            else:
                self._places.execute(ADD_PLACE, (at, row))
                before = at
        self._places.execute("COMMIT")

    def _row_numbers(self) -> Iterator[int | SkippedRow]:
        last = 0
        try:
            for (last,) in self._database.execute(ALL_ROWS):
                yield last
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise self._as_seed_error(error) from None
            yield SkippedRow(last + 1, SkipReason.DAMAGED)  # and all after it

    def _time_of(self, row: int, zone: tzinfo | None, before: int, now: float) -> int | SkipReason:
        found = self._fetch(TIME, row)
        if isinstance(found, SkipReason):
            return SkipReason.DAMAGED if found is SkipReason.DAMAGED else SkipReason.NO_TIME
        at = parse_seed_time(self._decode(*found) or "", zone, before)
        if at is None:
            return SkipReason.NO_TIME
        if at < MIN_TIME_S:
            return SkipReason.TOO_OLD
        return SkipReason.FUTURE if at > now else at

    def _row(self, row: int, at: int) -> SeedRow | SkippedRow:
        found = self._fetch(AUTHOR_AND_TEXT, row)
        if isinstance(found, SkipReason):
            return SkippedRow(row, found)
        author_type, author, text_type, value = found
        if not value:
            return SkippedRow(row, SkipReason.NO_TEXT)
        if len(value) > MAX_TEXT_BYTES:
            return SkippedRow(row, SkipReason.TOO_LONG)
        text = self._decode(text_type, value)
        if text is None:
            return SkippedRow(row, SkipReason.NOT_TEXT)
        return SeedRow(row, at, self._decode_part(author_type, author), text)

    def _fetch(self, statement: str, row: int) -> tuple[bytes, ...] | SkipReason:
        """Read one row; if it is damaged, too large or gone meanwhile, return why."""
        try:
            found: tuple[bytes, ...] | None = self._database.execute(statement, (row,)).fetchone()
        except sqlite3.DataError:
            return SkipReason.TOO_LONG
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise self._as_seed_error(error) from None
            return SkipReason.DAMAGED
        return found or SkipReason.DAMAGED

    def _decode(self, kind: bytes, value: bytes | None) -> str | None:
        """Decode a value; return None if it is not text. A blob is text if it is UTF-8."""
        try:
            return None if value is None else value.decode(self._encoding_of(kind))
        except UnicodeDecodeError:
            return None

    def _decode_part(self, kind: bytes, value: bytes | None) -> str:
        """Decode a value that may have been cut in the middle of a character."""
        return (value or b"").decode(self._encoding_of(kind), "ignore")

    def _encoding_of(self, kind: bytes) -> str:
        return "utf-8" if kind == b"blob" else self._encoding


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _reason_for(error: sqlite3.Error) -> str:
    """Return the sentence that says why a file cannot be read."""
    if _code(error) == sqlite3.SQLITE_NOTADB:
        return _("{path} is not a SQLite database: is it the right file?")
    if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _("another program is writing to {path}; stop it and try again")
    if _code(error) == sqlite3.SQLITE_CANTOPEN:
        return _("{path} cannot be opened; may you read it?")
    if "no such column" in str(error):
        return _("the table chat in {path} is not simpleChat's ({error})")
    return _("{path} cannot be read: {error}")


def parse_seed_time(text: str, zone: tzinfo | None, before: int) -> int | None:
    """Parse a time to seconds since 1970; return None if it is not one.

    Args:
        zone: The time zone of the text; None for this machine's.
        before: The time of the row before, which decides between two times in the hour that comes twice.
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
