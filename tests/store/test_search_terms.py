"""The index of words finds what a look at every row finds, and keeps nothing of what was taken back."""

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
    """Make a message."""
    return Spoken(target, number, "PRIVMSG", 1, "", f"{nick}!a@h", "", text, "")


def beginning(sought: SearchQuery) -> int:
    """Give the place from which everything is looked at."""
    return -1 if sought.oldest_first else MAX_ID


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
    """A store in a file whose full-text tables and steps are small."""

    def setUp(self) -> None:
        self.patch(search_index, "ROWS_PER_TABLE", 7)
        self.patch(search_query, "ROWS_PER_TABLE", 7)
        self.patch(search_query, "TABLES_AT_ONCE", 2)
        self.patch(search_index, "ROWS_PER_STEP", 3)
        self.patch(search_query, "MAX_CHECKED_ROWS", 2)
        self.open()

    def open(self) -> None:
        """Begin with an empty store."""
        self.path = Path(self.mktemp())
        self.path.write_bytes(_an_empty_database())
        self.clock = MemoryReactorClock()
        self.store = SqliteStore(self.path, self.clock, ImmediatePool)
        self.addCleanup(self.close, self.store)

    def close(self, store: SqliteStore) -> None:
        """Close what the pools have opened."""
        self.now(store.close())

    def now(self, work: Any) -> Any:
        """Give what a coroutine gives that needs no waiting."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def pass_time(self) -> None:
        """Let the upkeep do all that there is to do."""
        self.clock.pump([0.05] * 100)


class WordsTests(Words):
    def found(self, sought: SearchQuery, limit: int = 100) -> list[tuple[int, str]]:
        """Search; give ids and targets, in the order in which they were found."""
        rows = [each.row for each in self.now(self.store.search(sought, beginning(sought), limit))]
        return [(row.id, row.target) for row in rows]

    def traces(self, text: str) -> list[str]:
        """Name the files of the store in which a text is."""
        files = self.path.parent.glob(f"{self.path.name}*")
        return [file.name for file in files if text.encode() in file.read_bytes()]

    @settings(max_examples=40, deadline=None)
    @given(MESSAGES, st.lists(SEARCHES, min_size=1, max_size=5), st.integers(0, 25))
    def test_the_index_finds_what_a_look_at_every_row_finds(
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
        for sought in searches:
            rows = [each.row for each in self.now(memory.search(sought, beginning(sought), 100))]
            wanted = [(row.id, row.target) for row in rows]
            self.assertEqual((sought, self.found(sought)), (sought, wanted))

    def test_pages_of_what_is_found_leave_nothing_out(self) -> None:
        for number in range(30):
            self.now(self.store.commit([said(number)]))
            if number == 20:
                self.pass_time()
        for oldest_first in (True, False):
            sought = SearchQuery((("#tea", 0),), words="canary", oldest_first=oldest_first)
            ids: list[int] = []
            place = beginning(sought)
            while page := self.now(self.store.search(sought, place, 4)):
                ids += [each.row.id for each in page]
                place = page[-1].position

            self.assertEqual(ids, list(range(30) if oldest_first else reversed(range(30))))

    def test_what_is_not_indexed_yet_is_found_too_and_so_without_full_text(self) -> None:
        self.now(self.store.commit([said(1)]))
        sought = SearchQuery((("#tea", 0),), words="CANARY")
        self.assertEqual(self.found(sought), [(1, "#tea")])

        for module in (search_index, search_query):
            self.patch(module, "has_full_text_search", lambda: False)
        self.pass_time()

        self.assertEqual(self.found(sought), [(1, "#tea")])

    def test_the_index_is_filled_in_small_steps_and_found_in_by_shelves(self) -> None:
        self.now(self.store.commit([said(number) for number in range(20)]))
        self.pass_time()

        (done,) = self.query("SELECT value FROM meta WHERE name = 'indexed'")
        shelves = self.query(search_query.TABLES)

        self.assertEqual((done, shelves), ((20,), [(2,), (1,), (0,)]))

    def query(self, sql: str, *params: object) -> Any:
        """Ask the file."""
        return self.successResultOf(
            self.store._writer.runWithConnection(
                lambda connection: connection.execute(sql, params).fetchall()
            )
        )

    def test_nothing_of_a_word_that_was_taken_back_is_left_in_any_file(self) -> None:
        rows = [said(number, text=f"word{number} zebrafish{number}") for number in range(20)]
        self.now(self.store.commit(rows))
        self.pass_time()
        self.assertNotEqual(self.traces("zebrafish5"), [])

        self.now(self.store.commit([Redaction("#tea", 5)]))
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="zebrafish5")), [])
        self.pass_time()

        self.assertEqual(self.traces("zebrafish5"), [])
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="zebrafish6")), [(6, "#tea")])

    def test_what_was_forgotten_leaves_no_trace_and_its_numbers_are_not_used_again(self) -> None:
        self.now(self.store.commit([said(number, text="zebrafish") for number in range(10)]))
        self.pass_time()

        self.assertEqual(self.now(self.store.delete_rows("#tea", 100, 500)), 10)
        self.pass_time()
        self.now(self.store.commit([said(50)]))
        self.pass_time()

        self.assertEqual(self.traces("zebrafish"), [])
        self.assertEqual(self.found(SearchQuery((("#tea", 0),), words="canary")), [(50, "#tea")])

    def test_rows_are_found_by_their_keys_and_not_by_a_walk(self) -> None:
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

    def test_a_commit_leaves_one_row_to_be_indexed_however_much_was_said(self) -> None:
        self.now(self.store.commit([said(1), said(2, "#milk"), said(3, f"{ANN}+{BEN}")]))

        self.assertEqual(self.query("SELECT first, many FROM queue"), [(1, 3)])
        self.assertEqual(self.query("SELECT * FROM said"), [])

    def test_what_is_not_said_to_people_waits_for_no_index(self) -> None:
        topic = said(1)._replace(kind="TOPIC")
        self.now(self.store.commit([topic, said(2, AUDIT_TARGET), said(3, ANNOUNCEMENT_TARGET)]))

        self.assertEqual(self.query("SELECT * FROM queue"), [])

    def test_what_is_forgotten_before_it_is_indexed_and_comes_again_is_found_once(self) -> None:
        self.now(self.store.commit([said(1), said(2)]))
        self.now(self.store.delete_rows("#tea", 2, 500))
        self.now(self.store.commit([said(1)]))
        sought = SearchQuery((("#tea", 0),), words="canary")
        self.assertEqual(self.found(sought), [(1, "#tea"), (2, "#tea")])

        self.pass_time()

        self.assertEqual(self.found(sought), [(1, "#tea"), (2, "#tea")])

    def test_a_search_that_takes_too_long_is_ended(self) -> None:
        from simplechat.hub.errors import StoreError

        self.patch(search_query, "SEARCH_TIMEOUT_S", -1.0)
        self.patch(search_query, "_INSTRUCTIONS", 1)
        self.now(self.store.commit([said(1)]))

        work = self.store.search(SearchQuery((("#tea", 0),), words="canary"), MAX_ID, 5)

        self.failureResultOf(Deferred.fromCoroutine(work), StoreError)
