"""The rules for nicks and channel names."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import Refused
from simplechat.hub.names import check_channel_name, check_nick


class NickTests(SynchronousTestCase):
    def test_letters_of_one_script_digits_and_some_punctuation_are_valid(self) -> None:
        for good in ("ann", "Ann2", "_a-b", "[a]{b}\\|^`", "Пётр", "José", "日本", "नमस्ते", "x" * 30):
            self.assertEqual(check_nick(good, "irc.test"), good)

    def test_a_nick_is_normalized(self) -> None:
        self.assertEqual(check_nick("Jose\u0301", "irc.test"), "José")

    def test_deceptive_or_unsafe_nicks_are_refused(self) -> None:
        self.assertRaises(Refused, check_nick, "日" * 22, "irc.test")
        for bad in (
            *(
                "",
                "*",
                "2ann",
                "-ann",
                "a b",
                "a!b",
                "a@b",
                "a:b",
                "a,b",
                "#a",
                "@a",
                "+a",
                "a*",
                "a?",
                "~a",
                "a.b",
            ),
            *(
                "a\u202eb",
                "a\u200bb",
                "a\u00a0b",
                "a\nb",
                "x" * 31,
                "ann\ufe0f",
                "be\u034fn",
                "\u3164",
                "\u0301a",
                "\u0430nn",
                "ann😀",
                "NickServ",
                "irc.test",
                "chanserv",
            ),
        ):
            self.assertRaises(Refused, check_nick, bad, "irc.test")


class ChannelNameTests(SynchronousTestCase):
    def test_a_hash_and_visible_characters_are_valid(self) -> None:
        for good in ("#a", "#mañana", "##", "#a:b", "#" + "x" * 63):
            check_channel_name(good)

    def test_other_names_are_refused(self) -> None:
        for bad in (
            "",
            "#",
            "a",
            "&a",
            "#a b",
            "#a\x07",
            "#a\u200bb",
            "#a\u202eb",
            "#" + "x" * 64,
            "#" + "é" * 32,
        ):
            self.assertRaises(Refused, check_channel_name, bad)
