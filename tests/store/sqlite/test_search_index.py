"""The full-text index finds what a scan of every row finds, and keeps nothing of deleted messages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.ids import MAX_ID, msgid_of
from simplechat.hub.records import ANNOUNCEMENT_TARGET, AUDIT_TARGET, Redaction, Spoken
from simplechat.hub.store import SearchQuery
from simplechat.store.memory import MemoryStore
from simplechat.store.sqlite import SqliteStore, migrate, search_index, search_query, statements
from tests.support.stores import ImmediatePool

ANN, BEN, EVE = (msgid_of(number) for number in (1, 2, 3))
TARGETS = ("#tea", "#milk", f"{ANN}+{BEN}", f"{BEN}+{EVE}")
VOCABULARY = ("tea", "Mañana", "manana", "TEA!", "x-y", "x", "y", "canary")


def said(number: int, target: str = "#tea", text: str = "a canary", nick: str = "ann") -> Spoken:
    """Build a message."""
    return Spoken(target, number, "PRIVMSG", 1, "", f"{nick}!a@h", "", text, "")


def beginning(query: SearchQuery) -> int:
    """Return the position to begin a search at."""
    return -1 if query.oldest_first else MAX_ID


@cache
def _an_empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.db")
        migrate(path)
        return path.read_bytes()


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(TARGETS),
        st.lists(st.sampled_from(VOCABULARY), max_size=4).map(" ".join),
        st.sampled_from(["ann", "Ben"]),
        st.booleans(),
    ),
    max_size=25,
)
SEARCHES = st.builds(
    SearchQuery,
    targets=st.lists(st.tuples(st.sampled_from(TARGETS[:2]), st.integers(0, 20)), max_size=2).map(
        lambda logs: tuple(dict(logs).items())
    ),
    conversations_of=st.sampled_from(["", ANN, BEN, EVE]),
    since=st.integers(0, 10),
    below=st.one_of(st.just(MAX_ID), st.integers(5, 30)),
    words=st.lists(st.sampled_from([*VOCABULARY, '"', "NEAR(", "* OR"]), max_size=2).map(" ".join),
    nick=st.sampled_from(["", "ann", "BEN"]),
    oldest_first=st.booleans(),
)


class Words(SynchronousTestCase):
    """A store in a file, with small full-text tables and small steps."""

    def setUp(self) -> None:
        self.patch(search_index, "ROWS_PER_TABLE", 7)
        self.patch(search_query, "ROWS_PER_TABLE", 7)
        self.patch(search_query, "TABLES_AT_ONCE", 2)
        self.patch(search_index, "ROWS_PER_STEP", 3)
        self.patch(search_query, "MAX_CHECKED_ROWS", 2)
        self.open()

    def open(self) -> None:
        """Open an empty store."""
        self.path = Path(self.mktemp())
        self.path.write_bytes(_an_empty_database())
        self.clock = MemoryReactorClock()
        self.store = SqliteStore(self.path, self.clock, ImmediatePool)
        self.addCleanup(self.close, self.store)

    def close(self, store: SqliteStore) -> None:
        """Close the pools' connections."""
        self.now(store.close())

    def now(self, work: Any) -> Any:
        """Run a coroutine that need not wait; return its result."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def pass_time(self) -> None:
        """Let the store's maintenance finish."""
        self.clock.pump([0.05] * 100)


