"""Masks: what they match, and that no mask is slow."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.masks import _compiled, complete_mask, mask_matches

masks = st.text("ab*?[.(", max_size=12)
texts = st.text("ab[.(", max_size=16)


def reference(mask: str, text: str) -> bool:
    """Match as fnmatch does, without its brackets."""
    return fnmatchcase(text, mask.replace("[", "[[]"))


class MaskTests(SynchronousTestCase):
    @given(masks, texts)
    def test_a_mask_matches_as_fnmatch_does(self, mask: str, text: str) -> None:
        self.assertEqual(mask_matches(mask, text), reference(mask, text))

    @given(texts, st.data())
    def test_a_text_matches_itself_with_wildcards_in_it(self, text: str, data: st.DataObject) -> None:
        mask = "".join(data.draw(st.sampled_from([char, "?", "*", f"*{char}*"])) for char in text)

        self.assertTrue(mask_matches(mask, text))

    def test_case_is_ignored_in_any_script(self) -> None:
        for mask, text in (("ANN*", "annE"), ("*ÉÈ", "xéè"), ("ПЁТР!*", "пётр!x@y"), ("straße", "STRASSE")):
            self.assertTrue(mask_matches(mask, text), mask)

    def test_a_line_end_is_an_ordinary_character(self) -> None:
        self.assertTrue(mask_matches("a?b", "a\nb"))
        self.assertFalse(mask_matches("a", "a\n"))

    def test_no_star_backtracks(self) -> None:
        pattern = _compiled("*a" * 200).pattern

        loose = re.sub(r"\(\?>\.\*\?[^()]*\)", "", pattern)  # atomic groups never backtrack
        self.assertLessEqual(loose.count("*"), 1)
        self.assertLessEqual(loose.count("?"), 0)

    def test_hostile_masks_take_no_time(self) -> None:
        text = "a" * 5000
        for mask in ("*a" * 200 + "b", "*a*" * 66 + "b", "a?" * 99 + "*b", "*?" * 100 + "b", "*" * 200 + "b"):
            self.assertFalse(mask_matches(mask, text))


class CompleteMaskTests(SynchronousTestCase):
    def test_missing_parts_match_anything(self) -> None:
        for written, whole in (
            ("", "*!*@*"),
            ("ann", "ann!*@*"),
            ("ann!", "ann!*@*"),
            ("@host", "*!*@host"),
            ("u@", "*!u@*"),
            ("u@h", "*!u@h"),
            ("ann!u", "ann!u@*"),
            ("ann!u@h", "ann!u@h"),
            ("!@", "*!*@*"),
            ("a!b!c@d@e", "a!b!c@d@e"),
        ):
            self.assertEqual(complete_mask(written), whole)

    @given(st.text("a!@*", max_size=10))
    def test_a_complete_mask_is_unchanged(self, text: str) -> None:
        whole = complete_mask(text)

        self.assertEqual(complete_mask(whole), whole)
