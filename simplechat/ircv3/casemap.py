"""Folding: which spellings of a nick or a channel's name are the same one.

The server announces CASEMAPPING=ascii; beyond ASCII it folds by Unicode too, so no two names that differ
only by case or width ever exist side by side.

Spec: https://modern.ircdocs.horse/#casemapping-parameter
Spec: https://www.unicode.org/reports/tr31/#normalization_and_case
"""

import unicodedata


def fold(name: str) -> str:
    """Give the form under which a name is looked up: NFKC case folding."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