class WordsTests(Words):
    def found(self, query: SearchQuery, limit: int = 100) -> list[tuple[int, str]]:
        """Search; return ids and targets in the order of the hits."""
        rows = [each.row for each in self.now(self.store.search(query, beginning(query), limit))]
        return [(row.id, row.target) for row in rows]

    def traces(self, text: str) -> list[str]:
        """Return the names of the store's files that contain a text."""
        files = self.path.parent.glob(f"{self.path.name}*")
        return [file.name for file in files if text.encode() in file.read_bytes()]

    @settings(max_examples=40, deadline=None)
    @given(MESSAGES, st.lists(SEARCHES, min_size=1, max_size=5), st.integers(0, 25))
    def test_the_index_finds_what_a_scan_of_every_row_finds(
        self, messages: list[tuple[str, str, str, bool]], searches: list[SearchQuery], indexed: int
    ) -> None:
        self.open()
        memory = MemoryStore()
        for number, (target, text, nick, _) in enumerate(messages):
            row = said(number, target, text, nick)
            self.now(self.store.commit([row]))
            self.now(memory.commit([row]))
            if number == indexed:
                self.pass_time()
        for number, (target, _, _, is_redacted) in enumerate(messages):
            if is_redacted:
                self.now(self.store.commit([Redaction(target, number)]))
                self.now(memory.commit([Redaction(target, number)]))
        for query in searches:
            rows = [each.row for each in self.now(memory.search(query, beginning(query), 100))]
            wanted = [(row.id, row.target) for row in rows]
            self.assertEqual((query, self.found(query)), (query, wanted))

    def test_pages_of_hits_leave_nothing_out(self) -> None:
        for number in range(30):
            self.now(self.store.commit([said(number)]))
            if number == 20:
                self.pass_time()
        for oldest_first in (True, False):
            query = SearchQuery((("#tea", 0),), words="canary", oldest_first=oldest_first)
            ids: list[int] = []
            position = beginning(query)
            while page := self.now(self.store.search(query, position, 4)):
                ids += [each.row.id for each in page]
                position = page[-1].position

            self.assertEqual(ids, list(range(30) if oldest_first else reversed(range(30))))

    def test_messages_are_found_before_they_are_indexed_and_without_fts5(self) -> None:
        self.now(self.store.commit([said(1)]))
        query = SearchQuery((("#tea", 0),), words="CANARY")
        self.assertEqual(self.found(query), [(1, "#tea")])

        for module in (search_index, search_query):
            self.patch(module, "has_full_text_search", lambda: False)
        self.pass_time()

        self.assertEqual(self.found(query), [(1, "#tea")])

    def test_the_index_is_filled_in_small_steps_and_searched_table_by_table(self) -> None:
        self.now(self.store.commit([said(number) for number in range(20)]))
        self.pass_time()

        (done,) = self.query("SELECT value FROM meta WHERE name = 'indexed'")
        tables = self.query(search_query.TABLES)

        self.assertEqual((done, tables), ((20,), [(2,), (1,), (0,)]))

    def query(self, sql: str, *params: object) -> Any:
        """Run a statement on the file; return the rows."""
        return self.successResultOf(
            self.store._writer.runWithConnection(
                lambda connection: connection.execute(sql, params).fetchall()
            )
        )

    def test_no_redacted_word_is_left_in_any_file(self) -> None:
        rows = [said(number, text=f"word{number} zebrafish{number}") for number in range(20)]
        self.now(self.store.commit(rows))
        self.pass_time()
        self.assertNotEqual(self.traces("zebrafish5"), [])

        self.now(self.store.commit([Redaction("#tea", 5)]))
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="zebrafish5")), [])
        self.pass_time()

        self.assertEqual(self.traces("zebrafish5"), [])
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="zebrafish6")), [(6, "#tea")])

    def test_deleted_messages_leave_no_trace_and_their_numbers_are_not_reused(self) -> None:
        self.now(self.store.commit([said(number, text="zebrafish") for number in range(10)]))
        self.pass_time()

        self.assertEqual(self.now(self.store.delete_rows("#tea", 100, 500)), 10)
        self.pass_time()
        self.now(self.store.commit([said(50)]))
        self.pass_time()

        self.assertEqual(self.traces("zebrafish"), [])
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="canary")), [(50, "#tea")])

    def test_rows_are_looked_up_by_their_keys_and_not_scanned(self) -> None:
        for sql, params in (
            (statements.REDACT, ("[]",)),
            (statements.DELETE_RANGE, ("#tea", 1, 2)),
            (search_index.SAID_AT, ("[]",)),
            (search_index.NEXT_QUEUED, (1,)),
            (search_query.QUEUED_AT, ("[]",)),
            (statements.NEWEST_MESSAGES, ("#tea", 0, 1, 1)),
            (statements.OLDEST_MESSAGES, ("#tea", 0, 1, 1)),
            (statements.COUNT_MESSAGES, ("#tea", 1)),
        ):
            plan = self.query(f"EXPLAIN QUERY PLAN {sql}", *params)
            found = [step[3] for step in plan if step[3].startswith(("SEARCH log", "SEARCH l ", "SCAN log"))]
            self.assertEqual([step for step in found if "id" not in step.partition("(target")[2]], [], sql)

    def test_a_commit_queues_one_row_however_many_messages_it_has(self) -> None:
        self.now(self.store.commit([said(1), said(2, "#milk"), said(3, f"{ANN}+{BEN}")]))

        self.assertEqual(self.query("SELECT first, many FROM queue"), [(1, 3)])
        self.assertEqual(self.query("SELECT * FROM said"), [])

    def test_other_rows_than_messages_are_not_queued(self) -> None:
        topic = said(1)._replace(kind="TOPIC")
        self.now(self.store.commit([topic, said(2, AUDIT_TARGET), said(3, ANNOUNCEMENT_TARGET)]))

        self.assertEqual(self.query("SELECT * FROM queue"), [])

    def test_a_message_deleted_before_it_is_indexed_and_stored_again_is_found_once(self) -> None:
        self.now(self.store.commit([said(1), said(2)]))
        self.now(self.store.delete_rows("#tea", 2, 500))
        self.now(self.store.commit([said(1)]))
        query = SearchQuery((("#tea", 0),), words="canary")
        self.assertEqual(self.found(query), [(1, "#tea"), (2, "#tea")])

        self.pass_time()

        self.assertEqual(self.found(query), [(1, "#tea"), (2, "#tea")])

    def test_a_search_that_takes_too_long_fails(self) -> None:
        from simplechat.hub.errors import StoreError

        self.patch(search_query, "SEARCH_TIMEOUT_S", -1.0)
        self.patch(search_query, "_INSTRUCTIONS", 1)
        self.now(self.store.commit([said(1)]))

        work = self.store.search(SearchQuery((("#tea", 0),), words="canary"), MAX_ID, 5)

        self.failureResultOf(Deferred.fromCoroutine(work), StoreError)
