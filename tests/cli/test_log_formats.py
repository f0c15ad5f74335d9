"""A row is written so that programs can read it, and nobody is driven by it."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.html_export import HtmlFormat
from simplechat.cli.log_formats import ExportedRow, JsonFormat, LogFormat, TextFormat
from simplechat.hub.ids import TIME_SHIFT, msgid_of
from tests.cli.actors import COLUMNS, log_row

AT = (8765 * 86400 * 1000 + 1) << TIME_SHIFT  # a millisecond into 2023-12-31
KINDS = ("PRIVMSG", "NOTICE", "JOIN", "PART", "QUIT", "NICK", "KICK", "TOPIC", "MODE", "NEW")


def row(kind: str = "PRIVMSG", text: str = "", **more: str) -> ExportedRow:
    """Make a row."""
    return ExportedRow.from_table(dict(zip(COLUMNS, log_row(AT, kind, text=text, **more), strict=True)))


def whole(form: LogFormat, *rows: ExportedRow, room: str = "#tea") -> str:
    """Write a channel's log."""
    parts = [form.begin([room]), form.begin_channel(room), *(form.row(room, each) for each in rows)]
    return "".join([*parts, form.end_channel(), form.end()])


ROWS = some.builds(
    ExportedRow,
    some.integers(0, (1 << 62) - 1),
    some.sampled_from(KINDS),
    some.text(),
    some.text(),
    some.text(),
    some.text(some.characters(categories=None)) | some.text().map("\1ACTION {}\1".format),
    some.sampled_from(["", "@"]),
    some.text() | some.just('{"+a": "b"}'),
)

SENTENCES = [
    (row(text="hello"), "<ann> hello"),
    (row(text="{nick} \x1b[31mred"), "<ann> {nick} ␛[31mred"),
    (row(text="psst", status="@"), "<ann> (@) psst"),
    (row("NOTICE", "hear"), "-ann- hear"),
    (row(text="\1ACTION {waves}\1"), "* ann {waves}"),
    (row(text="\1VERSION\1"), "<ann> ␁VERSION␁"),
    (row("JOIN"), "* ann joined"),
    (row("PART"), "* ann left"),
    (row("PART", "tired {x}"), "* ann left (tired {x})"),
    (row("QUIT", "gone"), "* ann quit (gone)"),
    (row("NICK", "anna"), "* ann is now known as anna"),
    (row("KICK", "bob out with you"), "* ann kicked bob (out with you)"),
    (row("KICK", "bob"), "* ann kicked bob"),
    (row("MODE", "+o bob"), "* ann set +o bob"),
    (row("TOPIC", "tea"), "* ann changed the topic to: tea"),
    (row("TOPIC"), "* ann removed the topic"),
    (row("NEW", "x"), "* ann: NEW x"),
    (row("", ""), "* (what ann said here was taken back)"),
    (row("REDACT", "32qam4j480000 oops"), "* ann took a message back"),
    (row("TAGMSG")._replace(tags='{"+draft/react": "👍"}'), "* ann reacted: 👍"),
]


class TextTests(SynchronousTestCase):
    def test_the_table(self) -> None:
        for each, sentence in SENTENCES:
            self.assertEqual(TextFormat().row("#tea", each), f"2023-12-31 00:00:00 {sentence}\n")

    def test_each_of_several_lines_tells_who_said_it(self) -> None:
        self.assertEqual(
            TextFormat().row("#tea", row(text="one\n<bob> two")),
            "2023-12-31 00:00:00 <ann> one\n2023-12-31 00:00:00 <ann> <bob> two\n",
        )
        self.assertIn("one<br>&lt;bob&gt; two", HtmlFormat("en").row("#tea", row(text="one\n<bob> two")))

    def test_tags_that_say_nothing_to_people_are_left_out(self) -> None:
        typing = row("TAGMSG")._replace(tags='{"+draft/persist": "1"}')

        self.assertEqual((TextFormat().row("#tea", typing), HtmlFormat("en").row("#tea", typing)), ("", ""))

    def test_channels_are_sections(self) -> None:
        form = TextFormat()

        written = whole(form, row(text="a")) + whole(form, room="#b\n")

        self.assertEqual(written, "== #tea ==\n2023-12-31 00:00:00 <ann> a\n\n== #b␊ ==\n")

    @given(ROWS)
    def test_a_row_is_one_line_without_control_characters(self, each: ExportedRow) -> None:
        written = TextFormat().row("#tea", each)

        self.assertEqual(written.splitlines(keepends=True), [written])
        self.assertEqual(controls(written), "\n")


class JsonTests(SynchronousTestCase):
    def test_a_row_is_an_object_with_all_there_is(self) -> None:
        written = whole(JsonFormat(), row(text="ñ\x1b", tags='{"+reply": "1"}', account="ann"))

        self.assertEqual(
            json.loads(written),
            {
                "room": "#tea",
                "id": msgid_of(AT),
                "time": "2023-12-31T00:00:00.001Z",
                "kind": "PRIVMSG",
                "nick": "ann",
                "source": "ann!ann@host",
                "account": "ann",
                "text": "ñ\x1b",
                "status": "",
                "tags": {"+reply": "1"},
            },
        )
        self.assertIn("ñ\\u001b", written)

    def test_tags_that_are_none_are_no_tags(self) -> None:
        for tags in ("", "{", "[1]", "null"):
            self.assertEqual(json.loads(JsonFormat().row("#tea", row(tags=tags)))["tags"], {})

    @given(ROWS)
    def test_nothing_is_lost_and_nothing_drives_a_terminal(self, each: ExportedRow) -> None:
        written = JsonFormat().row("#\x9b", each)

        self.assertEqual(controls(written), "\n")
        self.assertTrue(written.isascii() or written[:-1].isprintable())
        self.assertEqual(json.loads(written)["text"], each.text)
        written.encode()


class HtmlTests(SynchronousTestCase):
    def test_what_people_said_is_text_and_nothing_else(self) -> None:
        evil = "<script>alert('&\"')</script>"

        written = whole(HtmlFormat("en"), row(text=evil, nick=evil), row("TOPIC", evil), room=evil)

        self.assertNotIn("<script", written)
        self.assertIn("&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;", written)

    def test_the_page_says_that_nothing_may_be_loaded(self) -> None:
        written = whole(HtmlFormat("es"), row(text="a"))

        self.assertIn("default-src 'none'", written)
        self.assertIn('<html lang="es">', written)
        self.assertNotIn("http://", written)

    def test_several_channels_have_links_to_each(self) -> None:
        form = HtmlFormat("en")

        written = (
            form.begin(["#a", "#b"])
            + form.begin_channel("#a")
            + form.end_channel()
            + form.begin_channel("#b")
        )

        self.assertIn('<a href="#room2">#b</a>', written)
        self.assertIn('<section id="room2">\n<h2>#b</h2>', written)

    @given(ROWS)
    def test_a_row_has_no_control_characters_and_no_markup_of_its_own(self, each: ExportedRow) -> None:
        written = HtmlFormat("en").row("#tea", each)

        self.assertEqual(controls(written), "\n")
        self.assertEqual(written.count("<p>"), 1)
        self.assertLessEqual(written.count("<"), 10)
        written.encode()


def controls(text: str) -> str:
    """Give the control characters and half characters of a text."""
    return "".join(char for char in text if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"))
