"""The words that people read, in their language: English in the code, others in catalogues beside this file.

Pure rooms mark a text (`marked`) and leave it in English; whoever shows it to people looks it up.

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


def use(language: str) -> None:
    """Show everything in a language from here on: one of LANGUAGES; what has no catalogue is English."""
    global _catalogue
    _catalogue = _library.translation(DOMAIN, FOLDER, [language], fallback=True)


def use_everywhere(language: str) -> None:
    """Show everything in a language, what argparse and getopt say and processes that we start included."""
    use(language)
    os.environ["LANGUAGE"] = language
    lend()


def lend() -> None:
    """Let argparse and getopt find their own words in our catalogues, in the environment's language."""
    _library.bindtextdomain(DOMAIN, str(FOLDER))
    _library.textdomain(DOMAIN)


def language_of(environment: Mapping[str, str]) -> str:
    """Tell which of LANGUAGES the environment asks for, by the variables that gettext reads."""
    asked = next(filter(None, (environment.get(name) for name in _VARIABLES)), "")
    wanted = (word.partition(".")[0].partition("_")[0] for word in asked.split(":"))
    return next((word for word in wanted if word in LANGUAGES), "en")


_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def use_own(language: str = "") -> None:
    """Show everything in a language, or where none is given in the one that the environment asks for."""
    use(language or language_of(os.environ))


def gettext(text: str) -> str:
    """Give a text in the language in use; the text itself where it has no translation."""
    return _catalogue.gettext(text) if text else text  # "" would give the catalogue's own header


def in_language(language: str, text: str) -> str:
    """Give a text in one of LANGUAGES, whatever the language in use."""
    return _translations(language).gettext(text)


@lru_cache
def _translations(language: str) -> _library.NullTranslations:
    return _library.translation(DOMAIN, FOLDER, [language], fallback=True)


def ngettext(one: str, many: str, count: int) -> str:
    """Give the form of a text that fits a number, in the language in use."""
    return _catalogue.ngettext(one, many, count)


def is_yes(answer: str) -> bool:
    """Tell whether an answer is a yes, in English or in the language in use; accents may be left out."""
    return _plain(answer) in {_plain(each) for each in ("y", "yes", gettext("y"), gettext("yes"))}


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def marked(text: str) -> str:
    """Mark a text for the catalogues; it stays in English until it is shown."""
    return text
