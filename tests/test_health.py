"""What is wrong is said; nothing else is."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.health import ENDS_SOON_S, MIN_FREE_BYTES, find_problems, free_bytes
from simplechat.hub.errors import StoreError
from simplechat.ledger import STALLED_AFTER_S
from tests.support.stage import NOON, Stage
from tests.support.web import Certificates

PLENTY = MIN_FREE_BYTES


class HealthTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.free = PLENTY

    def troubles(self, certificates: Certificates | None = None) -> list[str]:
        """Return the reported troubles."""
        return find_problems(self.stage.ledger, Path(), certificates, NOON, lambda folder: self.free)

    def test_where_all_is_well_nothing_is_said(self) -> None:
        self.assertEqual(self.troubles(), [])
        self.assertEqual(self.troubles(Certificates()), [])

    def test_a_store_that_takes_nothing_is_told_with_what_waits_for_it(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.store.faults[len(self.stage.store.commits) + 1] = StoreError("full")

        ann.says("PRIVMSG #tea :a", "PART #tea")

        self.assertEqual(self.troubles(), ["The store takes nothing; records that wait for it: 1"])

    def test_a_store_that_does_not_answer_is_told(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.store.is_held = True
        ann.says("PRIVMSG #tea :a")

        self.stage.clock.advance(STALLED_AFTER_S)
        self.assertEqual(self.troubles(), ["The store does not answer"])
        self.stage.store.release()

        self.assertEqual(self.troubles(), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_disk_that_is_nearly_full_is_told(self) -> None:
        self.free = MIN_FREE_BYTES - 1

        self.assertEqual(self.troubles(), ["The disk of the data folder is nearly full: 127 MiB are left"])

    def test_a_folder_that_is_gone_is_told(self) -> None:
        folder = Path(self.mktemp())

        (trouble,) = find_problems(self.stage.ledger, folder, None, NOON)
        folder.mkdir()

        self.assertIn("cannot be looked at", trouble)
        self.assertGreater(free_bytes(folder), 0)

    def test_a_certificate_is_told_of_when_it_ends_soon_or_its_files_are_broken(self) -> None:
        soon = Certificates(ends_at=NOON + ENDS_SOON_S - 1)
        broken = Certificates(trouble="tls/cert.pem cannot be read")

        self.assertEqual(self.troubles(soon), ["The certificate ends on 2001-09-16"])
        self.assertEqual(self.troubles(broken), ["tls/cert.pem cannot be read"])
        self.assertEqual(self.troubles(Certificates(ends_at=NOON + ENDS_SOON_S)), [])
