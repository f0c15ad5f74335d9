"""The catalogues of translations: brought up to date with the code by `python -m tests.catalogues`.

New texts are added to each catalogue without a translation, and a test fails until they have one; texts that
the code has no more are taken out. Then the catalogues are compiled, since the compiled ones are shipped.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import simplechat
from simplechat.commands.owner import VERBS
from simplechat.ircv3 import numerics
from simplechat.locale import DOMAIN, FOLDER, LANGUAGES

ROOT = Path(simplechat.__file__).parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "marked": None,
    "ngettext": (1, 2),
    "_setting": (2,),
    "_settings": (1,),
}
WIDTH = 110  # of a line in a catalogue
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


def extracted() -> Catalog:
    """Give every text that people read, as the code has it."""
    catalog = Catalog(domain=DOMAIN, project="simplechat", fuzzy=False)
    for file, _, message, _, context in extract_from_dir(ROOT, [("**.py", "python")], {}, KEYWORDS):
        catalog.add(message, locations=[(file, 0)], context=context)
    for text in (*summaries(), *refusals()):
        catalog.add(text)
    return catalog


def summaries() -> Iterator[str]:
    """Give what help says of the owner's verbs."""
    return (inspect.cleandoc(row.run.__doc__ or "").partition("\n")[0] for row in VERBS.values())


def refusals() -> Iterator[str]:
    """Give what the server says when something is not done, as far as it says it always in the same words."""
    replies = (each for each in vars(numerics).values() if isinstance(each, numerics.Numeric))
    return (each.words for each in replies if each.code[0] in "45" and each.words and "{" not in each.words)


def po_file(language: str) -> Path:
    """Give the catalogue that people edit."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a catalogue, or begin one."""
    if not po_file(language).exists():
        return Catalog(language, domain=DOMAIN, project="simplechat", fuzzy=False)
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> None:
    """Bring a catalogue up to date, and compile it."""
    catalog = read(language)
    catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        write_po(file, catalog, width=WIDTH, no_location=True, sort_output=True, ignore_obsolete=True)
    with po_file(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


if __name__ == "__main__":
    for each in TRANSLATED:
        update(each)
