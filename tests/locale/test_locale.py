"""The language of texts for people."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.locale import gettext, is_yes, preferred_language, use_language


class LanguageTests(SynchronousTestCase):
    def test_the_environment_is_read_as_gettext_reads_it(self) -> None:
        for environment, language in (
            ({}, "en"),
            ({"LANG": "es_ES.UTF-8"}, "es"),
            ({"LANG": "es_ES.UTF-8", "LC_ALL": "C"}, "en"),
            ({"LANG": "C", "LANGUAGE": "de:es"}, "es"),
            ({"LC_MESSAGES": "fr_FR"}, "en"),
        ):
            self.assertEqual(preferred_language(environment), language, environment)

    def test_a_yes_is_one_in_english_or_in_the_language_in_use(self) -> None:
        use_language("es")
        self.addCleanup(use_language, "en")

        for answer in ("y", "YES", "s", "Sí", "si", " si\u0301 "):
            self.assertTrue(is_yes(answer), answer)
        for answer in ("", "n", "no", "sin", "ye"):
            self.assertFalse(is_yes(answer), answer)

    def test_another_language_has_no_yes_of_its_own_in_english(self) -> None:
        self.assertFalse(is_yes("sí"))

    def test_nothing_is_not_looked_up(self) -> None:
        self.assertEqual(gettext(""), "")
