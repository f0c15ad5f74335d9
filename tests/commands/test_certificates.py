"""CERT: which certificates stand for an account is up to its owner."""

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
        """Say a line; give code and subject of each answer."""
        actor.says(line)
        return [line.partition(" CERT ")[2].partition(" :")[0] for line in actor.hears()]

    def test_the_one_that_is_shown_is_taken_and_opens_the_account(self) -> None:
        self.session.fingerprint = ONE

        self.assertEqual(self.answers(self.ann, "CERT ADD"), [f"ADDED {ONE}"])

        account = self.stage.hub.accounts.find_by_certificate(ONE)
        self.assertEqual(account and account.name, "ann")
        kept = Stage(FaultyStore(self.stage.store.inner)).hub.accounts.find_by_certificate(ONE)
        self.assertEqual(kept and kept.name, "ann")

    def test_they_are_named_in_any_spelling_listed_and_taken_away(self) -> None:
        self.assertEqual(self.answers(self.ann, "CERT LIST"), ["NO_CERTIFICATES"])
        self.answers(self.ann, "cert add " + ":".join(["AB"] * 32))
        self.answers(self.ann, f"CERT ADD {OTHER}")
        self.answers(self.ann, f"CERT ADD {ONE}")

        self.assertEqual(self.answers(self.ann, "CERT LIST"), [f"CERTIFICATE {ONE}", f"CERTIFICATE {OTHER}"])
        self.assertEqual(self.answers(self.ann, f"CERT DEL {ONE}"), [f"DELETED {ONE}"])
        self.assertEqual(self.answers(self.ann, "CERT LIST"), [f"CERTIFICATE {OTHER}"])
        self.assertIsNone(self.stage.hub.accounts.find_by_certificate(ONE))

    def test_what_cannot_be_is_refused(self) -> None:
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

    def test_a_certificate_stands_for_one_account(self) -> None:
        self.answers(self.ann, f"CERT ADD {ONE}")
        self.eve.says("REGISTER * * sesame")
        self.eve.hears()

        self.assertEqual(self.answers(self.eve, f"CERT ADD {ONE}"), [f"FINGERPRINT_IN_USE {ONE}"])

    def test_there_are_only_so_many(self) -> None:
        for number in range(MAX_CERTIFICATES):
            self.answers(self.ann, f"CERT ADD {number:064x}")

        self.assertEqual(self.answers(self.ann, f"CERT ADD {ONE}"), ["TOO_MANY_CERTIFICATES 10"])

    def test_what_is_not_stored_does_not_open_the_account(self) -> None:
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

        self.assertEqual(self.answers(self.ann, f"CERT ADD {ONE}"), ["NOT_SAVED"])

        self.assertIsNone(self.stage.hub.accounts.find_by_certificate(ONE))
