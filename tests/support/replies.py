"""What actors heard, as messages or by command and numeric."""

from __future__ import annotations

from simplechat.ircv3.message import Message, parse
from tests.support.stage import Actor


def codes(actor: Actor) -> list[str]:
    """Give the verb or numeric of each line heard."""
    return [line.split(" ")[2 if line.startswith("@") else 1] for line in actor.hears()]


def heard(actor: Actor) -> list[Message]:
    """Give what was heard since it was last asked, read."""
    return [parse(line.encode()) for line in actor.hears()]
