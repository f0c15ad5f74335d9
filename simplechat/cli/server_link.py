"""How the command line reaches a server: over the socket of a running one, or one opened in this process.

A line is sent, and answered by any number of values (see `owner_answers`) and one `EndOfAnswer`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from simplechat.cli.cli_error import CliError
from simplechat.locale import gettext as _
from simplechat.owner_answers import (
    Answer,
    EndOfAnswer,
    ErrorNotice,
    Progress,
    Question,
    Table,
    decode_answer,
)
from simplechat.terminal.answer_text import answer_sentence

MAX_LINE_BYTES = 1 << 20  # that a server takes, the line end included
MAX_ANSWER_BYTES = 64 << 20
CONNECT_TIMEOUT_S = 5.0

OnAnswer = Callable[[Answer], None]
T = TypeVar("T")


class ServerLink(Protocol):
    """A connection on which the owner's commands are run."""

    async def request(self, line: str, on_answer: OnAnswer) -> None:
        """Run one line and pass each answer on, in order; return after the last one.

        Raises:
            CliError: The server is gone, or the line cannot be sent.
        """
        ...


class SocketLink:
    """A link over a socket. It blocks: nothing else goes on in the process meanwhile."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO) -> None:
        self._reading = reading
        self._writing = writing

    async def request(self, line: str, on_answer: OnAnswer) -> None:
        """See `ServerLink.request`."""
        self._send(line)
        while not isinstance(answer := self._read_answer(), EndOfAnswer):
            on_answer(answer)

    def _send(self, line: str) -> None:
        sent = line.encode("utf-8", "replace") + b"\n"
        is_text = sent.decode() == line + "\n"  # a file name may hold bytes that are not
        if b"\n" in sent[:-1] or len(sent) > MAX_LINE_BYTES or not is_text:
            raise CliError(_("that is more than one line of text, or too long a one"))
        try:
            self._writing.write(sent)
            self._writing.flush()
        except OSError as error:
            raise _server_gone() from error

    def _read_answer(self) -> Answer:
        try:
            line = self._reading.readline(MAX_ANSWER_BYTES)
        except OSError as error:
            raise _server_gone() from error
        if not line.endswith(b"\n"):
            raise _server_gone()
        try:
            return decode_answer(line)
        except ValueError:
            raise CliError(_("the server there is of another version")) from None


def _server_gone() -> CliError:
    return CliError(_("the server ended before it had answered; please look at its log"))


def connect_to_server(data: Path) -> SocketLink | None:
    """Connect to the server that holds a data folder; return None where none listens.

    Raises:
        CliError: One listens, and does not let us in.
    """
    path = data / "control.sock"
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_TIMEOUT_S)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        if error.errno is None:  # the path is too long for a socket, so no server has one there
            return None
        text = _("cannot reach the server through {path}: {why}")
        raise CliError(text.format(path=path, why=error.strerror or str(error))) from None
    connection.settimeout(None)
    return SocketLink(connection.makefile("rb"), connection.makefile("wb"))


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never suspends, such as one that uses a `SocketLink`."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("it waits for something that this process does not run")


async def request_answers(
    link: ServerLink, line: str, on_progress: Callable[[int, int], None] | None = None
) -> list[Answer]:
    """Run a line and return its answers, without those that tell of progress.

    Raises:
        CliError: The answer is an error, or a question.
    """
    answers: list[Answer] = []

    def receive(answer: Answer) -> None:
        if not isinstance(answer, Progress):
            answers.append(answer)
        elif on_progress is not None:
            on_progress(answer.done, answer.all)

    await link.request(line, receive)
    for answer in answers:
        if isinstance(answer, ErrorNotice | Question):
            raise CliError(answer_sentence(answer))
    return answers


async def request_rows(link: ServerLink, line: str) -> list[dict[str, Any]]:
    """Run a line that is answered by a table; return its rows, each by the names of the columns.

    Raises:
        CliError: The answer is an error, or a question.
    """
    tables = [answer for answer in await request_answers(link, line) if isinstance(answer, Table)]
    return [dict(zip(table.columns, row, strict=False)) for table in tables for row in table.rows]
