"""The catalogues of translations: brought up to date with the code by `python -m tests.catalogues`.

New texts are added to each catalogue without a translation, and a test fails until they have one; texts that
the code has no more are taken out. Then the catalogues are compiled, since the compiled ones are shipped.
Neither has a date or a version in it: where no text changes, no byte does.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import simplechat
from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.ircv3 import numerics
from simplechat.locale import DOMAIN, FOLDER, LANGUAGES
from tests.support.failure_texts import failure_texts

ROOT = Path(simplechat.__file__).parent
KEYWORDS = {
    "_": (0,),
    "gettext": (0,),
    "marked": (0,),
    "ngettext": (0, 1),
    "_setting": (1,),
    "_settings": (0,),
}
"""The functions that are given texts, and which of their arguments are the texts."""

NOTED = ("305", "306")
"""The replies that our client shows in the server's own words, besides those that refuse something."""

WIDTH = 110  # of a line in a catalogue
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


class Steady(Catalog):
    """A catalogue whose headers depend on the language only."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The headers, in the order in which they are written."""
        return [
            ("Project-Id-Version", self.project),
            ("Last-Translator", "The simplechat maintainers"),
            ("Language", str(self.locale_identifier)),
            ("Language-Team", self._language),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        self._set_mime_headers(headers)

    @property
    def header_comment(self) -> str:
        """The comment at the top of a catalogue."""
        return f"# {self._language} texts of {self.project}. `python -m tests.catalogues` compiles them."

    @header_comment.setter
    def header_comment(self, comment: str) -> None:
        self._set_header_comment(comment)

    @property
    def _language(self) -> str:
        return str(self.locale and self.locale.english_name)


def extracted() -> Catalog:
    """Extract every text for people from the code."""
    catalog = Catalog(domain=DOMAIN, project="simplechat", fuzzy=False)
    for file in sorted(ROOT.rglob("*.py")):
        for text in texts_in(file.read_text("utf-8")):
            catalog.add(text)
    for text in (*summaries(), *replies(), *failure_texts()):
        catalog.add(text)
    return catalog


def texts_in(source: str) -> Iterator[str | tuple[str, ...]]:
    """Yield the texts in a source file, those within f-strings too: a string, or a tuple for plurals."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            places = (node.args[place] for place in KEYWORDS[node.func.id] if place < len(node.args))
            values = (each.value for each in places if isinstance(each, ast.Constant))
            texts = [value for value in values if value and isinstance(value, str)]
            if texts:
                yield texts[0] if len(texts) == 1 else tuple(texts)


def summaries() -> Iterator[str]:
    """Return the help summaries of the owner's commands."""
    return (inspect.cleandoc(row.run.__doc__ or "").partition("\n")[0] for row in OWNER_COMMANDS.values())


def replies() -> Iterator[str]:
    """Return the constant texts of the server that clients show."""
    numbered = (each for each in vars(numerics).values() if isinstance(each, numerics.Numeric))
    shown = (each.text for each in numbered if each.code[0] in "45" or each.code in NOTED)
    return (words for words in shown if words and "{" not in words)


def po_file(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a catalogue, or start an empty one."""
    if not po_file(language).exists():
        return Catalog(language, domain=DOMAIN)
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> None:
    """Update a catalogue from the code, and compile it."""
    known = read(language)
    catalog = Steady(language, domain=DOMAIN, project="simplechat", fuzzy=False)
    catalog.mime_headers = [
        ("Plural-Forms", known.plural_forms)
    ]  # Babel's own differ from release to release
    for message in extracted():
        if message.id:
            old = known.get(message.id)
            catalog.add(message.id, old.string if old else None)
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        write_po(file, catalog, width=WIDTH, no_location=True, sort_output=True)
    with po_file(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


if __name__ == "__main__":
    for each in TRANSLATED:
        update(each)
