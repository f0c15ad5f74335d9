"""The language of what people read."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.locale import gettext, language_of


class LanguageTests(SynchronousTestCase):
    def test_the_environment_is_read_as_gettext_reads_it(self) -> None:
        for environment, language in (
            ({}, "en"),
            ({"LANG": "es_ES.UTF-8"}, "es"),
            ({"LANG": "es_ES.UTF-8", "LC_ALL": "C"}, "en"),
            ({"LANG": "C", "LANGUAGE": "de:es"}, "es"),
            ({"LC_MESSAGES": "fr_FR"}, "en"),
        ):
            self.assertEqual(language_of(environment), language, environment)

    def test_nothing_is_not_looked_up(self) -> None:
        self.assertEqual(gettext(""), "")
