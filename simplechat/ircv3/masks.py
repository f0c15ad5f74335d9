"""Masks: nick!user@host patterns with * and ?, matched without backtracking.

Spec: https://modern.ircdocs.horse/#wildcard-expressions
"""

from __future__ import annotations

import re
from functools import lru_cache

from simplechat.ircv3.casemap import fold

MAX_MASK_BYTES = 100  # per mask
ACCOUNT_PREFIX = "a:"  # before an account's name, or a mask of names, in place of a mask of sources


def complete_mask(text: str) -> str:
    """Complete a partial mask: `ann`, `*@host`, `user@host` or `ann!user@host`."""
    nick, bang, rest = text.partition("!")
    if not bang:
        nick, rest = ("*", text) if "@" in text else (text, "*@*")
    user, at, host = rest.partition("@")
    return f"{nick or '*'}!{user or '*'}@{host if at and host else '*'}"


def truncate_mask(mask: str) -> str:
    """Cut a mask to its maximum length; no text that can match is longer."""
    return mask.encode()[:MAX_MASK_BYTES].decode("utf-8", "ignore")


def mask_matches(mask: str, text: str) -> bool:
    """Tell whether a text, such as a source, matches a mask, ignoring case."""
    return _compiled(mask).fullmatch(fold(text)) is not None


@lru_cache(1024)
def _compiled(mask: str) -> re.Pattern[str]:
    """Compile a mask to an expression that never backtracks: each literal matches where it first can."""
    pieces = re.split(r"\*+", fold(mask))
    first, *rest = ("".join("." if char == "?" else re.escape(char) for char in piece) for piece in pieces)
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}", re.DOTALL)
