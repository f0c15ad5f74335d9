"""Case folding of names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.casemap import fold


class FoldTests(SynchronousTestCase):
    def test_names_that_differ_in_case_or_width_fold_alike(self) -> None:
        for one, other in (
            ("Ann", "aNN"),
            ("Straße", "STRASSE"),
            ("\uff21nn", "ann"),
            ("É", "e\u0301"),
            ("ǅ", "ǆ"),
        ):
            self.assertEqual(fold(one), fold(other))

    def test_different_names_fold_differently(self) -> None:
        for one, other in (("ann", "anne"), ("[a]", "{a}"), ("a", "à")):
            self.assertNotEqual(fold(one), fold(other))

    @given(st.text(max_size=20))
    def test_folding_twice_is_folding_once(self, text: str) -> None:
        self.assertEqual(fold(fold(text)), fold(text))
