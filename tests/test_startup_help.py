"""The server tells its owner at the start how others can connect."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.startup_help import CertificateInfo, startup_help_lines

OWN = CertificateInfo(name="", authority="AB:CD", certificate="12:34")
GIVEN = CertificateInfo(name="", authority="", certificate="12:34")
VERIFIED = CertificateInfo(name="chat.example", authority="", certificate="12:34")


def help_lines(*hosts: str, certificate: CertificateInfo = OWN, lobby: str = "#lobby") -> list[str]:
    """Return the lines, in English."""
    return [text.format(**fields) for text, fields in startup_help_lines(hosts, 8067, lobby, certificate)]


class StartupHelpTests(SynchronousTestCase):
    def test_there_is_one_command_to_type_and_the_address_of_the_page(self) -> None:
        lines = help_lines("192.0.2.1", "2001:db8::1")

        self.assertIn("Others type: simplechat-client 'ircs://192.0.2.1:8067/lobby?fingerprint=abcd'", lines)
        self.assertIn("In a browser: https://192.0.2.1:8067/", lines)

    def test_both_fingerprints_are_shown(self) -> None:
        text = " ".join(help_lines("192.0.2.1"))

        self.assertIn("AB:CD", text)
        self.assertIn("12:34", text)

    def test_on_loopback_only_it_says_how_to_let_others_connect(self) -> None:
        lines = help_lines()

        self.assertIn("--ip 0.0.0.0", lines[0])
        self.assertNotIn("ircs://", " ".join(lines))

    def test_a_certificate_from_the_owner_has_its_own_fingerprint(self) -> None:
        lines = help_lines("2001:db8::1", certificate=GIVEN)

        self.assertIn("'ircs://[2001:db8::1]:8067/lobby?fingerprint=1234'", lines[0])

    def test_a_certificate_that_every_client_can_verify_needs_no_fingerprint(self) -> None:
        lines = help_lines("192.0.2.1", certificate=VERIFIED)

        self.assertEqual(
            lines,
            [
                "Others type: simplechat-client 'ircs://chat.example:8067/lobby'",
                "In a browser: https://chat.example:8067/",
            ],
        )

    def test_a_channel_of_any_name_can_be_typed(self) -> None:
        lines = help_lines("192.0.2.1", certificate=VERIFIED, lobby="#caf\u00e9/'?")

        self.assertIn("/caf%C3%A9%2F%27%3F'", lines[0])
