"""CERT: an owner decides which certificates log in to an account."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.certificates import MAX_CERTIFICATES
from simplechat.hub.errors import NotStored
from tests.support.stage import Actor, FaultyStore, Stage

ONE, OTHER = "ab" * 32, "cd" * 32


class CertificateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.eve = self.stage.enter("ann", "eve")
        self.ann.says("REGISTER * * sesame")
        self.ann.hears()
        (self.session,) = self.stage.hub.user("ann").sessions

    def answers(self, actor: Actor, line: str) -> list[str]:
        """Send a line; return code and subject of each reply."""
        actor.says(line)
        return [line.partition(" CERT ")[2].partition(" :")[0] for line in actor.hears()]

    def test_the_certificate_of_the_connection_is_added_and_logs_in(self) -> None:
        self.session.fingerprint = ONE

        self.assertEqual(self.answers(self.ann, "CERT ADD"), [f"ADDED {ONE}"])

        account = self.stage.hub.accounts.find_by_certificate(ONE)
        self.assertEqual(account and account.name, "ann")
        kept = Stage(FaultyStore(self.stage.store.inner)).hub.accounts.find_by_certificate(ONE)
        self.assertEqual(kept and kept.name, "ann")

    def test_fingerprints_in_any_spelling_are_added_listed_and_removed(self) -> None:
        self.assertEqual(self.answers(self.ann, "CERT LIST"), ["NO_CERTIFICATES"])
        self.answers(self.ann, "cert add " + ":".join(["AB"] * 32))
        self.answers(self.ann, f"CERT ADD {OTHER}")
        self.answers(self.ann, f"CERT ADD {ONE}")

        self.assertEqual(self.answers(self.ann, "CERT LIST"), [f"CERTIFICATE {ONE}", f"CERTIFICATE {OTHER}"])
        self.assertEqual(self.answers(self.ann, f"CERT DEL {ONE}"), [f"DELETED {ONE}"])
        self.assertEqual(self.answers(self.ann, "CERT LIST"), [f"CERTIFICATE {OTHER}"])
        self.assertIsNone(self.stage.hub.accounts.find_by_certificate(ONE))

    def test_invalid_requests_are_refused(self) -> None:
        self.assertEqual(self.answers(self.eve, "CERT LIST"), ["ACCOUNT_REQUIRED"])
        for line, refused in {
            "CERT ADD": "NO_CERTIFICATE *",
            "CERT DEL": "NO_CERTIFICATE *",
            "CERT ADD abc": "INVALID_FINGERPRINT abc",
            "CERT ADD " + "g" * 64: "INVALID_FINGERPRINT " + "g" * 64,
            f"CERT DEL {ONE}": f"UNKNOWN_FINGERPRINT {ONE}",
            "CERT SHOW": "INVALID_PARAMS SHOW",
        }.items():
            self.assertEqual(self.answers(self.ann, line), [refused], line)

    def test_a_certificate_belongs_to_one_account(self) -> None:
        self.answers(self.ann, f"CERT ADD {ONE}")
        self.eve.says("REGISTER * * sesame")
        self.eve.hears()

        self.assertEqual(self.answers(self.eve, f"CERT ADD {ONE}"), [f"FINGERPRINT_IN_USE {ONE}"])

    def test_the_number_of_certificates_is_limited(self) -> None:
        for number in range(MAX_CERTIFICATES):
            self.answers(self.ann, f"CERT ADD {number:064x}")

        self.assertEqual(self.answers(self.ann, f"CERT ADD {ONE}"), ["TOO_MANY_CERTIFICATES 10"])

    def test_a_certificate_that_was_not_stored_does_not_log_in(self) -> None:
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

        self.assertEqual(self.answers(self.ann, f"CERT ADD {ONE}"), ["NOT_SAVED"])

        self.assertIsNone(self.stage.hub.accounts.find_by_certificate(ONE))
