"""The start tells the owner how to let others in."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.startup_help import CertificateInfo, startup_help_lines

OWN = CertificateInfo(name="", authority="AB:CD", certificate="12:34")
GIVEN = CertificateInfo(name="", authority="", certificate="12:34")
VERIFIED = CertificateInfo(name="chat.example", authority="", certificate="12:34")


def told(*hosts: str, shown: CertificateInfo = OWN, lobby: str = "#lobby") -> list[str]:
    """Give the lines, in English."""
    return [text.format(**fields) for text, fields in startup_help_lines(hosts, 8067, lobby, shown)]


class InvitationTests(SynchronousTestCase):
    def test_others_are_given_one_line_to_type_and_the_page(self) -> None:
        lines = told("192.0.2.1", "2001:db8::1")

        self.assertIn("Others type: simplechat-client 'ircs://192.0.2.1:8067/lobby?fingerprint=abcd'", lines)
        self.assertIn("In a browser: https://192.0.2.1:8067/", lines)

    def test_both_fingerprints_are_shown(self) -> None:
        text = " ".join(told("192.0.2.1"))

        self.assertIn("AB:CD", text)
        self.assertIn("12:34", text)

    def test_where_nobody_else_can_connect_it_is_told_how_they_can(self) -> None:
        lines = told()

        self.assertIn("--ip 0.0.0.0", lines[0])
        self.assertNotIn("ircs://", " ".join(lines))

    def test_a_certificate_of_the_owners_is_told_by_its_own_fingerprint(self) -> None:
        lines = told("2001:db8::1", shown=GIVEN)

        self.assertIn("'ircs://[2001:db8::1]:8067/lobby?fingerprint=1234'", lines[0])

    def test_a_certificate_that_strangers_can_verify_needs_none(self) -> None:
        lines = told("192.0.2.1", shown=VERIFIED)

        self.assertEqual(
            lines,
            [
                "Others type: simplechat-client 'ircs://chat.example:8067/lobby'",
                "In a browser: https://chat.example:8067/",
            ],
        )

    def test_a_room_of_any_name_can_be_typed(self) -> None:
        lines = told("192.0.2.1", shown=VERIFIED, lobby="#caf\u00e9/'?")

        self.assertIn("/caf%C3%A9%2F%27%3F'", lines[0])
