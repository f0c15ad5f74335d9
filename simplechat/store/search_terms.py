"""Words: what of a text is found, whatever its case and its accents.

Spec: https://www.sqlite.org/fts5.html#unicode61_tokenizer
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Give the words of a text, folded, in their order."""
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(plain).casefold()


def has_all(text: str, terms: list[list[str]]) -> bool:
    """Tell whether a text has the words of each term one behind the other."""
    folded = _folded(text)
    if not all(word in folded for term in terms for word in term):  # so for most texts, and quickly told
        return False
    words = _WORD.findall(folded)
    return all(
        any(words[place : place + len(term)] == term for place in range(len(words) - len(term) + 1))
        for term in terms
    )


def terms_of(text: str) -> list[list[str]]:
    """Give the terms that are looked for: what stands between spaces, each as its words."""
    return [words for term in text.split() if (words := words_of(term))]
