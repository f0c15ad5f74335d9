"""Mode strings: `+o-v ben eve` to single changes, and back.

Spec: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LISTS = "Ibe"  # type A: a list of masks
ALWAYS = "k"  # type B: always with a parameter
WHEN_SET = "l"  # type C: with a parameter when set
FLAGS = "CMRimnst"  # type D: never with a parameter
STATUSES = {"o": "@", "v": "+"}  # what members can have, highest first, with its prefix
CHANNEL_MODES = LISTS + ALWAYS + WHEN_SET + FLAGS + "".join(STATUSES)
USER_MODES = "BRiow"

MOST_CHANGES = 20  # looked at in one MODE
PARAMS_BYTES = 220  # of changes that are said in one line, beside the longest source and channel


class Change(NamedTuple):
    """One change.

    Attributes:
        is_set: True for +, False for -.
        letter: The mode.
        param: Its parameter; None where there is none.
    """

    is_set: bool
    letter: str
    param: str | None = None


def parse_modes(words: Sequence[str]) -> list[Change]:
    """Read the parameters of a MODE for a channel; each letter takes its parameter from the words behind."""
    changes: list[Change] = []
    is_set = True
    params = iter(words[1:])
    for letter in words[0] if words else "":
        if letter in "+-":
            is_set = letter == "+"
        else:
            changes.append(
                Change(is_set, letter, next(params, None) if _takes_param(is_set, letter) else None)
            )
    return changes[:MOST_CHANGES]


def _takes_param(is_set: bool, letter: str) -> bool:
    return letter in LISTS or letter in ALWAYS or letter in STATUSES or (is_set and letter in WHEN_SET)


def in_lines(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Divide changes into as many lists as they need lines to be said."""
    line: list[Change] = []
    room = PARAMS_BYTES
    for change in changes:
        room -= len((change.param or "").encode()) + len("+b ")
        if line and room < 0:
            yield line
            line, room = [], PARAMS_BYTES - len((change.param or "").encode())
        line.append(change)
    if line:
        yield line


def encode_modes(changes: Iterable[Change]) -> list[str]:
    """Write changes as the parameters of a MODE."""
    letters: list[str] = []
    params: list[str] = []
    sign: bool | None = None
    for change in changes:
        if change.is_set is not sign:
            sign = change.is_set
            letters.append("+" if sign else "-")
        letters.append(change.letter)
        if change.param is not None:
            params.append(change.param)
    return ["".join(letters), *params]
