"""Translation of texts for people: English in the code, other languages in catalogues beside this file.

Pure packages only mark a text (`marked`) and leave it in English; the code that shows it translates it.

Spec: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import gettext as _library
import os
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

DOMAIN = "simplechat"
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "es")

_ENGLISH = _library.NullTranslations()
_catalogue: _library.NullTranslations = _ENGLISH


def use_language(language: str) -> None:
    """Translate into one of LANGUAGES from now on; a language without a catalogue is English."""
    global _catalogue
    _catalogue = _library.translation(DOMAIN, FOLDER, [language], fallback=True)


def use_language_everywhere(language: str) -> None:
    """Translate into a language from now on, the texts of argparse, getopt and child processes included."""
    use_language(language)
    os.environ["LANGUAGE"] = language
    translate_libraries()


def translate_libraries() -> None:
    """Let argparse and getopt find their texts in our catalogues, in the language of the environment."""
    _library.bindtextdomain(DOMAIN, str(FOLDER))
    _library.textdomain(DOMAIN)


def preferred_language(environment: Mapping[str, str]) -> str:
    """Return the one of LANGUAGES that the environment asks for in the variables that gettext reads."""
    languages = next(filter(None, (environment.get(name) for name in _VARIABLES)), "")
    wanted = (word.partition(".")[0].partition("_")[0] for word in languages.split(":"))
    return next((word for word in wanted if word in LANGUAGES), "en")


_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def use_preferred_language(language: str = "") -> None:
    """Translate into a language from now on; into the environment's if none is given."""
    use_language(language or preferred_language(os.environ))


def gettext(text: str) -> str:
    """Translate a text into the current language; return it as it is if there is no translation."""
    return _catalogue.gettext(text) if text else text  # "" is the key of the catalogue's header


def translate_into(language: str, text: str) -> str:
    """Translate a text into one of LANGUAGES, whatever the current language is."""
    return _translations(language).gettext(text)


@lru_cache
def _translations(language: str) -> _library.NullTranslations:
    return _library.translation(DOMAIN, FOLDER, [language], fallback=True)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a text into the current language, in the plural form for a number."""
    return _catalogue.ngettext(one, many, count)


def is_yes(answer: str) -> bool:
    """Tell whether an answer is a yes, in English or in the current language, with or without accents."""
    return _without_accents(answer) in {
        _without_accents(each) for each in ("y", "yes", gettext("y"), gettext("yes"))
    }


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def marked(text: str) -> str:
    """Mark a text for the catalogues; return it in English, to be translated when it is shown."""
    return text
