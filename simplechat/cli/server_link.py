"""A way to a server's ear: the socket of one that runs, or one opened in this process.

A line is asked, and answered by objects, each with a "kind": "table" (columns, rows), "text" or "error"
(text, fields), "ask" (the same, and what to say `again`), "progress" (done, all), and one "end".
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from simplechat.cli.cli_error import Trouble
from simplechat.locale import gettext as _
from simplechat.terminal.answer_text import Answer, sentence

MOST_LINE_BYTES = 1 << 20  # that a server takes, the line end included
MOST_ANSWER_BYTES = 64 << 20
CONNECT_S = 5.0

Heard = Callable[[Answer], None]
T = TypeVar("T")


class Link(Protocol):
    """Asks a server."""

    async def ask(self, line: str, heard: Heard) -> None:
        """Say one line; everything that is answered is heard, in order, before this returns.

        Raises:
            Trouble: The server is gone, or the line cannot be said.
        """
        ...


class SocketLink:
    """A link over a connection. It waits in place: nothing else goes on in the process meanwhile."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO) -> None:
        self._reading = reading
        self._writing = writing

    async def ask(self, line: str, heard: Heard) -> None:
        """See `Link.ask`."""
        self._say(line)
        answer = self._answer()
        while answer["kind"] != "end":
            heard(answer)
            answer = self._answer()

    def _say(self, line: str) -> None:
        said = line.encode("utf-8", "replace") + b"\n"
        is_text = said.decode() == line + "\n"  # a file's name may be none
        if b"\n" in said[:-1] or len(said) > MOST_LINE_BYTES or not is_text:
            raise Trouble(_("that is more than one line of text, or too long a one"))
        try:
            self._writing.write(said)
            self._writing.flush()
        except OSError as error:
            raise _gone() from error

    def _answer(self) -> Answer:
        try:
            said = self._reading.readline(MOST_ANSWER_BYTES)
        except OSError as error:
            raise _gone() from error
        if not said.endswith(b"\n"):
            raise _gone()
        return _read(said)


def _gone() -> Trouble:
    return Trouble(_("the server ended before it had answered; please look at its log"))


def _read(said: bytes) -> Answer:
    try:
        answer = json.loads(said)
        if isinstance(answer["kind"], str):
            return dict(answer)
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise Trouble(_("what answers there is no server of this version"))


def socket_link(data: Path) -> SocketLink | None:
    """Connect with the server that holds a data folder; None where none listens.

    Raises:
        Trouble: One listens, and does not let us in.
    """
    path = data / "control.sock"
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_S)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        if error.errno is None:  # the path is too long for a socket, so no server has one there
            return None
        why = error.strerror or str(error)
        raise Trouble(_("cannot reach the server through {path}: {why}").format(path=path, why=why)) from None
    connection.settimeout(None)
    return SocketLink(connection.makefile("rb"), connection.makefile("wb"))


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Give what a coroutine gives that never waits for others, such as one that uses a `SocketLink`."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("it waits for something that this process does not run")


async def replies(link: Link, line: str, progress: Callable[[int, int], None] | None = None) -> list[Answer]:
    """Ask, and give what was answered: tables and texts.

    Raises:
        Trouble: What was answered is an error.
    """
    heard: list[Answer] = []

    def hear(answer: Answer) -> None:
        if answer["kind"] != "progress":
            heard.append(answer)
        elif progress is not None:
            progress(answer["done"], answer["all"])

    await link.ask(line, hear)
    for answer in heard:
        if answer["kind"] in ("error", "ask"):
            raise Trouble(sentence(answer))
    return heard


async def rows(link: Link, line: str) -> list[dict[str, Any]]:
    """Ask for a table, and give its rows, each by the names of the columns.

    Raises:
        Trouble: What was answered is an error.
    """
    tables = [each for each in await replies(link, line) if each["kind"] == "table"]
    return [dict(zip(table["columns"], row, strict=False)) for table in tables for row in table["rows"]]
