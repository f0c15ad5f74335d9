"""Every text for people has a translation, and the compiled catalogue is the edited one."""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterable

from babel.messages import Message
from twisted.trial.unittest import SynchronousTestCase

from simplechat.locale import DOMAIN, FOLDER
from tests.catalogues import TRANSLATED, extracted, po_file, read, texts_in


def texts(forms: str | Iterable[str] | None) -> list[str]:
    """Return the forms of a text: one, or one for each number."""
    return [forms] if isinstance(forms, str) else list(forms or ())


def fields(text: str) -> set[str | None]:
    """Return the names of the fields."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def shape(text: str) -> tuple[str, str, int, list[str]]:
    """Return the spaces around a text, its number of lines, and its % fields."""
    before, after = (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :])
    return before, after, text.count("\n"), sorted(re.findall(r"%(?:\(\w+\))?[rs]", text))


def messages(language: str) -> list[Message]:
    """Return the texts of a catalogue, without its header."""
    return [message for message in read(language) if message.id]


class CatalogueTests(SynchronousTestCase):
    def test_every_text_has_a_translation(self) -> None:
        for language in TRANSLATED:
            untranslated = [each.id for each in messages(language) if not all(texts(each.string) or [""])]

            self.assertEqual(untranslated, [])

    def test_catalogues_have_the_texts_of_the_code(self) -> None:
        wanted = {message.id for message in extracted() if message.id}
        for language in TRANSLATED:
            self.assertEqual({message.id for message in messages(language)} ^ wanted, set())

    def test_translations_fill_in_the_same_fields(self) -> None:
        for language in TRANSLATED:
            for message in messages(language):
                for text in texts(message.string):
                    self.assertEqual(fields(text), fields(texts(message.id)[-1]), message.id)

    def test_translations_keep_the_edges_and_the_lines(self) -> None:
        for language in TRANSLATED:
            for message in messages(language):
                for text in texts(message.string):
                    self.assertEqual(shape(text), shape(texts(message.id)[-1]), message.id)

    def test_headers_say_nothing_that_changes_by_itself(self) -> None:
        for language in TRANSLATED:
            head = po_file(language).read_text("utf-8").partition("\n\n")[0]

            for word in ("Date", "EMAIL", "ORGANIZATION", "VERSION", "FIRST AUTHOR", "Generated"):
                self.assertNotIn(word, head)

    def test_texts_are_found_wherever_they_stand(self) -> None:
        source = """
say(f"{_('a')} {x}", marked("b" "c"), _(d), _(""))
ngettext("e", "f", n), _setting(1, "g", h)
"""

        self.assertEqual({*texts_in(source)}, {"a", "bc", ("e", "f"), "g"})

    def test_the_compiled_catalogue_is_the_edited_one(self) -> None:
        for language in TRANSLATED:
            compiled = gettext.translation(DOMAIN, FOLDER, [language])
            for message in messages(language):
                one, *_ = texts(message.id)
                many = texts(message.id)[-1]
                wanted = texts(message.string)
                found = (
                    [compiled.gettext(one)]
                    if one == many
                    else [compiled.ngettext(one, many, count) for count in (1, 2)]
                )
                self.assertEqual(found, wanted, message.id)
