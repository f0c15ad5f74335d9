"""Makes text from others safe for a terminal: nothing in it can drive the terminal.

Spec: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
Spec: https://www.unicode.org/reports/tr51/#flag-emoji-tag-sequences
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 6  # combining characters in a row: as many as any script or flag needs

_CONTROLS = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: C0, DEL, C1
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u206f"  # embeddings, overrides, isolates, and what Unicode took back
    "\u3164\uffa0\ufff9-\ufffb"  # letters that show nothing, and marks of notes between lines
    "\ud800-\udfff"  # half characters, which cannot be written at all
    "]"
)
_CONTROL_PICTURES = 0x2400  # where Unicode keeps a picture of each C0 control
_HIDING = re.compile(
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,5}\U000e007f"  # the flag of a part of a country
    "|[\u2065\ufeff\ufff0-\ufff8\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"  # they only hide things
)
_MAY_BE_STACK = re.compile(f"[^\x00-\xac]{{{MAX_MARKS + 1},}}")
_HANGUL_FINALS = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # drawn over the letter before


def printable(text: str) -> str:
    """Return a text that stays on its line, in its order and in its cells.

    Control characters are replaced by visible ones; characters that only hide others, and stacks of
    combining marks, are left out.
    """
    text = visible(text)
    if text.isascii():
        return text
    return _MAY_BE_STACK.sub(_limit_marks, _HIDING.sub(_flag_only, text))


def visible(text: str) -> str:
    """Return a text of the same length, its control characters replaced by visible ones."""
    return _CONTROLS.sub(_control_picture, text)


def is_mark(char: str) -> bool:
    """Tell whether a character has no width of its own: an accent, a joiner, a selector."""
    return unicodedata.category(char) in ("Mn", "Me", "Cf") or _HANGUL_FINALS.match(char) is not None


def _control_picture(found: re.Match[str]) -> str:
    char = found[0]
    if char == "\t":
        return " "
    if char == "\x7f":
        return "\N{SYMBOL FOR DELETE}"
    return chr(_CONTROL_PICTURES + ord(char)) if char < " " else "\N{REPLACEMENT CHARACTER}"


def _flag_only(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else ""


def _limit_marks(found: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in found[0]:
        marks = marks + 1 if is_mark(char) else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
