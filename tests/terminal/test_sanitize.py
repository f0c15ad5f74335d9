"""What is printed cannot drive a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.sanitize import MAX_MARKS, is_mark, printable, visible

GONE = "\N{REPLACEMENT CHARACTER}"
SCOTLAND = "\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
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
    "\u3164": GONE,
    "a\ufeffb\U000e0041c\U000e0001": "abc",
    f"\U0001f3f4{SCOTLAND}!": f"\U0001f3f4{SCOTLAND}!",
    f"x{SCOTLAND}\U0001f3f4\U000e0067": "x\U0001f3f4",
    "e" + 99 * "\u0301" + "x": "e" + MAX_MARKS * "\u0301" + "x",
    99 * "\u200b\u200d": 3 * "\u200b\u200d",
    "각" + 99 * "\u11a8": "각" + MAX_MARKS * "\u11a8",
}
INTACT = (
    "e\u0302\u0301 Việt",
    "👩\u200d❤\ufe0f\u200d💋\u200d👨 👨🏽\u200d👩🏾\u200d👧 🇪🇸 1\ufe0f\u20e3",
    "בְּרֵאשִׁ֖ית",
    "السَّلَامُ عَلَيْكُمْ",
    "क्षत्रिय ก็ที่ བསྒྲུབས",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
)
DRIVING_CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class PrintableTests(SynchronousTestCase):
    def test_what_drives_a_terminal_becomes_visible(self) -> None:
        for text, expected in TABLE.items():
            self.assertEqual(printable(text), expected)

    def test_what_scripts_and_emoji_need_stays(self) -> None:
        for text in INTACT:
            self.assertEqual(printable(text), text)

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
        self.assertLessEqual(len(once), len(text))
        once.encode()

    @given(some.text(some.sampled_from("a\u0301\u200d\u0e31\u11a8\U0001f3f4\U000e0067\U000e007f\ufe0f\x1b")))
    def test_marks_never_heap_up(self, text: str) -> None:
        once = printable(text)

        runs = "".join("m" if is_mark(char) else " " for char in once).split()
        self.assertLessEqual(max(map(len, runs), default=0), MAX_MARKS)
        self.assertEqual(printable(once), once)

    @given(some.text())
    def test_what_is_only_made_visible_keeps_its_length(self, text: str) -> None:
        self.assertEqual(len(visible(text)), len(text))
