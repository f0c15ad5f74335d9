"""Servers for tests of the command line, behind a link."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from simplechat.cli.server_link import OnAnswer
from simplechat.hub.ids import EPOCH_S, TIME_SHIFT
from simplechat.owner_answers import Answer, ErrorNotice, Notice, Table

COLUMNS = ("id", "kind", "nick", "source", "account", "text", "status", "tags")


def text(template: str, **fields: Any) -> Answer:
    """Return an answer that is a sentence."""
    return Notice(template, fields)


def error(template: str, **fields: Any) -> Answer:
    """Return an answer that is an error."""
    return ErrorNotice(template, fields)


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Answer:
    """Return an answer that is a table."""
    return Table(list(columns), [list(row) for row in rows])


def log_row(
    number: int, kind: str = "PRIVMSG", nick: str = "ann", text: str = "hello", **more: str
) -> list[Any]:
    """Build a row of a log as the server returns it."""
    others = {"source": f"{nick}!ann@host", "account": "", "status": "", "tags": "", **more}
    known = {"id": number, "kind": kind, "nick": nick, "text": text, **others}
    return [known[name] for name in COLUMNS]


class FakeLink:
    """Answers lines with the given function, and records them."""

    def __init__(self, answers: Callable[[str], Iterable[Answer]]) -> None:
        self.requests: list[str] = []
        self._answers = answers

    async def request(self, line: str, on_answer: OnAnswer) -> None:
        """See `ServerLink.request`."""
        self.requests.append(line)
        for answer in self._answers(line):
            on_answer(answer)


class FakeServer(FakeLink):
    """Keeps a log for each channel, and takes what is put into it as the server does.

    Attributes:
        log: Rows of each channel, in order of their ids.
        put: The messages put into each channel, as (milliseconds since 1970, nick, text).
        max_rows: How many messages it takes before its disk is full.
    """

    def __init__(self, **log: list[list[Any]]) -> None:
        super().__init__(self._answer)
        self.log = {f"#{room}": rows for room, rows in log.items()}
        self.put: dict[str, list[tuple[int, str, str]]] = {}
        self.max_rows = 1 << 40

    def _answer(self, line: str) -> Iterable[Answer]:
        verb, _, rest = line.partition(" ")
        return {"rooms": self._rooms, "log": self._log, "put-log": self._put}[verb](rest)

    def _rooms(self, rest: str) -> Iterable[Answer]:
        yield table(["room", "members"], [[room, 0] for room in self.log])

    def _log(self, rest: str) -> Iterable[Answer]:
        room, after, count = rest.split()
        if room not in self.log:
            yield error("There is no channel {room}", room=room)
            return
        rows = [row for row in self.log[room] if row[0] > int(after)]
        yield table(COLUMNS, rows[: int(count)])

    def _put(self, rest: str) -> Iterable[Answer]:
        room, _, written = rest.partition(" ")
        known = self.put.setdefault(room, [])
        if len(known) >= self.max_rows:
            yield error("the disk is full")
            return
        rows = [(at, nick, said) for at, nick, said in json.loads(written)]
        before = set(known)
        new = [row for row in rows if row not in before]
        self.put[room] = sorted([*known, *new], key=lambda row: row[0])
        yield text("{stored} stored, {known} known", stored=len(new), known=len(rows) - len(new))

    def put_as_log(self) -> None:
        """Replace the logs by what was put."""
        for room, rows in self.put.items():
            self.log[room] = [
                log_row(int(at - EPOCH_S * 1000) << TIME_SHIFT, nick=nick, text=said)
                for at, nick, said in rows
            ]
