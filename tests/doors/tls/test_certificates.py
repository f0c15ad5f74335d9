"""The certificate that the server presents, and what happens when its files change."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from simplechat.doors.tls.certificates import Certificates, ConfiguredCertificate, open_certificates
from simplechat.doors.tls.key_pairs import CertificateError
from tests.support.certificates import (
    DAY_S,
    NOON,
    Handshake,
    Issued,
    client_context,
    forever,
    issued,
    written,
)


class CertificatesTests(SynchronousTestCase):
    """Tests with a certificate of the owner's."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(NOON)
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.first = issued("chat.example.org")
        self.put(self.first)
        source = ConfiguredCertificate(self.folder / "cert.pem", self.folder / "key.pem")
        self.certificates = Certificates(source, "chat.example.org", self.clock.seconds)

    def put(self, certificate: Issued, key: bytes | None = None) -> None:
        """Put other files in place, as certbot does: new ones under the old names."""
        for path in self.folder.iterdir():
            path.unlink()
        written(self.folder, cert=certificate.pem, key=key or certificate.key_pem())
        stamp = time.time_ns() + certificate.certificate.serial_number % 10**9
        os.utime(self.folder / "cert.pem", ns=(stamp, stamp))  # a file system's clock may be coarse

    def knock(self, context: SSL.Context | None = None, alpn: tuple[bytes, ...] = ()) -> Handshake:
        """Start a connection."""
        client = SSL.Connection(context or client_context(), None)
        if alpn:
            client.set_alpn_protos(list(alpn))
        return Handshake(self.certificates.serverConnectionForTLS(None), client)

    def seen(self) -> str:
        """Return the fingerprint that a new client sees."""
        knock = self.knock()
        knock.finish()
        certificate = knock.client.get_peer_certificate()
        assert certificate is not None
        return certificate.digest("sha256").decode()

    # -- what is shown ---------------------------------------------------------------------------------

    def test_it_is_what_twisted_asks_for(self) -> None:
        verifyObject(IOpenSSLServerConnectionCreator, self.certificates)

    def test_the_owners_certificate_is_shown_and_told(self) -> None:
        self.assertEqual(self.seen(), self.first.fingerprint)
        self.assertEqual(self.certificates.fingerprint, self.first.fingerprint)
        self.assertEqual(self.certificates.ends_at, NOON + DAY_S)
        self.assertEqual((self.certificates.ca_pem, self.certificates.ca_fingerprint), (None, ""))

    def test_versions_before_1_2_are_refused(self) -> None:
        for version, is_taken in (
            (SSL.TLS1_1_VERSION, False),
            (SSL.TLS1_2_VERSION, True),
            (SSL.TLS1_3_VERSION, True),
        ):
            context = client_context()
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
            knock = self.knock(context)
            if is_taken:
                knock.finish()
            else:
                self.assertRaises(SSL.Error, knock.finish)

    def test_what_is_inside_is_agreed_on_or_left_open(self) -> None:
        for offered, agreed in (
            ((b"irc",), b"irc"),
            ((b"http/1.1", b"irc"), b"irc"),
            ((b"h2", b"http/1.1"), b"http/1.1"),
            ((b"h2",), b""),
            ((b"foo",), b""),
            ((), b""),
        ):
            knock = self.knock(alpn=offered)
            knock.finish()

            self.assertEqual(knock.client.get_alpn_proto_negotiated(), agreed)

    # -- certificates of clients -----------------------------------------------------------------------

    def certified(self, client: Issued, *chain: Issued) -> SSL.Context:
        """Return a client with a certificate."""
        context = client_context()
        context.use_certificate(client.certificate)
        context.use_privatekey(client.key)
        for each in chain:
            context.add_extra_chain_cert(each.certificate)
        return context

    def test_any_certificate_of_a_clients_is_taken(self) -> None:
        selfmade, old = forever("ann"), issued("bob", begins=0, ends=DAY_S)
        unknown = forever("eve", by=forever("nobody", is_authority=True))
        for client in (selfmade, old, unknown):
            for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
                context = self.certified(client)
                context.set_max_proto_version(version)
                knock = self.knock(context)
                knock.finish()

                shown = knock.server.get_peer_certificate()
                self.assertEqual(shown and shown.digest("sha256").decode(), client.fingerprint)

    def test_who_comes_back_with_a_ticket_is_still_known(self) -> None:
        ann = forever("ann")
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            context = self.certified(ann)
            context.set_max_proto_version(version)
            first = self.knock(context)
            first.finish()
            first.server.send(b"hi")  # what brings the ticket of TLS 1.3
            first.carry()
            self.assertEqual(first.client.recv(99), b"hi")
            ticket = first.client.get_session()
            assert ticket is not None

            second = self.knock(context)
            second.client.set_session(ticket)
            second.finish()

            shown = second.server.get_peer_certificate()
            self.assertEqual(shown and shown.digest("sha256").decode(), ann.fingerprint)

    def test_what_clients_showed_is_in_their_tickets_and_not_kept_here(self) -> None:
        context = self.certified(forever("ann"))
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_TICKET)
        first = self.knock(context)
        first.finish()
        session = first.client.get_session()
        assert session is not None

        second = self.knock(context)
        second.client.set_session(session)
        second.finish()

        self.assertNotEqual(second.client.master_key(), first.client.master_key())

    def test_none_is_required(self) -> None:
        knock = self.knock()
        knock.finish()

        self.assertIsNone(knock.server.get_peer_certificate())

    def test_a_browser_is_not_asked_for_one(self) -> None:
        for alpn, is_asked in (
            ((b"h2", b"http/1.1"), False),
            ((b"http/1.1",), False),
            ((b"irc",), True),
            ((b"irc", b"http/1.1"), True),
        ):
            knock = self.knock(self.certified(forever("ann")), alpn)
            knock.finish()

            self.assertEqual(knock.server.get_peer_certificate() is not None, is_asked, alpn)

    def test_a_chain_of_100_kb_is_refused(self) -> None:
        many = [forever(f"authority {number}", is_authority=True) for number in range(40)]
        knock = self.knock(self.certified(forever("ann"), *many * 8))

        self.assertRaises(SSL.Error, knock.finish)

    # -- files that change -----------------------------------------------------------------------------

    def test_files_that_did_not_change_are_not_taken_up_anew(self) -> None:
        context = self.certificates._context

        self.certificates.refresh()

        self.assertIs(self.certificates._context, context)

    def test_new_files_are_shown_to_newcomers_and_nobody_is_dropped(self) -> None:
        here = self.knock()
        here.finish()
        second = issued("chat.example.org", ends=NOON + 90 * DAY_S)
        self.put(second)

        self.certificates.refresh()

        self.assertEqual(self.seen(), second.fingerprint)
        self.assertEqual(self.certificates.fingerprint, second.fingerprint)
        self.assertEqual(self.certificates.ends_at, NOON + 90 * DAY_S)
        here.client.send(b"still here")
        here.carry()
        self.assertEqual(here.server.recv(99), b"still here")

    def test_a_broken_pair_leaves_the_old_one_and_is_told_once(self) -> None:
        second = issued("chat.example.org")
        self.put(second, key=self.first.key_pem())

        with capturedLogs() as logged:
            self.certificates.refresh()
            self.certificates.refresh()

        self.assertEqual(self.seen(), self.first.fingerprint)
        self.assertIn("does not belong to the first certificate", self.certificates.trouble)
        self.assertEqual([event["trouble"] for event in logged], [self.certificates.trouble])

    def test_a_pair_that_becomes_whole_ends_the_trouble(self) -> None:
        second = issued("chat.example.org")
        self.put(second, key=self.first.key_pem())
        self.certificates.refresh()
        self.put(second)

        self.certificates.refresh()

        self.assertEqual((self.seen(), self.certificates.trouble), (second.fingerprint, ""))

    def test_files_that_are_gone_or_have_ended_leave_the_old_one(self) -> None:
        self.put(issued("chat.example.org", ends=NOON - 1))
        self.certificates.refresh()
        self.assertIn("ended on", self.certificates.trouble)

        (self.folder / "cert.pem").unlink()
        self.certificates.refresh()

        self.assertIn("No such file", self.certificates.trouble)
        self.assertEqual(self.seen(), self.first.fingerprint)


