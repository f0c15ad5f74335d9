"""Whatever others send, none of it controls a terminal or looks like something else."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.ui.json_lines import encode_event
from simplechat.terminal.sanitize import printable
from tests.support.client_harness import ALL_CAPS, CONTROL_TEXTS, ClientHarness
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Stage


class UntrustedTextTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.connects()
        self.client.receives(f":irc CAP * LS :{ALL_CAPS}=max-bytes=4096", f":irc CAP * ACK :{ALL_CAPS}")
        self.client.receives(":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby", ":irc 366 bob #lobby :End")

    def answers(self, kind: str, *lines: str) -> None:
        """Answer the open request with a batch."""
        opening = f"@draft/chathistory-end :irc BATCH +b {kind}"
        self.client.receives(opening, *(f"@batch=b;{line}" for line in lines), ":irc BATCH -b")

    def test_everything_that_is_shown_is_printable(self) -> None:
        for number, nasty in enumerate(CONTROL_TEXTS):
            word, tag = nasty.replace(" ", ""), nasty.replace(";", "")
            msgid = f"m{number}"
            self.answers("chathistory #lobby", f"msgid={msgid} :{word}!u@h PRIVMSG #lobby :{nasty}")
            self.client.receives(
                f"@msgid=r{msgid};+reply={msgid} :{word}!u@h PRIVMSG #lobby :{nasty}",
                f"@+reply={msgid};+draft/react={tag} :{word}!u@h TAGMSG #lobby",
                f"@+reply={msgid};+draft/unreact={tag} :{word}!u@h TAGMSG #lobby",
                f"@+reply={tag};+draft/react={tag} :{word}!u@h TAGMSG #lobby",
                f"@msgid=l{msgid} :{word}!u@h BATCH +m draft/multiline #lobby",
                f"@batch=m :{word}!u@h PRIVMSG #lobby :{nasty}",
                f"@batch=m :{word}!u@h PRIVMSG #lobby :{nasty}",
                f":{word}!u@h BATCH -m",
                f":{word}!u@h REDACT #lobby {msgid} :{nasty}",
                f":{word}!u@h REDACT #lobby {word} :{nasty}",
                f":irc MARKREAD #lobby timestamp={word}",
                f":irc 900 bob x {word} :{nasty}",
                f":irc REGISTER SUCCESS {word} :{nasty}",
                f":irc FAIL REGISTER {word} {word} :{nasty}",
                f":irc NOTE PASSWD {word} :{nasty}",
                f":irc 005 bob CHATHISTORY={word} :{nasty}",
            )
            self.client.types("/history")
            self.answers(
                "chathistory #lobby", f"msgid=h{msgid};+reply={msgid} :{word}!u@h PRIVMSG #lobby :{nasty}"
            )
            self.client.types("/search x")
            self.answers("search", f"msgid=s{msgid} :{word}!u@h PRIVMSG #{word} :{nasty}")
            self.client.types("/search x")
            self.client.receives(f":irc FAIL SEARCH {word} :{nasty}")

        shown = self.client.screen.value().decode().split("\n")

        self.assertEqual([line for line in shown if line != printable(line)], [])
        self.assertGreater(len([line for line in shown if "]52;c" in line]), 10)

    def test_a_line_of_a_message_cannot_look_like_another_message(self) -> None:
        self.answers("chathistory #lobby")
        self.client.shows()

        self.client.receives(
            ":eve!e@h BATCH +m draft/multiline #lobby",
            "@batch=m :eve!e@h PRIVMSG #lobby hi",
            "@batch=m :eve!e@h PRIVMSG #lobby :12:00 ann: I agree",
            ":eve!e@h BATCH -m",
        )

        self.assertEqual(self.client.shows(), ["12:00 eve: hi", "      | 12:00 ann: I agree"])

    def test_programs_get_ascii_only(self) -> None:
        stage = Stage()
        ann = InMemoryClient(stage, "ann")
        ann.types("hi \u202e\x9b", "/history", "/search hi", "/react \x1b[2J")

        lines = [line for event in ann.screen.events for line in encode_event(event)]

        self.assertTrue(all(line.isascii() and line.isprintable() for line in lines))
        self.assertEqual(sum('"number": 1' in line for line in lines), 2)
