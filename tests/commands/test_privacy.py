"""Outsiders learn nothing of a closed channel, whatever they ask."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS
from tests.support.questions import questions
from tests.support.stage import Stage

ROOM = "#HideOut"
OUT_OF_BOUNDS = {"QUIT", "PASS", "USER", "NICK", "REGISTER", "AUTHENTICATE"}  # they end or change who asks


class ClosedRoom(SynchronousTestCase):
    """A channel with a topic, a lock, messages and two members, one of them away; and an outsider.

    Attributes:
        lock: The change of modes that closes the channel.
        verbs: The lines that ask.
    """

    lock = "+s"
    verbs = COMMANDS.keys() - OUT_OF_BOUNDS

    def setUp(self) -> None:
        self.stage = Stage(replay=50)
        (self.ann,) = self.stage.enter("ann", room=ROOM)
        self.ann.says(f"MODE {ROOM} {self.lock}", f"MODE {ROOM} +b gus!*@*", f"TOPIC {ROOM} :green tea")
        (self.ben,) = self.stage.enter("ben")
        self.ann.says(f"INVITE ben {ROOM}")
        self.ben.says(f"JOIN {ROOM}", "AWAY :lunch")
        self.ann.says(f"PRIVMSG {ROOM} :hear hear", f"PRIVMSG @{ROOM} :for ops only")
        caps = (
            "message-tags server-time batch echo-message invite-notify away-notify extended-monitor setname"
        )
        (self.eve,) = self.stage.enter("eve", caps=caps)

    def answers(self) -> dict[str, list[str]]:
        """Send all lines; return the replies."""
        given: dict[str, list[str]] = {}
        for verb in sorted(self.verbs):
            for question in questions(verb):
                self.eve.says(question)
                given[question] = [re.sub("^@[^ ]* ", "", line) for line in self.eve.hears()]
        return given

    def telling(self, *words: str) -> list[str]:
        """Send all lines; return the replies that contain one of these words."""
        heard = [f"{asked} -> {line}" for asked, lines in self.answers().items() for line in lines]
        return [each for each in heard if any(word in each.partition(" -> ")[2] for word in words)]


class SecretTests(ClosedRoom):
    verbs = ClosedRoom.verbs - {
        "JOIN",
        "LUSERS",
    }  # who knows its name may come in; one may know how many there are

    def test_no_reply_holds_the_name_the_topic_or_a_message(self) -> None:
        self.assertEqual(self.telling(ROOM, "green tea", "hear hear", "for ops only"), [])

    def test_every_reply_is_as_for_a_channel_that_does_not_exist(self) -> None:
        about = self.answers()

        self.ann.says(f"PART {ROOM}")
        self.ben.says(f"PART {ROOM}")
        self.eve.hears()
        without = self.answers()

        told = [
            f"{asked} -> {lines}"
            for asked, lines in about.items()
            if lines != without[asked] and not asked.startswith("MODE eve")
        ]
        self.assertEqual(told, [])

    def test_a_members_status_in_it_is_not_told(self) -> None:
        self.eve.says("WHO ann", "WHO *", "WHO ann %cnf")

        self.assertEqual([line for line in self.eve.hears() if "H@" in line], [])


class KeyedTests(ClosedRoom):
    lock = "+k sesame"

    def test_no_reply_holds_the_key_the_topic_or_a_message(self) -> None:
        self.assertEqual(self.telling("sesame", "green tea", "hear hear", "for ops only"), [])


class InviteOnlyTests(ClosedRoom):
    lock = "+i"

    def test_no_reply_holds_the_topic_or_a_message(self) -> None:
        self.assertEqual(self.telling("green tea", "hear hear", "for ops only"), [])


class SilenceTests(ClosedRoom):
    def test_events_inside_do_not_reach_outsiders(self) -> None:
        for lock in ("-s+k sesame", "-k+i x", "-i+s"):
            self.ann.says(f"MODE {ROOM} {lock}", f"TOPIC {ROOM} :more tea", f"PRIVMSG {ROOM} :hear")
            self.ben.says("AWAY :again", "AWAY", "SETNAME :Ben", f"TAGMSG {ROOM}", f"NOTICE {ROOM} :x")
            self.ann.says(f"KICK {ROOM} ben", f"INVITE ben {ROOM}")
            self.ben.says(f"JOIN {ROOM}")

        self.assertEqual(self.eve.hears(), [])


class InvisibleTests(SynchronousTestCase):
    def test_a_channel_of_an_invisible_user_is_shown_to_those_in_it_only(self) -> None:
        stage = Stage()
        ann, eve = stage.enter("ann", "eve")
        ann.says("JOIN #open", "MODE ann +i")

        eve.says("WHOIS ann", "WHO ann", "WHO ann %cn")

        self.assertEqual([line for line in eve.hears() if "#open" in line], [])
