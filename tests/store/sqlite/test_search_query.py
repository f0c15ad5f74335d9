"""A search gives what a naive look at every row gives, whatever happened before and between its pages."""

from __future__ import annotations

from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simplechat.hub.ids import MAX_ID
from simplechat.hub.records import Redaction, Spoken
from simplechat.hub.store import SearchQuery, Store
from simplechat.store.memory import MemoryStore
from tests.store.sqlite.test_search_index import BEN, SEARCHES, TARGETS, VOCABULARY, Words, beginning, said

Row = tuple[int, str]

WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=3).map(" ".join)
LINES = st.lists(st.tuples(st.sampled_from(TARGETS), WORDS, st.booleans()), min_size=1, max_size=6)
ACTIONS = st.one_of(
    st.tuples(st.just("say"), LINES),
    st.tuples(st.just("redact"), st.integers(0, 40)),
    st.tuples(
        st.just("delete_rows"), st.tuples(st.sampled_from(TARGETS), st.integers(0, 60), st.integers(1, 5))
    ),
    st.tuples(st.just("index"), st.none()),
)
WIDE = SearchQuery(tuple((target, 0) for target in TARGETS[:2]), BEN)


class SearchTests(Words):
    @settings(max_examples=120, deadline=None)
    @given(
        st.lists(ACTIONS, min_size=2, max_size=14),
        st.one_of(SEARCHES, st.builds(WIDE._replace, words=WORDS, oldest_first=st.booleans())),
        st.integers(1, 4),
        st.integers(0, 3),
    )
    def test_pages_are_those_of_the_store_in_memory(
        self, actions: list[tuple[str, Any]], query: SearchQuery, limit: int, indexed_before: int
    ) -> None:
        self.open()
        memory = MemoryStore()
        self.do_all(actions, memory)

        pages = self.pages(self.store, query, limit, indexed_before)

        self.assertEqual(pages, self.pages(memory, query, limit, -1))

    def pages(self, store: Store, query: SearchQuery, limit: int, indexed_before: int) -> list[list[Row]]:
        """Read every page; before one of them all rows move from the queue into the index."""
        pages: list[list[Row]] = []
        position = beginning(query)
        while page := self.now(store.search(query, position, limit)):
            self.assertLess(len(pages), 100)
            pages.append([(each.row.id, each.row.target) for each in page])
            position = page[-1].position
            if len(pages) == indexed_before:
                self.pass_time()
        return pages

    def do_all(self, actions: list[tuple[str, Any]], memory: MemoryStore) -> None:
        """Do the same in both stores; what is imported has ids below those of what was said meanwhile."""
        newest, oldest, places = 1000, 0, []
        for action, what in actions:
            if action == "say":
                rows: list[Spoken] = []
                for target, text, is_imported in what:
                    newest, oldest = newest + (not is_imported), oldest + is_imported
                    rows.append(said(oldest if is_imported else newest, target, text))
                places += [(row.target, row.id) for row in rows]
                self.both(memory, "commit", rows)
            elif action == "redact" and places:
                self.both(memory, "commit", [Redaction(*places[what % len(places)])])
            elif action == "delete_rows":
                target, below, most = what
                self.both(memory, "delete_rows", target, below + (1000 if below % 2 else 0), most)
            elif action == "index":
                self.pass_time()

    def both(self, memory: MemoryStore, verb: str, *args: Any) -> None:
        given = [self.now(getattr(store, verb)(*args)) for store in (self.store, memory)]
        self.assertEqual(*given)

    def test_everything_is_found_from_both_ends(self) -> None:
        memory = MemoryStore()
        self.do_all([("say", [(target, "tea", n % 3 == 0)]) for n in range(9) for target in TARGETS], memory)
        self.do_all([("index", None)], memory)

        backward = self.pages(self.store, WIDE, 5, 2)
        forward = self.pages(self.store, WIDE._replace(oldest_first=True), 5, 2)

        self.assertEqual([*chain(*backward)], [*chain(*forward)][::-1])
        self.assertEqual(sum(map(len, forward)), 36)
        self.assertEqual(self.now(self.store.search(WIDE, MAX_ID, 100))[0].row.target, TARGETS[-1])
