"""CAP and the registration in unusual orders."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.caps import CAPABILITIES
from tests.support.replies import codes
from tests.support.stage import Stage


class NegotiationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()

    def test_a_list_in_several_lines_has_a_star_in_all_but_the_last(self) -> None:
        (ann,) = self.stage.enter("ann", caps=" ".join(CAPABILITIES))

        ann.says("CAP LIST", "CAP LS 302")

        lines = ann.hears()
        self.assertTrue(all(len(line) <= 510 for line in lines))
        for verb in ("LIST", "LS"):
            *first, last = [line.partition(f" {verb} ")[2] for line in lines if f" {verb} " in line]
            self.assertTrue(all(each.startswith("* :") for each in first))
            self.assertFalse(last.startswith("*"))

    def test_an_older_client_is_told_in_one_line_of_what_is_no_draft_at_least(self) -> None:
        ann = self.stage.connect()

        ann.says("CAP LS")

        (line,) = ann.hears()
        ratified = {name for name in CAPABILITIES if "/" not in name}
        self.assertLessEqual(ratified, set(line.partition(" :")[2].split()))
        self.assertLessEqual(len(line), 510)

    def test_a_later_version_is_not_forgotten_by_an_earlier_one(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("CAP LS 302", "CAP LS", "CAP LS 301", "CAP LS x", "CAP LIST")

        self.assertEqual(ann.hears()[-1], ":irc.test CAP ann LIST cap-notify")

    def test_a_request_alone_holds_the_registration_and_asking_for_the_list_does_not(self) -> None:
        ann, ben = self.stage.connect(), self.stage.connect()

        ann.says("CAP REQ batch", "NICK ann", "USER ann 0 * :a")
        ben.says("CAP LIST", "NICK ben", "USER ben 0 * :b")

        self.assertEqual(codes(ann), ["CAP"])
        self.assertIn("001", codes(ben))

    def test_negotiating_later_does_not_hold_anything(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("CAP LS 302")
        ann.hears()

        ann.says("PING x", "CAP REQ :", "CAP END", "CAP END")

        self.assertEqual([code for code in codes(ann) if code != "CAP"], ["PONG"])

    def test_every_capability_can_be_enabled_and_disabled(self) -> None:
        (ann,) = self.stage.enter("ann")
        for name in CAPABILITIES:
            ann.says(f"CAP REQ {name}", f"CAP REQ -{name}")

            self.assertEqual([line.split()[3] for line in ann.hears()], ["ACK", "ACK"], name)
        ann.says("CAP LIST")
        self.assertEqual(ann.hears(), [":irc.test CAP ann LIST :"])

    def test_names_are_taken_as_they_are_written(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("CAP REQ Batch", "CAP REQ batch=1", "CAP REQ -", "CAP REQ --batch")

        self.assertEqual([line.split()[3] for line in ann.hears()], ["NAK"] * 4)

    def test_the_server_password_is_kept_when_a_nick_was_lost_meanwhile(self) -> None:
        stage = Stage(password="pw")
        slow, fast = stage.connect(), stage.connect()
        slow.says("CAP LS", "PASS pw", "NICK ann", "USER a 0 * :a")
        fast.says("PASS pw", "NICK ann", "USER b 0 * :b")

        slow.says("CAP END", "NICK ben")

        self.assertIn("001", codes(slow))

    def test_a_client_that_knows_no_tags_is_sent_none(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        ben.says("@+x=1;time=2;label=3 PRIVMSG #tea :hi", "TOPIC #tea", "NICK benny", "QUIT")

        self.assertEqual([line for line in ann.hears() if line.startswith("@")], [])


class PolicyTests(SynchronousTestCase):
    """Clients that can verify the server's certificate are told to use TLS only."""

    def told(self, host: str, version: int = 302, *, is_secure: bool = False, port: int = 8067) -> list[str]:
        """Connect; return the STS policies of the list."""
        stage = Stage()
        stage.hub.sts_port = port
        actor = stage.connect(host)
        actor.conversation._session.is_secure = is_secure
        actor.says(f"CAP LS {version}")
        return [word for line in actor.hears() for word in line.split() if word.lstrip(":").startswith("sts")]

    def test_a_client_without_tls_is_told_the_port(self) -> None:
        self.assertEqual(self.told("192.0.2.7"), ["sts=port=8067"])

    def test_a_client_with_tls_is_told_the_duration(self) -> None:
        self.assertEqual(self.told("192.0.2.7", is_secure=True), ["sts=duration=2592000"])

    def test_loopback_older_clients_and_unverifiable_certificates_get_no_policy(self) -> None:
        self.assertEqual(self.told("127.0.0.1"), [])
        self.assertEqual(self.told("192.0.2.7", 301), [])
        self.assertEqual(self.told("192.0.2.7", port=0), [])
        self.assertEqual(self.told("192.0.2.7", port=0, is_secure=True), [])

    def test_it_cannot_be_requested(self) -> None:
        stage = Stage()
        stage.hub.sts_port = 8067
        (ann,) = stage.enter("ann")

        ann.says("CAP REQ sts")

        self.assertEqual(ann.hears(), [":irc.test CAP ann NAK sts"])
