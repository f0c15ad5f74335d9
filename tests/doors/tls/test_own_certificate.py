"""Our own authority: made once, bound to its names, renewing the server's certificate in time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.tls.certificate_authority import SERVER_DAYS, issue, names_in, new_authority, new_key
from simplechat.doors.tls.key_pairs import CertificateError, read_chain
from simplechat.doors.tls.machine_names import names_of
from simplechat.doors.tls.own_certificate import RENEW_S, OwnCertificate
from tests.support.certificates import DAY_S, NOON, Issued, issued


def believes(root: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Tell whether OpenSSL accepts a certificate by this root."""
    store = X509Store()
    store.add_cert(X509.from_cryptography(root))
    store.set_time(datetime.fromtimestamp(NOON, UTC).replace(tzinfo=None))
    try:
        X509StoreContext(store, X509.from_cryptography(certificate)).verify_certificate()
    except X509StoreContextError:
        return False
    return True


class OwnTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(NOON)
        self.folder = Path(self.mktemp()) / "tls"
        self.folder.parent.mkdir()
        self.addresses = ["192.168.1.7", "203.0.113.9"]
        self.host = "pc7"

    def open_certificate(self) -> OwnCertificate:
        """Open the folder, as a start of the server does."""
        return OwnCertificate(
            self.folder,
            self.host,
            lambda: names_of("chat.example.org", self.host, self.addresses),
            self.clock.seconds,
        )

    def format_address(self) -> x509.Certificate:
        """Return the server's certificate as it is on disk."""
        return read_chain(self.folder / "server.pem")[0]

    def names(self) -> list[str]:
        """Return the names that the server's certificate is for."""
        found = self.format_address().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [str(each.value) for each in found]

    def why_not(self) -> str:
        """Return why the folder cannot be opened."""
        before = self.contents()
        with self.assertRaises(CertificateError) as raised:
            self.open_certificate()
        self.assertEqual(self.contents(), before)
        return str(raised.exception).replace(f"{self.folder}/", "")

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    # -- what is made ----------------------------------------------------------------------------------

    def test_nobody_else_may_read_what_is_made_even_where_all_else_is_open(self) -> None:
        self.addCleanup(os.umask, os.umask(0))

        self.open_certificate()

        modes = {path.name: path.stat().st_mode & 0o777 for path in self.folder.iterdir()}
        self.assertEqual(modes, dict.fromkeys(("ca.key", "ca.pem", "server.key", "server.pem"), 0o600))
        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual([path.name for path in self.folder.parent.iterdir()], ["tls"])

    def test_the_authority_vouches_for_its_own_names_and_private_networks_only(self) -> None:
        authority = self.open_certificate().authority

        find = authority.extensions.get_extension_for_class
        constraints, basic = find(x509.NameConstraints), find(x509.BasicConstraints)
        permitted = [each.value for each in constraints.value.permitted_subtrees or ()]
        self.assertTrue(constraints.critical)
        self.assertEqual((basic.critical, basic.value.ca, basic.value.path_length), (True, True, 0))
        self.assertTrue(find(x509.KeyUsage).value.key_cert_sign)
        self.assertEqual(
            [each for each in permitted if isinstance(each, str)],
            ["localhost", "local", "home.arpa", "internal", "chat.example.org", "pc7"],
        )
        self.assertIn(ip_network("203.0.113.9/32"), permitted)
        for network in permitted:
            self.assertFalse(not isinstance(network, str) and ip_address("198.51.100.1") in network)

    def test_the_certificate_is_for_the_machine_and_lasts_820_days(self) -> None:
        self.open_certificate()

        certificate = self.format_address()
        days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
        self.assertEqual(days, SERVER_DAYS)
        self.assertEqual(
            self.names(),
            [
                *("localhost", "chat.example.org", "pc7", "pc7.local"),
                *("127.0.0.1", "::1", "192.168.1.7", "203.0.113.9"),
            ],
        )

    def test_who_has_the_authority_can_verify_the_certificate(self) -> None:
        authority = self.open_certificate().authority
        builder = PolicyBuilder().store(Store([authority])).time(self.format_address().not_valid_before_utc)
        for subject in (x509.DNSName("localhost"), x509.IPAddress(ip_address("203.0.113.9"))):
            chain = builder.build_server_verifier(subject).verify(self.format_address(), [])

            self.assertEqual(chain, [self.format_address(), authority])

    def test_with_a_clock_that_was_never_set_nothing_is_made(self) -> None:
        self.clock.rightNow = 12.0

        with self.assertRaisesRegex(CertificateError, "the clock says 1970-01-01: set it"):
            self.open_certificate()

        self.assertFalse(self.folder.exists())

    def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(self) -> None:
        unfinished = self.folder.with_name("tls.new")
        unfinished.mkdir()
        (unfinished / "ca.key").write_bytes(b"half")
        self.folder.mkdir()

        self.open_certificate()

        self.assertEqual([path.name for path in self.folder.parent.iterdir()], ["tls"])

    # -- what is found ---------------------------------------------------------------------------------

    def test_the_next_start_changes_nothing(self) -> None:
        self.open_certificate()
        before = self.contents()

        self.open_certificate()

        self.assertEqual(self.contents(), before)

    def test_a_file_that_is_missing_or_damaged_is_told_and_nothing_overwritten(self) -> None:
        self.open_certificate()
        whole = self.contents()
        for name in ("ca.pem", "ca.key", "server.pem"):
            for damage in (None, b"", whole[name][:80]):
                if name == "server.pem" and damage is None:
                    continue
                path = self.folder / name
                path.unlink() if damage is None else path.write_bytes(damage)

                self.assertIn(name, self.why_not())
                path.write_bytes(whole[name])

    def test_what_is_not_ours_is_told(self) -> None:
        self.open_certificate()
        whole = self.contents()
        other = issued("other", is_authority=True)
        (self.folder / "server.pem").write_bytes(other.pem)
        self.assertIn("is not by the authority beside it; delete it", self.why_not())

        (self.folder / "server.pem").write_bytes(whole["server.pem"])
        (self.folder / "ca.pem").write_bytes(other.pem)
        (self.folder / "ca.key").write_bytes(other.key_pem())
        self.assertIn("is not an authority created by simplechat", self.why_not())

    def test_a_missing_certificate_is_made_anew_with_the_same_key(self) -> None:
        self.open_certificate()
        before = self.format_address()
        (self.folder / "server.pem").unlink()

        self.open_certificate()

        self.assertEqual(self.format_address().public_key(), before.public_key())

    def test_an_authority_that_has_ended_is_told(self) -> None:
        self.open_certificate()
        self.clock.advance(8000 * DAY_S)

        self.assertIn("ca.pem ended on", self.why_not())

    # -- renewal ---------------------------------------------------------------------------------------

    def test_the_certificate_is_renewed_before_it_ends_with_the_same_key(self) -> None:
        own = self.open_certificate()
        first = self.format_address()
        self.clock.advance(SERVER_DAYS * DAY_S - RENEW_S - 2 * DAY_S)
        own.renew()
        self.assertEqual(self.format_address(), first)

        self.clock.advance(2 * DAY_S)
        own.renew()

        second = self.format_address()
        self.assertEqual(second.public_key(), first.public_key())
        self.assertEqual((second.not_valid_after_utc - first.not_valid_after_utc).days, SERVER_DAYS - 60)
        self.assertEqual((self.folder / "server.pem").stat().st_mode & 0o777, 0o600)

    def test_a_clock_that_was_put_back_has_it_renewed(self) -> None:
        own = self.open_certificate()
        first = self.format_address()
        self.clock.rightNow -= 2 * DAY_S

        own.renew()

        self.assertLess(self.format_address().not_valid_before_utc, first.not_valid_before_utc)

    def test_an_address_that_the_machine_got_comes_in_and_the_old_stay(self) -> None:
        own = self.open_certificate()
        self.addresses = ["10.9.8.7"]

        own.renew()

        self.assertEqual(self.names()[4:], ["127.0.0.1", "::1", "10.9.8.7", "192.168.1.7", "203.0.113.9"])

    def test_an_address_of_ipv6_waits_since_many_machines_change_it_daily(self) -> None:
        own = self.open_certificate()
        first = self.format_address()
        self.addresses = ["192.168.1.7", "fd00::1234"]

        own.renew()

        self.assertEqual(self.format_address(), first)

    def test_what_the_authority_may_not_vouch_for_stays_out_and_is_named(self) -> None:
        own = self.open_certificate()
        first = self.format_address()
        self.addresses, self.host = ["198.51.100.4"], "other9"

        own.renew()

        self.assertNotEqual(self.format_address(), first)  # other9.local came in
        self.assertNotIn("198.51.100.4", self.names())
        self.assertEqual(own.names_not_permitted(), ["other9", "198.51.100.4"])

    def test_what_cannot_be_written_is_told_and_the_old_stays(self) -> None:
        own = self.open_certificate()
        first = self.format_address()
        self.clock.advance(SERVER_DAYS * DAY_S)
        (self.folder / "server.pem.new").mkdir()  # in the way of what is written

        with self.assertRaisesRegex(CertificateError, "cannot write .*server.pem"):
            own.renew()

        self.assertEqual(self.format_address(), first)

    def test_nobody_believes_what_is_issued_beyond_its_constraints(self) -> None:
        key = new_key()
        certificate = new_authority(key, "pc7", names_of("chat.example.org", "pc7", []), NOON)
        authority = Issued(certificate, key)
        for host, is_believed in (
            *(("chat.example.org", True), ("printer.local", True), ("10.9.8.7", True), ("fd00::7", True)),
            *(("bank.example.com", False), ("example.org", False), ("198.51.100.4", False)),
        ):
            server = issued("localhost", host, by=authority).certificate

            self.assertEqual(believes(certificate, server), is_believed, host)

    def test_what_an_authority_may_not_vouch_for_is_never_issued(self) -> None:
        key = new_key()
        authority = new_authority(key, "pc7", names_of("chat.example.org", "pc7", []), NOON)
        wanted = names_of("bank.example.com", "pc7", ["198.51.100.4"])

        certificate = issue(authority, key, new_key().public_key(), wanted, NOON)

        self.assertEqual(names_in(certificate).hosts, ("localhost", "pc7", "pc7.local"))
        self.assertEqual(list(map(str, names_in(certificate).addresses)), ["127.0.0.1", "::1"])
