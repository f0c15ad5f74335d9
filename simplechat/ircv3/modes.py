"""Mode strings such as `+o-v ben eve`: to single changes, and back.

Spec: https://modern.ircdocs.horse/#mode-message
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LIST_MODES = "Ibe"  # type A: a list of masks
PARAM_MODES = "k"  # type B: a parameter when set and when unset
SET_PARAM_MODES = "l"  # type C: a parameter only when set
FLAG_MODES = "CMRimnst"  # type D: no parameter
STATUS_PREFIXES = {"o": "@", "v": "+"}  # the prefix of each membership mode, highest first
CHANNEL_MODES = LIST_MODES + PARAM_MODES + SET_PARAM_MODES + FLAG_MODES + "".join(STATUS_PREFIXES)
USER_MODES = "BRiow"

MAX_MODE_CHANGES = 20  # per MODE command; the rest is ignored
MAX_PARAMS_BYTES = 220  # of the changes in one line, beside the longest source and channel name


class ModeChange(NamedTuple):
    """One mode change.

    Attributes:
        is_set: True for +, False for -.
        letter: The mode's letter.
        param: Its parameter; None for none.
    """

    is_set: bool
    letter: str
    param: str | None = None


def parse_modes(words: Sequence[str]) -> list[ModeChange]:
    """Parse the parameters of a channel's MODE; each letter takes its parameter from the rest."""
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
    """Split changes into lists that each fit one line."""
    line: list[ModeChange] = []
    space = MAX_PARAMS_BYTES
    for change in changes:
        space -= len((change.param or "").encode()) + len("+b ")
        if line and space < 0:
            yield line
            line, space = [], MAX_PARAMS_BYTES - len((change.param or "").encode())
        line.append(change)
    if line:
        yield line


def encode_modes(changes: Iterable[ModeChange]) -> list[str]:
    """Encode changes as the parameters of a MODE."""
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
