"""Masks: nick!user@host patterns with * and ?, matched in time that no pattern can blow up.

Spec: https://modern.ircdocs.horse/#wildcard-expressions
"""

from __future__ import annotations

import re
from functools import lru_cache

from simplechat.ircv3.casemap import fold

MAX_MASK_BYTES = 100  # of a mask


def complete_mask(text: str) -> str:
    """Complete what somebody wrote as a mask: `ann`, `*@host`, `user@host`, `ann!user@host`."""
    nick, bang, rest = text.partition("!")
    if not bang:
        nick, rest = ("*", text) if "@" in text else (text, "*@*")
    user, at, host = rest.partition("@")
    return f"{nick or '*'}!{user or '*'}@{host if at and host else '*'}"


def truncate_mask(mask: str) -> str:
    """Cut what somebody asks for to the length of a mask; nothing that fits is longer than that."""
    return mask.encode()[:MAX_MASK_BYTES].decode("utf-8", "ignore")


def mask_matches(mask: str, text: str) -> bool:
    """Tell whether a text, such as a source, fits a mask; case does not matter."""
    return _compiled(mask).fullmatch(fold(text)) is not None


@lru_cache(1024)
def _compiled(mask: str) -> re.Pattern[str]:
    """Turn a mask into an expression whose stars never look back: each piece is taken where it first fits."""
    pieces = re.split(r"\*+", fold(mask))
    first, *rest = ("".join("." if char == "?" else re.escape(char) for char in piece) for piece in pieces)
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}", re.DOTALL)