class StrangersTests(SynchronousTestCase):
    """Whether clients can verify the certificate."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.root = forever("root", is_authority=True)
        written(self.folder, roots=self.root.pem)
        before = dict(os.environ)
        os.environ["SSL_CERT_FILE"] = str(self.folder / "roots.pem")
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.pop, "SSL_CERT_FILE")
        self.clock = Clock()
        self.clock.advance(time.time())

    def shows(self, server: Issued, *chain: Issued, name: str = "chat.example.org") -> Certificates:
        """Present a certificate under a name."""
        pem = b"".join(each.pem for each in (server, *chain))
        path = written(self.folder, both=pem + server.key_pem()) / "both.pem"
        return Certificates(ConfiguredCertificate(path, path), name, self.clock.seconds)

    def test_a_chain_to_a_root_for_this_name_can_be_verified(self) -> None:
        middle = forever("middle", by=self.root, is_authority=True)

        self.assertTrue(self.shows(forever("chat.example.org", by=self.root)).is_verifiable)
        self.assertTrue(self.shows(forever("chat.example.org", by=middle), middle).is_verifiable)
        self.assertTrue(self.shows(forever("*.example.org", by=self.root)).is_verifiable)

    def test_anything_less_cannot(self) -> None:
        middle = forever("middle", by=self.root, is_authority=True)
        stranger = forever("stranger", is_authority=True)

        self.assertFalse(self.shows(forever("chat.example.org")).is_verifiable)
        self.assertFalse(self.shows(forever("chat.example.org", by=middle)).is_verifiable)
        self.assertFalse(self.shows(forever("chat.example.org", by=stranger), stranger).is_verifiable)
        self.assertFalse(self.shows(forever("chat.example.com", by=self.root)).is_verifiable)
        self.assertFalse(self.shows(forever("*.org", by=self.root), name="chat.example.org").is_verifiable)

    def test_by_our_own_authority_it_cannot_even_where_this_machine_trusts_that(self) -> None:
        certificates = open_certificates(
            data=self.folder,
            certificate="",
            key="",
            server_name="chat.example.org",
            listening=[],
            now=self.clock.seconds,
        )
        assert certificates.ca_pem is not None
        written(self.folder, roots=certificates.ca_pem)

        certificates._load()

        self.assertFalse(certificates.is_verifiable)

    def test_a_certificate_that_has_ended_cannot(self) -> None:
        certificates = self.shows(forever("chat.example.org", by=self.root))

        self.clock.rightNow = certificates.ends_at

        self.assertFalse(certificates.is_verifiable)


class OpeningTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.data = Path(self.mktemp())
        self.data.mkdir()

    def listen_or_raise(self, certificate: str = "", key: str = "", at: float = NOON) -> Certificates:
        """Open the certificate that the settings name."""
        return open_certificates(
            data=self.data,
            certificate=certificate,
            key=key,
            server_name="chat.example.org",
            listening=["127.0.0.1"],
            now=lambda: at,
        )

    def test_without_a_certificate_of_the_owners_there_is_our_own(self) -> None:
        certificates = self.listen_or_raise()

        self.assertEqual(certificates.ca_pem, (self.data / "tls" / "ca.pem").read_bytes())
        self.assertNotIn(certificates.ca_fingerprint, ("", certificates.fingerprint))
        self.assertFalse(certificates.is_verifiable)

    def test_our_own_is_renewed_while_the_server_runs(self) -> None:
        now = [NOON]
        certificates = open_certificates(
            data=self.data, certificate="", key="", server_name="a.b", listening=[], now=lambda: now[0]
        )
        first, ends = certificates.fingerprint, certificates.ends_at
        now[0] = ends - DAY_S

        certificates.refresh()

        self.assertNotEqual(certificates.fingerprint, first)
        self.assertGreater(certificates.ends_at, ends)
        self.assertEqual(certificates.trouble, "")

    def test_one_file_may_hold_certificate_and_key(self) -> None:
        server = issued("chat.example.org")
        path = written(self.data, both=server.pem + server.key_pem()) / "both.pem"

        self.assertEqual(self.listen_or_raise(str(path)).fingerprint, server.fingerprint)
        self.assertFalse((self.data / "tls").exists())

    def test_a_key_alone_is_refused(self) -> None:
        with self.assertRaisesRegex(CertificateError, "give --tls-cert, too"):
            self.listen_or_raise(key="key.pem")

    def test_a_key_that_openssl_finds_too_weak_is_refused_in_a_sentence(self) -> None:
        weak = issued("chat.example.org", key=generate_private_key(65537, 1024))
        path = written(self.data, both=weak.pem + weak.key_pem()) / "both.pem"

        with self.assertRaisesRegex(CertificateError, "OpenSSL rejects the certificate: .*too small"):
            self.listen_or_raise(str(path))
