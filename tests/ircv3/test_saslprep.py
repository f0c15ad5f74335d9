"""SASLprep: the normal form of passwords."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.saslprep import BadPassword, prepare_password


class SaslprepTests(SynchronousTestCase):
    def test_the_examples_of_rfc_4013(self) -> None:
        for text, prepared in (
            ("I\u00adX", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u00aa", "a"),
            ("\u2168", "IX"),
            ("a\u00a0b", "a b"),
            ("\u06271\u0628", "\u06271\u0628"),
            ("ñoña 👍", "ñoña 👍"),
        ):
            self.assertEqual(prepare_password(text), prepared)
        for text in ("\u0007", "\u06271", "\u0627a\u0628", "", "\u00ad", "\u200b", "é\u200e", "é\ue000"):
            self.assertRaises(BadPassword, prepare_password, text)
