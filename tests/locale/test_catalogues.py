"""Every text that people read has a translation, and what is compiled is what people edit."""

from __future__ import annotations

import gettext
import string
from collections.abc import Iterable

from babel.messages import Message
from twisted.trial.unittest import SynchronousTestCase

from simplechat.locale import DOMAIN, FOLDER
from tests.catalogues import TRANSLATED, extracted, read


def texts(forms: str | Iterable[str] | None) -> list[str]:
    """Give the forms of a text: one, or one for each number."""
    return [forms] if isinstance(forms, str) else list(forms or ())


def fields(text: str) -> set[str | None]:
    """Give the names of what is filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def messages(language: str) -> list[Message]:
    """Give the texts of a catalogue, its header left out."""
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
