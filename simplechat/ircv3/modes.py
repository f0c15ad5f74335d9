"""Mode strings: `+o-v ben eve` to single changes, and back.

Spec: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LIST_MODES = "Ibe"  # type A: a list of masks
PARAM_MODES = "k"  # type B: always with a parameter
SET_PARAM_MODES = "l"  # type C: with a parameter when set
FLAG_MODES = "CMRimnst"  # type D: never with a parameter
STATUS_PREFIXES = {"o": "@", "v": "+"}  # what members can have, highest first, with its prefix
CHANNEL_MODES = LIST_MODES + PARAM_MODES + SET_PARAM_MODES + FLAG_MODES + "".join(STATUS_PREFIXES)
USER_MODES = "BRiow"

MAX_MODE_CHANGES = 20  # looked at in one MODE
MAX_PARAMS_BYTES = 220  # of changes that are said in one line, beside the longest source and channel


class ModeChange(NamedTuple):
    """One change.

    Attributes:
        is_set: True for +, False for -.
        letter: The mode.
        param: Its parameter; None where there is none.
    """

    is_set: bool
    letter: str
    param: str | None = None


def parse_modes(words: Sequence[str]) -> list[ModeChange]:
    """Read the parameters of a MODE for a channel; each letter takes its parameter from the words behind."""
    changes: list[ModeChange] = []
    is_set = True
    params = iter(words[1:])
    for letter in words[0] if words else "":
        if letter in "+-":
            is_set = letter == "+"
        else:
            changes.append(
                ModeChange(is_set, letter, next(params, None) if _takes_param(is_set, letter) else None)
            )
    return changes[:MAX_MODE_CHANGES]


def _takes_param(is_set: bool, letter: str) -> bool:
    return (
        letter in LIST_MODES
        or letter in PARAM_MODES
        or letter in STATUS_PREFIXES
        or (is_set and letter in SET_PARAM_MODES)
    )


def split_changes(changes: Sequence[ModeChange]) -> Iterator[list[ModeChange]]:
    """Divide changes into as many lists as they need lines to be said."""
    line: list[ModeChange] = []
    room = MAX_PARAMS_BYTES
    for change in changes:
        room -= len((change.param or "").encode()) + len("+b ")
        if line and room < 0:
            yield line
            line, room = [], MAX_PARAMS_BYTES - len((change.param or "").encode())
        line.append(change)
    if line:
        yield line


def encode_modes(changes: Iterable[ModeChange]) -> list[str]:
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
