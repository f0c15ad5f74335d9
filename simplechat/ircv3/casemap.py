"""Folding: which spellings of a nick or a channel's name are the same one.

The server announces CASEMAPPING=ascii; beyond ASCII it folds by Unicode too, so no two names that differ
only by case or width ever exist side by side.

Spec: https://modern.ircdocs.horse/#casemapping-parameter
Spec: https://www.unicode.org/reports/tr31/#normalization_and_case
"""

import unicodedata
from functools import lru_cache


def fold(name: str) -> str:
    """Give the form under which a name is looked up: NFKC case folding."""
    return name.lower() if name.isascii() else _fold_unicode(name)


@lru_cache(4096)
def _fold_unicode(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
