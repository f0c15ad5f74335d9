"""Text from elsewhere, made fit for a terminal.

Spec: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
Spec: https://www.unicode.org/reports/tr51/#flag-emoji-tag-sequences
"""

from __future__ import annotations

import re
import unicodedata

MOST_MARKS = 6  # in a row, of those that take no place of their own: as many as any script or flag needs

_DRIVING = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: C0, DEL, C1
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u206f"  # embeddings, overrides, isolates, and what Unicode took back
    "\u3164\uffa0\ufff9-\ufffb"  # letters that show nothing, and marks of notes between lines
    "\ud800-\udfff"  # half characters, which cannot be written at all
    "]"
)
_PICTURES = 0x2400  # where Unicode keeps a picture of each C0 control
_TAGS = re.compile(
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,5}\U000e007f"  # the flag of a part of a country
    "|[\u2065\ufeff\ufff0-\ufff8\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"  # they only hide things
)
_MAY_BE_FLOOD = re.compile(f"[^\x00-\xac]{{{MOST_MARKS + 1},}}")
_HANGUL_ENDS = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # drawn over the letter before


def printable(text: str) -> str:
    """Give a text that stays on its line, in its order and within its place.

    What would drive a terminal becomes visible; what only hides something, or heaps marks upon marks, is
    left out.
    """
    text = visible(text)
    if text.isascii():
        return text
    return _MAY_BE_FLOOD.sub(_without_flood, _TAGS.sub(_flag_only, text))


def visible(text: str) -> str:
    """Give a text of the same length in which nothing drives a terminal."""
    return _DRIVING.sub(_picture, text)


def is_mark(char: str) -> bool:
    """Tell whether a character takes no place of its own: an accent, a joiner, a selector."""
    return unicodedata.category(char) in ("Mn", "Me", "Cf") or _HANGUL_ENDS.match(char) is not None


def _picture(found: re.Match[str]) -> str:
    char = found[0]
    if char == "\t":
        return " "
    if char == "\x7f":
        return "\N{SYMBOL FOR DELETE}"
    return chr(_PICTURES + ord(char)) if char < " " else "\N{REPLACEMENT CHARACTER}"


def _flag_only(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else ""


def _without_flood(found: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in found[0]:
        marks = marks + 1 if is_mark(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
