"""The words of a text and of a search, compared without regard to case and accents.

Spec: https://www.sqlite.org/fts5.html#unicode61_tokenizer
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def split_words(text: str) -> list[str]:
    """Return the words of a text in their order, in lower case and without accents."""
    return _WORD.findall(_without_accents(text))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(plain).casefold()


def parse_terms(text: str) -> list[list[str]]:
    """Split the text of a search at its spaces into terms, each a list of words."""
    return [words for term in text.split() if (words := split_words(term))]


def contains_terms(text: str, terms: list[list[str]]) -> bool:
    """Tell whether a text contains each of the terms: the words of a term one directly after the other."""
    plain = _without_accents(text)
    if not all(word in plain for term in terms for word in term):  # a quick no, true of most texts
        return False
    words = _WORD.findall(plain)
    return all(
        any(words[place : place + len(term)] == term for place in range(len(words) - len(term) + 1))
        for term in terms
    )
