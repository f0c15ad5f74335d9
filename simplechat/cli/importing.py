"""`simplechat import`: the messages of a seed's database become part of a channel's log.

The same file always gives the same lines, each with a millisecond of its own, so that a server knows one
that it was given before.
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

from simplechat.cli.cli_error import Trouble
from simplechat.cli.server_link import Link, replies
from simplechat.ircv3.message import Message, spare_bytes
from simplechat.ircv3.splitting import split_text
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.store.seed_database import SeedDatabase, SeedRow, SkippedRow, SkipReason

MOST_NICK_LETTERS = 30
MOST_NICK_BYTES = 64
MOST_PIECE_BYTES = 400
MOST_ROWS = 500  # that a server takes at once
MOST_BATCH_BYTES = 512 << 10
NOBODY = "unknown"  # says what has no author; not translated: a second import must find the same name
OTHER_PARTS = f"!import@{'h' * 63}"  # room for what a server adds to a nick
REMEMBERED = 1024  # authors, who say more than one thing
TOLD_EVERY = 100  # rows
SHOWN_ROWS = 5  # of those skipped for one reason

_NOT_IN_NICKS = re.compile(r"[\s!@:,#*?]")


class Line(NamedTuple):
    """One message as a server is given it.

    Attributes:
        at_ms: Milliseconds since 1970.
    """

    at_ms: int
    nick: str
    text: str


def lines(rows: Iterable[SeedRow | SkippedRow], room: str) -> Iterator[Line | SkippedRow]:
    """Make rows, in order of time, into messages that fit a line each.

    A message has the first free millisecond of its second. More than a thousand in one second go on into
    the next: then their order is kept, and so is a thing that was said twice.
    """
    last_ms = 0
    for row in rows:
        if isinstance(row, SkippedRow):
            yield row
            continue
        nick = nick_of(row.author)
        texts = list(texts_of(row.text, spare_for(nick, room)))
        if not texts:
            yield SkippedRow(row.row, SkipReason.NO_TEXT)
        for text in texts:
            last_ms = max(row.at * 1000, last_ms + 1)
            yield Line(last_ms, nick, text)


@lru_cache(REMEMBERED)
def nick_of(author: str) -> str:
    """Make an author's name into one that can stand in nick!user@host."""
    name = unicodedata.normalize("NFC", author).strip()
    name = _NOT_IN_NICKS.sub("_", "".join(map(_seen, name)))[:MOST_NICK_LETTERS]
    return name.encode()[:MOST_NICK_BYTES].decode("utf-8", "ignore") or NOBODY


def _seen(char: str) -> str:
    return char if unicodedata.category(char)[0] not in "CZ" else "_"


def texts_of(text: str, most_bytes: int) -> Iterator[str]:
    """Cut a text into lines, and those into pieces; what is empty or blank is left out."""
    for line in re.split("[\r\n]+", text.replace("\0", "\N{SYMBOL FOR NULL}")):
        if line.strip():
            yield from split_text(line, most_bytes)


@lru_cache(REMEMBERED)
def spare_for(nick: str, room: str) -> int:
    """Tell how many bytes of text fit a message, so that nobody is shown less than is kept."""
    return min(MOST_PIECE_BYTES, spare_bytes(Message("PRIVMSG", (room,), nick + OTHER_PARTS)))


def batches(found: Iterable[Line]) -> Iterator[str]:
    """Write lines as JSON lists, each as long as a server takes at once."""
    batch: list[str] = []
    size = 0
    for line in found:
        written = json.dumps(line, separators=(",", ":"))  # in ASCII: a server takes no control characters
        more = len(written) + 1
        if batch and (len(batch) == MOST_ROWS or size + more > MOST_BATCH_BYTES - len("[]")):
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(written)
        size += more
    if batch:
        yield f"[{','.join(batch)}]"


class Import:
    """One import, and what has come of it.

    Args:
        seed: The file.
        room: Whose log it goes to.
        tell: Is told how far it is.
    """

    def __init__(self, seed: SeedDatabase, room: str, tell: Callable[[str], None]) -> None:
        self._seed = seed
        self._all = seed.count
        self._room = room
        self._tell = tell
        self._passed = 0  # rows
        self._made = 0  # messages
        self._stored = 0
        self._known = 0
        self._skipped: Counter[SkipReason] = Counter()
        self._first_skipped: dict[SkipReason, list[int]] = {}

    def sort(self, zone: tzinfo | None, now: float) -> None:
        """Bring the rows into their order; see `SeedDatabase.sort`."""
        self._tell(_("reading ..."))
        for skipped in self._seed.sort(zone, now):
            self._passed += 1
            self._skip(skipped)

    async def run(self, link: Link) -> list[str]:
        """Give everything to a server, and tell what came of it."""
        for batch in batches(self._messages()):
            try:
                answers = await replies(link, f"put-log {self._room} {batch}")
            except Trouble as trouble:
                raise Trouble(self._words_for(trouble)) from None
            for answer in answers:
                self._stored += answer["fields"]["stored"]
                self._known += answer["fields"]["known"]
        return [
            ngettext(
                "{count} message was taken into {room}",
                "{count} messages were taken into {room}",
                self._stored,
            ).format(count=self._stored, room=self._room),
            *self._about_known(),
            *self._about_skipped(),
        ]

    def rehearse(self) -> list[str]:
        """Tell what would come of it, were it done."""
        for _batch in batches(self._messages()):
            pass
        return [
            ngettext(
                "{count} message would be taken into {room}",
                "{count} messages would be taken into {room}",
                self._made,
            ).format(count=self._made, room=self._room),
            *self._about_skipped(),
        ]

    def _messages(self) -> Iterator[Line]:
        for line in lines(self._counted(), self._room):
            if isinstance(line, SkippedRow):
                self._skip(line)
            else:
                self._made += 1
                yield line

    def _skip(self, skipped: SkippedRow) -> None:
        self._skipped[skipped.why] += 1
        first = self._first_skipped.setdefault(skipped.why, [])
        if len(first) < SHOWN_ROWS:
            first.append(skipped.row)

    def _counted(self) -> Iterator[SeedRow | SkippedRow]:
        for row in self._seed.rows():
            self._passed += 1
            if self._passed % TOLD_EVERY == 0:
                self._tell(_("{done} of {all} rows").format(done=self._passed, all=self._all))
            yield row

    def _words_for(self, trouble: Trouble) -> str:
        if not self._stored + self._known:
            return str(trouble)
        return _("{why} ({count} messages are there already; import again to go on)").format(
            why=trouble, count=self._stored + self._known
        )

    def _about_known(self) -> Iterator[str]:
        if self._known:
            yield ngettext(
                "{count} message was there already", "{count} messages were there already", self._known
            ).format(count=self._known)

    def _about_skipped(self) -> Iterator[str]:
        for why, count in self._skipped.most_common():
            first = ", ".join(map(str, self._first_skipped[why]))
            yield ngettext(
                "{count} row was skipped: {why} (row {rows})",
                "{count} rows were skipped: {why} (rows {rows})",
                count,
            ).format(count=count, why=_(why.value), rows=first + (", ..." if count > SHOWN_ROWS else ""))
