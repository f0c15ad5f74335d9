"""The words that people read, in their language: English in the code, others in catalogues beside this file.

Pure rooms mark a text (`marked`) and leave it in English; whoever shows it to people looks it up.

Spec: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import gettext as _library
import os
from collections.abc import Mapping
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


def ngettext(one: str, many: str, count: int) -> str:
    """Give the form of a text that fits a number, in the language in use."""
    return _catalogue.ngettext(one, many, count)


def marked(text: str) -> str:
    """Mark a text for the catalogues; it stays in English until it is shown."""
    return text
