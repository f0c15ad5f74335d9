"""Bots are marked as such: in WHO, in WHOIS, and on everything that they do, also in history."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.stage import Stage

CAPS = "message-tags batch draft/chathistory draft/event-playback"


class BotTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", caps=CAPS, room="#tea")
        (self.bot,) = self.stage.enter("robot")
        self.bot.says("MODE robot +B", "JOIN #tea")

    def acts(self) -> None:
        """Do something of every kind."""
        self.bot.says("PRIVMSG #tea :beep", "NOTICE #tea :boop", "PART #tea :bye", "JOIN #tea", "NICK robot2")

    def test_everything_that_a_bot_does_has_the_tag(self) -> None:
        self.acts()
        self.bot.says("AWAY :x", "QUIT")

        lines = [line for line in self.ann.hears() if " :robot" in line]

        self.assertEqual(len(lines), 7)
        for line in lines:
            self.assertIn("bot", line.split(" ")[0].lstrip("@").split(";"), line)

    def test_history_marks_what_a_bot_did_although_it_is_none_any_more(self) -> None:
        self.acts()
        self.bot.says("MODE robot2 -B", "PRIVMSG #tea :I am human")
        self.ann.hears()

        self.ann.says("CHATHISTORY LATEST #tea * 50")

        tagged = {line.rpartition(" ")[2] for line in self.ann.hears() if ";bot" in line.split(" ")[0]}
        self.assertEqual(tagged, {"#tea", "beep", "boop", "bye", "robot2"})

    def test_those_who_take_no_tags_get_none(self) -> None:
        (old,) = self.stage.enter("old", room="#tea")

        self.bot.says("PRIVMSG #tea :beep")

        self.assertEqual(old.hears(), [":robot!robot@127.0.0.1 PRIVMSG #tea beep"])

    def test_who_and_whois_show_that_a_user_is_a_bot(self) -> None:
        self.ann.hears()

        self.ann.says("WHOIS robot", "WHO robot")

        heard = self.ann.hears()
        self.assertIn(":irc.test 335 ann robot :is a bot", heard)
        self.assertTrue(any(" 352 " in line and " HB " in line for line in heard), heard)


class IconTests(SynchronousTestCase):
    def test_the_networks_icon_is_told_in_one_token(self) -> None:
        stage = Stage(icon="https://example.org/icon.png?size=64")
        ann = stage.connect()

        ann.says("NICK ann", "USER ann 0 * :ann")

        tokens = [token for line in ann.hears() if " 005 " in line for token in line.split(" ")]
        self.assertIn(r"draft/ICON=https://example.org/icon.png?size\x3D64", tokens)

    def test_without_one_there_is_no_token(self) -> None:
        ann = Stage().connect()

        ann.says("NICK ann", "USER ann 0 * :ann")

        self.assertNotIn("ICON", "".join(ann.hears()))
