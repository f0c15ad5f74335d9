"""The control socket: a Unix socket in the data folder, for commands in a shell such as `backup`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from simplechat.doors.net.connections import Connection, Connections
from simplechat.doors.net.irc import IrcFactory, IrcProtocol
from simplechat.doors.net.writer import SocketWriter
from simplechat.owner_answers import Answer, encode_answer

NAME = "control"  # in the audit log
MAX_LINE_BYTES = 1 << 20
SENDQ_BYTES = 16 << 20  # a page of the log, each of its characters escaped
MAX_PATH_BYTES = 100  # of a socket's path, as operating systems limit it


class ControlWriter:
    """The writer of one program's conversation: each answer is a line of JSON."""

    def __init__(self, writer: SocketWriter) -> None:
        self._writer = writer
        self.send = writer.send
        self.close = writer.close
        self.abort = writer.abort
        self.pause = writer.pause
        self.resume = writer.resume

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Write answers."""
        self._writer.send([encode_answer(answer) for answer in answers])


class ControlProtocol(IrcProtocol):
    """The connection of one program."""

    MAX_LENGTH = MAX_LINE_BYTES

    def __init__(self, factory: ControlFactory) -> None:
        super().__init__(factory.connections)
        self._open = factory.open

    def connectionMade(self) -> None:
        self._open.add(self)
        super().connectionMade()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._open.discard(self)
        super().connectionLost(reason)


class ControlFactory(IrcFactory):
    """Builds the protocol of each program.

    Args:
        start: Starts a conversation with the owner, for a writer and a name.
        clock: The clock.
    """

    def __init__(self, start: Callable[[ControlWriter, str], Connection], clock: IReactorTime) -> None:
        super().__init__(
            Connections(lambda writer, peer: start(ControlWriter(writer), NAME), clock, SENDQ_BYTES)
        )
        self.open: set[ControlProtocol] = set()

    def finish(self) -> None:
        """Close all connections behind what was answered."""
        for protocol in tuple(self.open):
            protocol.writer.close()

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol:
        return ControlProtocol(self)


def prepare_socket_path(path: Path) -> bool:
    """Remove a socket that an earlier server left; return False where the path is too long for a socket."""
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        return False
    path.unlink(missing_ok=True)
    return True
