"""What is printed cannot drive a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.safe import printable

GONE = "\N{REPLACEMENT CHARACTER}"
TABLE = {
    "plain ñ 漢字 👩\u200d👩\u200d👧": "plain ñ 漢字 👩\u200d👩\u200d👧",
    "\x1b[31mred": "␛[31mred",
    "a\r\nb\0": "a␍␊b␀",
    "tab\there": "tab here",
    "bell\x07 back\x08": "bell␇ back␈",
    "\x7f": "␡",
    "\x9b31m\x85": f"{GONE}31m{GONE}",
    "\u202egnp.exe\u202c": f"{GONE}gnp.exe{GONE}",
    "\u2066a\u2069": f"{GONE}a{GONE}",
    "a\u2028b\u2029c": f"a{GONE}b{GONE}c",
    "\udc80": GONE,
}
DRIVING_CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class PrintableTests(SynchronousTestCase):
    def test_what_drives_a_terminal_becomes_visible(self) -> None:
        for text, expected in TABLE.items():
            self.assertEqual(printable(text), expected)

    def test_no_character_at_all_gets_through_that_could(self) -> None:
        through = printable("".join(map(chr, range(0x110000))))

        self.assertEqual(
            [char for char in through if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")], []
        )
        self.assertEqual([char for char in through if unicodedata.bidirectional(char) in DRIVING_CLASSES], [])

    @given(some.text())
    def test_what_is_printable_stays_as_it_is_and_takes_one_line(self, text: str) -> None:
        once = printable(text)

        self.assertEqual(printable(once), once)
        self.assertLessEqual(len(once.splitlines()), 1)
        self.assertEqual(len(once), len(text))
        once.encode()
