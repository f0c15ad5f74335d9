"""MOTD, LUSERS and their kind; and no command breaks whatever it is given."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS
from simplechat.commands.server_queries import HISTORY_NOTICE
from simplechat.ircv3.message import parse
from tests.support.replies import codes
from tests.support.stage import Stage


class ServerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:pw",))
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_the_message_of_the_day_is_shown_line_by_line_and_that_all_is_kept(self) -> None:
        path = Path(self.mktemp())
        path.write_text("Welcome\n\nBe kind", "utf-8")
        stage = Stage(motd=str(path))
        (ann,) = stage.enter("ann")

        ann.says("MOTD")

        self.assertEqual(
            ann.hears(),
            [
                ":irc.test 375 ann :- irc.test Message of the day -",
                ":irc.test 372 ann :- Welcome",
                ":irc.test 372 ann :- ",
                ":irc.test 372 ann :- Be kind",
                f":irc.test 372 ann :- {HISTORY_NOTICE}",
                ":irc.test 376 ann :End of /MOTD command",
            ],
        )

    def test_users_and_channels_are_counted(self) -> None:
        self.ann.says("MODE ann +i", "OPER root pw", "JOIN #tea")
        self.ben.says("JOIN #tea", "PART #tea", "JOIN #milk", "PART #milk")
        self.stage.connect()
        (eve,) = self.stage.enter("eve")
        eve.drops()
        self.ann.hears()

        self.ann.says("LUSERS")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 251 ann :There are 1 users and 1 invisible on 1 server",
                ":irc.test 252 ann 1 :operator(s) online",
                ":irc.test 253 ann 1 :unregistered connection(s)",
                ":irc.test 254 ann 1 :channels formed",
                ":irc.test 255 ann :I have 2 clients and 0 servers",
                ":irc.test 265 ann 2 3 :Users here: 2, at most 3",
                ":irc.test 266 ann 2 3 :Users everywhere: 2, at most 3",
            ],
        )

    def test_what_runs_here_when_and_by_whom_is_told(self) -> None:
        for verb, numerics in (
            ("VERSION", ["351"]),
            ("INFO", ["371", "371", "371", "374"]),
            ("TIME", ["391"]),
            ("ADMIN", ["256", "257", "258", "259"]),
            ("MOTD", ["375", "372", "376"]),
        ):
            self.ann.says(verb)

            self.assertEqual(codes(self.ann), numerics)

    def test_the_time_is_the_clocks(self) -> None:
        self.stage.clock.advance(20)

        self.ann.says("TIME")

        self.assertEqual(self.ann.hears(), [":irc.test 391 ann irc.test :Sunday 2001-09-09 01:47:00 UTC"])

    def test_a_description_that_is_empty_breaks_nothing(self) -> None:
        (ann,) = Stage(description="").enter("ann")

        ann.says("ADMIN", "VERSION", "WHOIS ann")

        self.assertNotIn("FAIL", codes(ann))


class ListLengthTests(SynchronousTestCase):
    """Lists of names of maximum length are complete."""

    def test_members_with_long_nicks_in_a_channel_with_a_long_name(self) -> None:
        for letter in "xж日":
            room = "#" + "c" * 63
            nicks = [f"{letter * 19}{n:02d}" for n in range(40)]
            stage = Stage()
            *_, last = stage.enter(*nicks, room=room)

            last.says(f"NAMES {room}")

            lines = [line for line in last.hears() if " 353 " in line]
            listed = [nick.lstrip("@") for line in lines for nick in parse(line.encode()).params[-1].split()]
            self.assertEqual(sorted(listed), sorted(nicks))

    def test_channels_of_somebody_with_a_long_nick(self) -> None:
        rooms = [f"#{'c' * 60}{n:02d}" for n in range(30)]
        (ann,) = Stage(server_name="s" * 63).enter("日" * 21)
        for room in rooms:
            ann.says(f"JOIN {room}")
        ann.hears()

        ann.says("WHOIS " + "日" * 21)

        lines = [line.partition(" :")[2] for line in ann.hears() if " 319 " in line]
        self.assertEqual({word.lstrip("@") for line in lines for word in line.split()}, set(rooms))


class HostileTests(SynchronousTestCase):
    def test_no_command_breaks_whatever_it_is_given(self) -> None:
        stage = Stage()
        words = [
            "",
            "*",
            "#tea",
            "ann",
            ":",
            "::",
            ":a b",
            "x" * 200,
            "é" * 100,
            "#" + "é" * 200,
            "\x01\x02",
            "-",
            "+",
            "%",
        ]
        words += [
            ",",
            ",,,",
            "@#tea",
            "+b",
            "-k",
            "0",
            "999999999999",
            "L",
            "302",
            "ﷺ",
            "a!b@c",
            "~&",
            "ann,ben,#tea",
        ]
        stage.enter("ben", room="#tea")
        for verb in COMMANDS.keys() - {"QUIT"}:
            (ann,) = stage.enter("ann", caps="message-tags batch labeled-response", room="#tea")
            for one, two in product(words, words):
                ann.says(f"@label=1;+x=y {verb} {one} {two}")
            self.assertEqual([line for line in ann.hears() if "INTERNAL_ERROR" in line], [], verb)
            ann.drops()
        self.assertEqual(self.flushLoggedErrors(), [])
