"""The fingerprint of each known server is stored, and compared with the certificate that it presents."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.net.known_servers import (
    VERIFIED,
    KnownServers,
    ServerNotTrusted,
    check_pin,
    read_presented_chain,
)
from simplechat.doors.tls.certificate_authority import issue, new_authority, new_key
from simplechat.doors.tls.machine_names import names_of
from tests.support.certificates import DAY_S, NOON, Issued, issued

A, B = ":".join(["AA"] * 32), ":".join(["BB"] * 32)


def own_authority() -> Issued:
    """Create an authority like that of our server."""
    key = new_key()
    return Issued(new_authority(key, "pc7", names_of("a.b", "pc7", []), NOON), key)


def server_by(authority: Issued) -> Issued:
    """Create a server's certificate like that of our server."""
    key = new_key()
    names = names_of("a.b", "pc7", [])
    assert isinstance(authority.key, EllipticCurvePrivateKey)
    return Issued(issue(authority.certificate, authority.key, key.public_key(), names, NOON), key)


class PresentedChainTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.authority = own_authority()
        self.server = server_by(self.authority)

    def pin(self, *chain: Issued) -> str:
        """Return the fingerprint that is stored for a server with this chain."""
        return read_presented_chain([each.certificate for each in chain]).pin

    def test_a_server_is_pinned_by_its_own_authority(self) -> None:
        self.assertEqual(self.pin(self.server, self.authority), self.authority.fingerprint)

    def test_without_an_own_authority_the_certificate_is_pinned(self) -> None:
        alone, large = issued("a.b"), issued("large", is_authority=True)
        of_large = issued("a.b", by=large)
        for chain in ((alone,), (of_large, large), (self.server,), (alone, self.authority)):
            self.assertEqual(self.pin(*chain), chain[0].fingerprint)

    def test_an_authority_without_name_constraints_is_not_the_servers_own(self) -> None:
        constraints = x509.NameConstraints([x509.DNSName("org")], None)
        usage = _signing()
        for length, extensions in ((0, (constraints,)), (0, (usage,)), (None, (constraints, usage))):
            large = issued("large", is_authority=True, path_length=length, extensions=extensions)

            self.assertNotEqual(self.pin(issued("a.b", by=large), large), large.fingerprint)
        small = issued("small", is_authority=True, path_length=0, extensions=(constraints, usage))
        self.assertEqual(self.pin(issued("a.b", by=small), small), small.fingerprint)

    def test_an_intermediate_authority_is_not_the_servers_own(self) -> None:
        extensions = (x509.NameConstraints([x509.DNSName("example.org")], None), _signing())
        world = issued("world", is_authority=True)
        company = issued("company", by=world, is_authority=True, path_length=0, extensions=extensions)

        server = issued("a.b", by=company)

        self.assertEqual(self.pin(server, company), server.fingerprint)

    def test_an_authority_that_did_not_sign_is_not_the_servers_own(self) -> None:
        forged = server_by(Issued(self.authority.certificate, new_key()))  # shown, without having its key

        self.assertEqual(self.pin(forged, self.authority), forged.fingerprint)


def _signing() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


class PinCheckTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.authority = own_authority()
        self.server = server_by(self.authority)
        self.seen = read_presented_chain([self.server.certificate, self.authority.certificate])

    def test_either_the_authority_or_the_certificate_matches(self) -> None:
        check_pin(self.seen, self.authority.fingerprint, NOON)
        check_pin(self.seen, self.server.fingerprint, NOON)

    def test_a_renewed_certificate_changes_nothing(self) -> None:
        renewed = server_by(self.authority)

        check_pin(
            read_presented_chain([renewed.certificate, self.authority.certificate]),
            self.authority.fingerprint,
            NOON,
        )

    def test_another_certificate_is_refused_with_both_fingerprints(self) -> None:
        with self.assertRaises(ServerNotTrusted) as raised:
            check_pin(self.seen, A, NOON)

        lines = str(raised.exception).splitlines()
        self.assertEqual(lines[2:4], [f"  {A[:47]}", f"  {A[48:]}"])
        self.assertEqual(":".join(line.strip() for line in lines[5:7]), self.authority.fingerprint)
        self.assertTrue(lines[7].endswith(f"--fingerprint {self.authority.fingerprint}"), lines)

    def test_under_a_pinned_authority_the_certificate_must_be_valid_now(self) -> None:
        for now in (NOON - 2 * DAY_S, NOON + 900 * DAY_S):
            with self.assertRaisesRegex(ServerNotTrusted, "is valid from 2027-01-14 to 2029-04-13 only"):
                check_pin(self.seen, self.authority.fingerprint, now)

    def test_a_pinned_certificate_may_have_expired(self) -> None:
        check_pin(self.seen, self.server.fingerprint, NOON + 9000 * DAY_S)


class KnownServersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "made" / "known_servers"

    def test_a_stored_fingerprint_is_read_again(self) -> None:
        pins = KnownServers(self.path)
        self.assertEqual(pins.get("a.b", 1), "")

        reasons = [pins.put("A.b.", 1, A), pins.put("a.b", 2, VERIFIED), pins.put("::1", 1, B)]

        again = KnownServers(self.path)
        self.assertEqual(reasons, ["", "", ""])
        self.assertEqual([again.get("a.B", 1), again.get("a.b", 2), again.get("::1", 1)], [A, VERIFIED, B])
        self.assertEqual(again.get("a.b", 3), "")

    def test_a_stored_fingerprint_can_be_replaced(self) -> None:
        KnownServers(self.path).put("a.b", 1, A)
        KnownServers(self.path).put("a.b", 1, B)

        self.assertEqual(KnownServers(self.path).get("a.b", 1), B)

    def test_two_clients_at_once_keep_each_others_entries(self) -> None:
        one, other = KnownServers(self.path), KnownServers(self.path)
        one.put("a.b", 1, A)
        other.put("c.d", 1, B)

        self.assertEqual((one.get("c.d", 1), other.get("a.b", 1)), (B, A))

    def test_only_the_user_may_read_the_file(self) -> None:
        self.addCleanup(os.umask, os.umask(0))

        KnownServers(self.path).put("a.b", 1, A)

        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.path.parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual([each.name for each in self.path.parent.iterdir()], ["known_servers"])

    def test_a_damaged_file_is_reported_and_not_changed(self) -> None:
        self.path.parent.mkdir(parents=True)
        good = f"a.b:1 {A}\n".encode()
        for line in (b"x\n", b"a.b:1 12\n", b"a.b 1\n", b"\xff\n", b"a.b:1 verified more\n", b"\n"):
            self.path.write_bytes(good + line)

            with self.assertRaisesRegex(ServerNotTrusted, "^line [12] of .*is damaged; delete it$"):
                KnownServers(self.path)
            self.assertEqual(self.path.read_bytes(), good + line)

    def test_an_entry_that_cannot_be_saved_is_reported_and_kept_for_the_run(self) -> None:
        pins = KnownServers(self.path)
        (self.path.parent / f"known_servers.{os.getpid()}").mkdir(parents=True)  # in the way

        reason = pins.put("a.b", 1, A)

        self.assertIn("cannot write", reason)
        self.assertEqual(pins.get("a.b", 1), A)
        self.assertEqual(KnownServers(self.path).get("a.b", 1), "")
