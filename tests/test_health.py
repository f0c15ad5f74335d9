"""Health reports what is wrong, and nothing else."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.faults import RECENT_S
from simplechat.health import (
    ENDS_SOON_S,
    MIN_FREE_BYTES,
    check_certificates,
    check_disk,
    check_faults,
    check_ledger,
    find_problems,
    free_bytes,
)
from simplechat.hub.errors import StoreError
from simplechat.ledger import STALLED_AFTER_S
from tests.support.stage import NOON, Stage
from tests.support.web import Certificates

PLENTY = MIN_FREE_BYTES


class HealthTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.free = PLENTY

    def problems(self, certificates: Certificates | None = None) -> list[str]:
        """Return what is reported."""
        return find_problems(
            (
                lambda: check_ledger(self.stage.ledger),
                lambda: check_faults(self.stage.faults),
                lambda: check_disk(Path(), lambda folder: self.free),
                lambda: check_certificates(lambda: certificates, lambda: NOON),
            )
        )

    def test_nothing_is_reported_where_all_is_well(self) -> None:
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.problems(Certificates()), [])

    def test_a_failing_store_is_reported_with_the_records_that_wait(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.store.faults[len(self.stage.store.commits) + 1] = StoreError("full")

        ann.says("PRIVMSG #tea :a", "PART #tea")

        self.assertEqual(self.problems(), ["The store fails; records that wait for it: 1"])

    def test_a_fault_of_the_servers_own_is_reported_for_an_hour(self) -> None:
        self.stage.faults.record()

        self.assertEqual(
            self.problems(), ["Failures of the server's own code since its start: 1; see the log"]
        )
        self.stage.clock.advance(RECENT_S)
        self.assertEqual(self.problems(), [])

    def test_a_store_that_does_not_answer_is_reported(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.store.is_held = True
        ann.says("PRIVMSG #tea :a")

        self.stage.clock.advance(STALLED_AFTER_S)
        self.assertEqual(self.problems(), ["The store does not answer"])
        self.stage.store.release()

        self.assertEqual(self.problems(), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_disk_that_is_nearly_full_is_reported(self) -> None:
        self.free = MIN_FREE_BYTES - 1

        self.assertEqual(self.problems(), ["The disk of the data folder is nearly full: 127 MiB are left"])

    def test_a_missing_folder_is_reported(self) -> None:
        folder = Path(self.mktemp())

        (problem,) = check_disk(folder)
        folder.mkdir()

        self.assertIn("cannot be read", problem)
        self.assertGreater(free_bytes(folder), 0)

    def test_a_certificate_is_reported_when_it_ends_soon_or_its_files_are_broken(self) -> None:
        soon = Certificates(ends_at=NOON + ENDS_SOON_S - 1)
        broken = Certificates(trouble="tls/cert.pem cannot be read")

        self.assertEqual(self.problems(soon), ["The certificate ends on 2001-09-16"])
        self.assertEqual(self.problems(broken), ["tls/cert.pem cannot be read"])
        self.assertEqual(self.problems(Certificates(ends_at=NOON + ENDS_SOON_S)), [])
