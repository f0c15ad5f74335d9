"""The store in memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.store.memory import MemoryStore
from tests.support.store_tests import StoreTests


class MemoryStoreTests(StoreTests, SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryStore()
