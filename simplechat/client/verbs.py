"""What is typed: something to say, or a verb."""

from __future__ import annotations

from typing import NamedTuple

SAY = "say"

HELP = (
    "What you type is said in your room. A line that begins with // is said with one slash.",
    "/msg NICK TEXT  say something to one person",
    "/join #ROOM     come into a room; what you type is then said there",
    "/part [#ROOM]   leave your room",
    "/nick NICK      take another nick",
    "/quit [REASON]  leave",
    "/help           show this",
)


class Typed(NamedTuple):
    """One line as it is meant.

    Attributes:
        verb: SAY, or a word with its slash, in small letters.
        rest: What follows the verb, or what is to be said.
    """

    verb: str
    rest: str


def read(line: str) -> Typed:
    """Tell what a line means."""
    if line.startswith("//"):
        return Typed(SAY, line[1:])
    if not line.startswith("/"):
        return Typed(SAY, line)
    verb, _, rest = line.partition(" ")
    return Typed(verb.lower(), rest.strip())


def room_name(word: str) -> str:
    """Give a room's name with its #, which shells take for a comment and people leave out."""
    return word if word.startswith("#") or not word else f"#{word}"
