"""SASLprep: the normal form of a password, in which the same characters are always the same bytes.

Characters newer than Unicode 3.2, such as most emoji, are left unchanged.

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
    """A password that is empty or contains a prohibited character; the message says which."""


def prepare_password(text: str) -> str:
    """Return a password in the normal form that is compared and hashed.

    Raises:
        BadPassword: Nothing is left of it, or it holds what it must not.
    """
    if text.isascii():
        prepared = text
        is_allowed = text.isprintable()
    else:
        mapped = "".join(
            " " if stringprep.in_table_c12(char) else char
            for char in text
            if not stringprep.in_table_b1(char)
        )
        prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
        is_allowed = not any(is_bad(char) for is_bad in _PROHIBITED for char in prepared)
    if not prepared:
        raise BadPassword("it is empty")
    if not is_allowed or not _has_one_direction(prepared):
        raise BadPassword("it contains a character that cannot be typed everywhere")
    return prepared


def _has_one_direction(text: str) -> bool:
    """Tell whether a text obeys the rule for right-to-left letters (RFC 3454, 6)."""
    if not any(map(stringprep.in_table_d1, text)):
        return True
    is_pure = not any(map(stringprep.in_table_d2, text))
    return is_pure and stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
