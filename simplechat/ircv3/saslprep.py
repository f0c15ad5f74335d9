"""Preparing a password, so that what looks the same is the same bytes whoever typed it.

Letters that came after Unicode 3.2, such as most of what people draw with, stay as they are.

Spec: https://datatracker.ietf.org/doc/html/rfc4013
Spec: https://datatracker.ietf.org/doc/html/rfc3454
"""

from __future__ import annotations

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


class BadPassword(ValueError):
    """A text that cannot be prepared: the words say why."""


def prepare_password(text: str) -> str:
    """Give a text in the one form that is compared and hashed.

    Raises:
        Unfit: Nothing is left of it, or it holds what it must not.
    """
    if text.isascii():
        prepared = text
        is_fit = text.isprintable()
    else:
        mapped = "".join(
            " " if stringprep.in_table_c12(char) else char
            for char in text
            if not stringprep.in_table_b1(char)
        )
        prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
        is_fit = not any(is_bad(char) for is_bad in _PROHIBITED for char in prepared)
    if not prepared:
        raise BadPassword("it is empty")
    if not is_fit or not _has_one_direction(prepared):
        raise BadPassword("it holds a character that cannot be typed everywhere")
    return prepared


def _has_one_direction(text: str) -> bool:
    """Tell whether a text with letters of right-to-left scripts holds no others, and begins and ends so."""
    if not any(map(stringprep.in_table_d1, text)):
        return True
    is_pure = not any(map(stringprep.in_table_d2, text))
    return is_pure and stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
