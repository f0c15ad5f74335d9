"""`simplechat import`: the messages of simpleChat's database become part of a channel's log.

The same file always gives the same messages, each with a millisecond of its own, so that the server
recognizes those that were imported before.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from functools import lru_cache
from typing import NamedTuple

from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import ServerLink, request_answers
from simplechat.ircv3.message import Message, spare_bytes
from simplechat.ircv3.splitting import split_text
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.owner_answers import Notice
from simplechat.store.seed_database import SeedDatabase, SeedRow, SkippedRow, SkipReason

MAX_NICK_LETTERS = 30
MAX_NICK_BYTES = 64
MAX_TEXT_BYTES = 400
MAX_BATCH_ROWS = 500  # that a server takes at once
MAX_BATCH_BYTES = 512 << 10
UNKNOWN_NICK = "unknown"  # where there is no author; not translated, so that every import gives the same
SOURCE_SUFFIX = f"!import@{'h' * 63}"  # room for what a server adds to a nick
CACHED_AUTHORS = 1024
ROWS_PER_PROGRESS = 100  # rows
SHOWN_ROWS = 5  # of those skipped for one reason

_NOT_IN_NICKS = re.compile(r"[\s!@:,#*?]")


class ImportedMessage(NamedTuple):
    """One message as the server's `put-log` takes it.

    Attributes:
        ms: When it was said, in milliseconds since 1970.
    """

    ms: int
    nick: str
    text: str


def split_rows(rows: Iterable[SeedRow | SkippedRow], room: str) -> Iterator[ImportedMessage | SkippedRow]:
    """Convert rows, in the order of their times, to messages that fit a line each.

    Each message gets the first free millisecond of its second. More than a thousand in one second continue
    into the next second, so their order is kept, and equal messages stay two.
    """
    last_ms = 0
    for row in rows:
        if isinstance(row, SkippedRow):
            yield row
            continue
        nick = nick_for(row.author)
        texts = list(message_texts(row.text, max_text_bytes(nick, room)))
        if not texts:
            yield SkippedRow(row.row, SkipReason.NO_TEXT)
        for text in texts:
            last_ms = max(row.at * 1000, last_ms + 1)
            yield ImportedMessage(last_ms, nick, text)


@lru_cache(CACHED_AUTHORS)
def nick_for(author: str) -> str:
    """Convert an author's name to a nick that can stand in nick!user@host."""
    name = unicodedata.normalize("NFC", author).strip()
    name = _NOT_IN_NICKS.sub("_", "".join(map(_printable_or_underscore, name)))[:MAX_NICK_LETTERS]
    return name.encode()[:MAX_NICK_BYTES].decode("utf-8", "ignore") or UNKNOWN_NICK


def _printable_or_underscore(char: str) -> str:
    return char if unicodedata.category(char)[0] not in "CZ" else "_"


def message_texts(text: str, limit_bytes: int) -> Iterator[str]:
    """Split a text into lines, and long lines into parts; leave out blank ones."""
    for line in re.split("[\r\n]+", text.replace("\0", "\N{SYMBOL FOR NULL}")):
        if line.strip():
            yield from split_text(line, limit_bytes)


@lru_cache(CACHED_AUTHORS)
def max_text_bytes(nick: str, room: str) -> int:
    """Return how many bytes of text fit a message, so that clients are shown all that is stored."""
    return min(MAX_TEXT_BYTES, spare_bytes(Message("PRIVMSG", (room,), nick + SOURCE_SUFFIX)))


def json_batches(messages: Iterable[ImportedMessage]) -> Iterator[str]:
    """Encode messages as JSON lists, each as long as the server takes in one command."""
    batch: list[str] = []
    size = 0
    for message in messages:
        # in ASCII: the server takes no control characters
        encoded = json.dumps(message, separators=(",", ":"))
        more = len(encoded) + 1
        if batch and (len(batch) == MAX_BATCH_ROWS or size + more > MAX_BATCH_BYTES - len("[]")):
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(encoded)
        size += more
    if batch:
        yield f"[{','.join(batch)}]"


class SeedImport:
    """One import of a database, and its counts.

    Args:
        seed: The file.
        channel: The channel whose log is filled.
        tell: Is told how far it is.
    """

    def __init__(self, seed: SeedDatabase, channel: str, tell: Callable[[str], None]) -> None:
        self._seed = seed
        self._total = seed.count
        self._channel = channel
        self._tell = tell
        self._rows_read = 0  # rows
        self._messages_made = 0  # messages
        self._stored = 0
        self._known = 0
        self._skipped: Counter[SkipReason] = Counter()
        self._first_skipped: dict[SkipReason, list[int]] = {}

    def sort(self, zone: tzinfo | None, now: float) -> None:
        """Sort the rows by time; see `SeedDatabase.sort`."""
        self._tell(_("reading ..."))
        for skipped in self._seed.sort(zone, now):
            self._rows_read += 1
            self._count_skipped(skipped)

    async def run(self, link: ServerLink) -> list[str]:
        """Send all messages to the server; return a summary for people."""
        for batch in json_batches(self._split_messages()):
            try:
                answers = await request_answers(link, f"put-log {self._channel} {batch}")
            except CliError as error:
                raise CliError(self._explain(error)) from None
            for answer in answers:
                if isinstance(answer, Notice):
                    self._stored += int(answer.fields["stored"])
                    self._known += int(answer.fields["known"])
        return [
            ngettext(
                "{count} message was imported into {room}",
                "{count} messages were imported into {room}",
                self._stored,
            ).format(count=self._stored, room=self._channel),
            *self._known_summary(),
            *self._skipped_summary(),
        ]

    def dry_run(self) -> list[str]:
        """Return a summary of what `run` would do."""
        for _batch in json_batches(self._split_messages()):
            pass
        return [
            ngettext(
                "{count} message would be imported into {room}",
                "{count} messages would be imported into {room}",
                self._messages_made,
            ).format(count=self._messages_made, room=self._channel),
            *self._skipped_summary(),
        ]

    def _split_messages(self) -> Iterator[ImportedMessage]:
        for line in split_rows(self._read_rows(), self._channel):
            if isinstance(line, SkippedRow):
                self._count_skipped(line)
            else:
                self._messages_made += 1
                yield line

    def _count_skipped(self, skipped: SkippedRow) -> None:
        self._skipped[skipped.why] += 1
        first = self._first_skipped.setdefault(skipped.why, [])
        if len(first) < SHOWN_ROWS:
            first.append(skipped.row)

    def _read_rows(self) -> Iterator[SeedRow | SkippedRow]:
        for row in self._seed.rows():
            self._rows_read += 1
            if self._rows_read % ROWS_PER_PROGRESS == 0:
                self._tell(_("{done} of {all} rows").format(done=self._rows_read, all=self._total))
            yield row

    def _explain(self, error: CliError) -> str:
        if not self._stored + self._known:
            return str(error)
        return _("{why} ({count} messages are there already; import again to go on)").format(
            why=error, count=self._stored + self._known
        )

    def _known_summary(self) -> Iterator[str]:
        if self._known:
            yield ngettext(
                "{count} message was there already", "{count} messages were there already", self._known
            ).format(count=self._known)

    def _skipped_summary(self) -> Iterator[str]:
        for why, count in self._skipped.most_common():
            first = ", ".join(map(str, self._first_skipped[why]))
            yield ngettext(
                "{count} row was skipped: {why} (row {rows})",
                "{count} rows were skipped: {why} (rows {rows})",
                count,
            ).format(count=count, why=_(why.value), rows=first + (", ..." if count > SHOWN_ROWS else ""))
