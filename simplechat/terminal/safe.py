"""Text from elsewhere, made fit for a terminal.

Spec: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
"""

from __future__ import annotations

import re

_DRIVING = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: C0, DEL, C1
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u206f"  # embeddings, overrides, isolates, and what Unicode took back
    "\ud800-\udfff"  # half characters, which cannot be written at all
    "]"
)
_PICTURES = 0x2400  # where Unicode keeps a picture of each C0 control


def printable(text: str) -> str:
    """Give a text that stays on its line and in its order: what would drive a terminal becomes visible."""
    return _DRIVING.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    char = found[0]
    if char == "\t":
        return " "
    if char == "\x7f":
        return "\N{SYMBOL FOR DELETE}"
    return chr(_PICTURES + ord(char)) if char < " " else "\N{REPLACEMENT CHARACTER}"
