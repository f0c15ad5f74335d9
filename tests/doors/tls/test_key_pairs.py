"""Each way in which a certificate's files are unusable has its own error."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.tls.key_pairs import CertificateError, read_key_pair
from tests.support.certificates import DAY_S, NOON, issued, written


class PairsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.server = issued("chat.example.org")

    def why_not(self, cert: bytes | None = None, key: bytes | None = None, now: float = NOON) -> str:
        """Return why these two are unusable."""
        files = {"cert": self.server.pem, "key": self.server.key_pem()}
        files |= {name: data for name, data in (("cert", cert), ("key", key)) if data is not None}
        written(self.folder, **files)
        with self.assertRaises(CertificateError) as raised:
            read_key_pair(self.folder / "cert.pem", self.folder / "key.pem", now)
        self.assertEqual(str(raised.exception).count("\n"), 0)
        return str(raised.exception).replace(f"{self.folder}/", "")

    def test_a_chain_and_its_key_are_read(self) -> None:
        authority = issued("authority", is_authority=True)
        server = issued("chat.example.org", by=authority)
        written(self.folder, cert=server.pem + authority.pem, key=server.key_pem())

        pair = read_key_pair(self.folder / "cert.pem", self.folder / "key.pem", NOON)

        self.assertEqual(pair.chain, (server.certificate, authority.certificate))
        self.assertEqual(pair.ends_at, NOON + DAY_S)

    def test_one_file_may_hold_both_in_either_order(self) -> None:
        pem, key = self.server.pem, self.server.key_pem()
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        for text in (pem + key, key + pem, parameters + key + pem):
            path = written(self.folder, both=text) / "both.pem"

            self.assertEqual(read_key_pair(path, path, NOON).chain, (self.server.certificate,))

    def test_a_key_of_another_does_not_fit(self) -> None:
        why = self.why_not(key=issued("other").key_pem())

        self.assertEqual(why, "the key in key.pem does not belong to the first certificate in cert.pem")

    def test_an_encrypted_key_wants_to_be_written_without_a_password(self) -> None:
        self.assertIn("is encrypted; write it without", self.why_not(key=self.server.key_pem(b"secret")))

    def test_what_has_ended_or_not_begun_is_told(self) -> None:
        self.assertIn("ended on 2027-01-16; renew it", self.why_not(now=NOON + 2 * DAY_S))
        self.assertIn("is not valid before 2027-01-14", self.why_not(now=NOON - 2 * DAY_S))

    def test_what_is_cut_off_or_something_else_is_told(self) -> None:
        for cert in (b"", b"\0", self.server.pem[:200], self.server.key_pem()):
            self.assertEqual(self.why_not(cert=cert), "cert.pem holds no whole certificate in PEM form")
        for key in (b"", b"\0", self.server.key_pem()[:100], self.server.pem):
            self.assertEqual(self.why_not(key=key), "key.pem holds no whole key in PEM form")

    def test_what_is_too_much_is_not_read(self) -> None:
        self.assertIn("too large", self.why_not(cert=b"x" * (1 << 21)))
        self.assertIn("holds 17 certificates", self.why_not(cert=self.server.pem * 17))

    def test_what_is_no_file_is_not_waited_for(self) -> None:
        os.mkfifo(self.folder / "pipe")
        written(self.folder, cert=self.server.pem)
        for name, why in (
            ("pipe", "it is not a file"),
            ("nothing", "No such file"),
            ("", "it is not a file"),
        ):
            with self.assertRaisesRegex(CertificateError, f"cannot read .*: {why}"):
                read_key_pair(self.folder / "cert.pem", self.folder / name, NOON)
