"""The door for the owner's programs: a socket in the data folder, which they alone can open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twisted.internet.interfaces import IAddress, IReactorTime

from simplechat.doors.line import LineDoor, LineFactory, Talk, anyone
from simplechat.doors.wire import Wire

NAME = "control"  # of who speaks here, in the audit log
MAX_LINE_BYTES = 1 << 20
SENDQ_BYTES = 16 << 20  # a page of the log, each of its characters escaped
LONGEST_PATH_BYTES = 100  # of a socket, as the systems have it


class ControlDoor(LineDoor):
    """One program of the owner's."""

    MAX_LENGTH = MAX_LINE_BYTES


class ControlFactory(LineFactory):
    """Makes a door for each program.

    Args:
        prompt: Begins a conversation with the owner over a wire, under a name.
        clock: For waiting.
    """

    def __init__(self, prompt: Callable[[Wire, str], Talk], clock: IReactorTime) -> None:
        super().__init__(lambda wire, host, port: prompt(wire, NAME), clock, SENDQ_BYTES, anyone)

    def finish(self) -> None:
        """Let every program hear what was answered to it, and go."""
        for door in tuple(self.doors):
            door.wire.close()

    def buildProtocol(self, addr: IAddress | None) -> ControlDoor:
        return ControlDoor(self)


def make_way(path: Path) -> bool:
    """Make the path free for the socket, whose last owner is gone; False where it is too long for one."""
    if len(os.fsencode(path)) > LONGEST_PATH_BYTES:
        return False
    path.unlink(missing_ok=True)
    return True
