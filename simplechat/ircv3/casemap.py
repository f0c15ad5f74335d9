"""Case folding of nicks and channel names, and skeletons of names that look alike.

The server announces CASEMAPPING=ascii. Beyond ASCII it folds by Unicode rules, so two names that differ
only by case or width never exist side by side.

Spec: https://modern.ircdocs.horse/#casemapping-parameter
Spec: https://www.unicode.org/reports/tr31/#normalization_and_case
Spec: https://www.unicode.org/reports/tr39/#Confusable_Detection
"""

import unicodedata
from functools import lru_cache

# Folded letters that look like a Latin letter in upper or lower case: Cyrillic, Greek, Armenian, Latin.
_LOOK_ALIKES = {
    "\u0430\u0432\u0433\u0435\u0456\u0457\u043a\u043c\u043d\u043e\u0440\u0441": "abreiikmhopc",
    "\u0442\u0443\u0445\u0455\u0458\u0501\u04bb\u04cf\u051b\u051d\u0475\u044c": "tyxsjdhlqwvb",
    "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7": "abezhikmvoptyx",
    "\u0585\u057d\u0570\u0578\u0566\u0581": "ouhnqg",
    "\u0131\u0261\u0251": "iga",
}
_LATIN = {
    ord(other): latin
    for others, latins in _LOOK_ALIKES.items()
    for other, latin in zip(others, latins, strict=True)
}


def fold(name: str) -> str:
    """Return the key under which a name is looked up: NFKC case folding."""
    return name.lower() if name.isascii() else _fold_unicode(name)


@lru_cache(4096)
def _fold_unicode(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def skeleton(name: str) -> str:
    """Return a key that names share if they look alike, whatever script they use."""
    return fold(name).translate(_LATIN)
