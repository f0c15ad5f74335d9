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

    def test_a_yes_is_accepted_in_english_and_in_the_current_language(self) -> None:
        use_language("es")
        self.addCleanup(use_language, "en")

        for answer in ("y", "YES", "s", "Sí", "si", " si\u0301 "):
            self.assertTrue(is_yes(answer), answer)
        for answer in ("", "n", "no", "sin", "ye"):
            self.assertFalse(is_yes(answer), answer)

    def test_a_yes_of_another_language_is_not_accepted(self) -> None:
        self.assertFalse(is_yes("sí"))

    def test_the_empty_text_stays_empty(self) -> None:
        self.assertEqual(gettext(""), "")
