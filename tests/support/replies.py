"""What actors heard, as messages or by command and numeric."""

from __future__ import annotations

from simplechat.ircv3.message import Message, parse
from tests.support.stage import Actor


def codes(actor: Actor) -> list[str]:
    """Return the command or numeric of each line received."""
    return [line.split(" ")[2 if line.startswith("@") else 1] for line in actor.hears()]


def heard(actor: Actor) -> list[Message]:
    """Parse the lines received since the last call."""
    return [parse(line.encode()) for line in actor.hears()]
