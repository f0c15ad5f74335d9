"""Pages: what was said is found past any number of comings and goings."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import (
    ANNOUNCEMENT_TARGET,
    MESSAGE_KINDS,
    DirectConversationRow,
    Presence,
    Redaction,
    Spoken,
)
from simplechat.store.sqlite import migrate, statements
from tests.support.stores import spoken

NOISE = 5000  # rows
STEPS = 100  # of SQLite's virtual machine, between two counts


class PageTests(SynchronousTestCase):
    """A room with little said between much coming and going.

    Attributes:
        steps: How much SQLite has worked, in hundreds of its steps.
    """

    def setUp(self) -> None:
        path = Path(self.mktemp())
        migrate(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(self.connection.close)
        noise = [
            Presence("#tea", number, "JOIN", 5, "", "ann!a@h", "", "", "") for number in range(10, 10 + NOISE)
        ]
        said = [spoken(number) for number in (1, 3, 6, 9 + NOISE + 1, 9 + NOISE + 2)]
        statements.write(
            self.connection, [*noise, *said, spoken(2, target="a+b"), DirectConversationRow(1, 2, "a+b", "x")]
        )
        self.steps = 0
        self.connection.set_progress_handler(self.count, STEPS)

    def count(self) -> int:
        """Count what SQLite does."""
        self.steps += 1
        return 0

    def test_a_page_of_messages_costs_no_more_for_what_lies_between(self) -> None:
        page = statements.read_newest_rows(self.connection, "#tea", 0, MAX_ID, MESSAGE_KINDS, 4)
        following = statements.read_oldest_rows(self.connection, "#tea", 3, MAX_ID, MESSAGE_KINDS, 2)
        count = statements.count_rows(self.connection, "#tea", MAX_ID, MESSAGE_KINDS)

        self.assertEqual([row.id for row in page], [3, 6, NOISE + 10, NOISE + 11])
        self.assertEqual([row.id for row in following], [6, NOISE + 10])
        self.assertEqual(count, 5)
        self.assertLess(self.steps, 20)

    def test_a_page_of_everything_has_everything(self) -> None:
        page = statements.read_newest_rows(self.connection, "#tea", 0, MAX_ID, (*MESSAGE_KINDS, "JOIN"), 3)

        self.assertEqual([row.kind for row in page], ["JOIN", "PRIVMSG", "PRIVMSG"])

    def test_what_was_redacted_is_on_no_page(self) -> None:
        statements.write(self.connection, [Redaction("#tea", 3)])

        page = statements.read_newest_rows(self.connection, "#tea", 0, 10, MESSAGE_KINDS, 9)

        self.assertEqual([row.id for row in page], [1, 6])

    def test_what_was_said_to_everybody_is_on_a_page_although_it_is_in_no_index(self) -> None:
        row = Spoken(ANNOUNCEMENT_TARGET, 7, "NOTICE", 0, "", "irc.test", "", "hear, hear", "")
        statements.write(self.connection, [row])

        page = statements.read_newest_rows(self.connection, ANNOUNCEMENT_TARGET, 0, MAX_ID, MESSAGE_KINDS, 9)

        self.assertEqual([each.text for each in page], ["hear, hear"])
        self.assertEqual(
            statements.count_rows(self.connection, ANNOUNCEMENT_TARGET, MAX_ID, MESSAGE_KINDS), 1
        )

    def test_the_newest_of_a_conversation_is_its_newest_message(self) -> None:
        tags = spoken(5, target="a+b")._replace(kind="TAGMSG")
        statements.write(self.connection, [tags])

        (talk,) = statements.read_direct_conversations(self.connection, 1)

        self.assertEqual(talk.newest_id, 2)
