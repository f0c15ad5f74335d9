"""The lines for an event: their styles, the tick, the day, the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from time import localtime

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.events import (
    Event,
    MembersListed,
    MessageNotStored,
    RequestRefused,
    TableShown,
    TopicShown,
)
from simplechat.client.protocol.list_replies import PEOPLE_COLUMNS
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter, to_local_time
from simplechat.client.ui.sentences import MAX_NICKS
from simplechat.client.ui.styled_text import Style
from simplechat.locale import use_language
from tests.support.client_harness import noon

OLD_YEAR = 1_577_800_000.0  # 2019-12-31


def said(text: str, nick: str = "ann", *, at: float | None = None, is_own: bool = False) -> MessageReceived:
    """Return a message in the lobby."""
    return MessageReceived(at, nick, "#lobby", text, "PRIVMSG", "", is_own)


class LocalTimeTests(SynchronousTestCase):
    def test_a_time_is_shown_as_the_clock_of_this_computer_has_it(self) -> None:
        self.assertEqual(to_local_time(OLD_YEAR).timestamp(), OLD_YEAR)
        self.assertEqual(to_local_time(OLD_YEAR).timetuple()[:6], localtime(OLD_YEAR)[:6])

    def test_a_message_without_a_time_is_shown_as_of_now(self) -> None:
        before = datetime.now()

        self.assertLessEqual(before, to_local_time(None))


class FormatterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.model = Model("bob")
        self.model.switch_to("#lobby")
        self.formatter = EventFormatter("+", local_time=noon)

    def lines(self, *events: Event) -> list[str]:
        return [line for event in events for line in self.formatter.format_text(event, self.model, 40)]

    def styles(self, event: Event) -> list[Style]:
        return [span.style for span in self.formatter.format_event(event, self.model, 40)[-1]]

    def test_only_own_messages_have_a_tick(self) -> None:
        lines = self.lines(said("hi", "bob", is_own=True), said("hi"))

        self.assertEqual(lines, ["12:00 bob: hi +", "12:00 ann: hi"])

    def test_a_message_that_was_not_stored_is_shown_whole_with_the_reason(self) -> None:
        lines = self.lines(MessageNotStored("#lobby", "x" * 99, "The disk is full"))

        self.assertEqual(lines, [f"! not stored: {'x' * 99} (The disk is full)"])

    def test_refusals_of_our_server_are_translated(self) -> None:
        use_language("es")
        self.addCleanup(use_language, "en")

        for event, expected in (
            (RequestRefused("#tea: That nick is in use", ("#tea",)), "#tea: Ese apodo ya está en uso"),
            (RequestRefused("No text to send", ("#tea",)), "No hay texto que enviar"),
            (RequestRefused("No text to send"), "No hay texto que enviar"),
            (RequestRefused("#tea: go away", ("#tea",)), "#tea: go away"),
        ):
            self.assertEqual(event.shown_text, expected)

    def test_a_new_day_is_shown_before_its_first_message(self) -> None:
        lines = self.lines(said("a", at=OLD_YEAR), said("b", at=OLD_YEAR), said("c"))

        self.assertEqual(
            lines,
            ["--- 2019-12-31 ---", "12:00 ann: a", "12:00 ann: b", "--- 2020-01-01 ---", "12:00 ann: c"],
        )

    def test_a_message_with_our_nick_stands_out(self) -> None:
        for text, is_call in (
            ("bob: hi", True),
            ("ask BOB!", True),
            ("bobby", False),
            ("kabob", False),
            ("hi", False),
        ):
            self.assertEqual(Style.MENTION in self.styles(said(text)), is_call, text)
        self.assertNotIn(Style.MENTION, self.styles(said("bob", "bob", is_own=True)))

    def test_in_plain_text_the_bell_comes_before_the_line_only_if_wanted(self) -> None:
        for has_bell, event, lines in (
            (False, said("bob: hi"), ["12:00 ann: bob: hi"]),
            (True, said("bob: hi"), ["\a12:00 ann: bob: hi"]),
            (True, said("bob: hi\nthere"), ["\a12:00 ann: bob: hi", "      | there"]),
            (True, said("hi"), ["12:00 ann: hi"]),
            (True, MembersListed("#lobby", ("bob",)), ["* In #lobby: bob"]),
        ):
            self.formatter = EventFormatter("+", has_bell=has_bell, local_time=noon)
            self.assertEqual(self.lines(event), lines)

    def test_a_mention_is_found_however_the_nick_is_spelt(self) -> None:
        for nick, text, is_call in (
            ("ñandú", "¿qué tal, ÑANDÚ?", True),
            ("ñandú", "n\u0303andu\u0301: hola", True),
            ("ñandú", "ñandúes", False),
            ("straße", "an STRASSE!", True),
            ("[x]", "[X]: hi", True),
            ("Жук", "привет, жук", True),
        ):
            self.model.nick = nick
            self.assertEqual(Style.MENTION in self.styles(said(text)), is_call, text)

    def test_a_reply_to_us_stands_out(self) -> None:
        self.model.messages.add(replace(said("tea?", "bob", is_own=True), msgid="1"))
        self.model.messages.add(replace(said("coffee?"), msgid="2"))

        for msgid, is_call in (("1", True), ("2", False), ("3", False)):
            self.assertEqual(Style.MENTION in self.styles(replace(said("yes"), reply_to=msgid)), is_call)

    def test_the_quote_of_a_reply_is_cut_and_may_be_unknown(self) -> None:
        self.model.messages.add(replace(said("x" * 99 + "\nmore"), msgid="1"))

        known, unknown = (self.lines(replace(said("yes"), reply_to=msgid)) for msgid in "12")

        self.assertEqual(known[0], f"      > ann: {'x' * 25}…")
        self.assertEqual(unknown[0], "      > an older message")

    def test_people_are_a_table_that_fits(self) -> None:
        found = TableShown(
            PEOPLE_COLUMNS, (("@ann", "yes", "#lobby", "Ann " * 20), ("ben", "", "#lobby", "\x1b[2J"))
        )

        lines = self.lines(found)

        self.assertEqual(lines[0], "nick  away  room    name")
        self.assertTrue(lines[2].startswith("@ann  yes   #lobby  Ann Ann"))
        self.assertEqual(lines[-1], "ben         #lobby  ␛[2J")
        self.assertLessEqual(max(map(len, lines)), 40)

    def test_an_empty_table_says_so(self) -> None:
        self.assertEqual(self.lines(TableShown(PEOPLE_COLUMNS, ())), ["* nothing found"])

    def test_the_members_of_a_full_channel_are_only_counted(self) -> None:
        many = tuple(f"n{number}" for number in range(MAX_NICKS + 1))

        lines = self.lines(
            MembersListed("#lobby", ("@ann", "bob")), MembersListed("#lobby", many), MembersListed("#x", ())
        )

        self.assertEqual(lines, ["* In #lobby: @ann bob", "* In #lobby: 21 people; /who lists them"])

    def test_topics_are_shown(self) -> None:
        lines = self.lines(
            TopicShown(None, "", "#lobby", "tea"),
            TopicShown(None, "ann", "#lobby", "cake"),
            TopicShown(None, "", "#lobby", ""),
        )

        self.assertEqual(
            lines,
            [
                "* topic of #lobby: tea",
                "* ann changed the topic of #lobby: cake",
                "* #lobby has no topic",
            ],
        )
