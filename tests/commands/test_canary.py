"""What is not for somebody does not reach them, whatever they say: not a byte of it."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import TABLE
from tests.commands.test_history import heard
from tests.commands.test_privacy import questions
from tests.support.stage import Actor, Stage

CANARY = "canary"
ALL = (
    "message-tags server-time batch echo-message labeled-response extended-join invite-notify "
    "draft/chathistory draft/event-playback draft/message-redaction draft/multiline draft/read-marker "
    "draft/search"
)
OUT_OF_BOUNDS = {
    "QUIT",
    "PASS",
    "USER",
    "NICK",
    "JOIN",
    "PART",
}  # they end or change who asks, or let them in
FIRST, LAST = "timestamp=2000-01-01T00:00:00.000Z", "timestamp=2100-01-01T00:00:00.000Z"


def askings(target: str, msgids: list[str]) -> Iterator[str]:
    """Give lines that ask for what was said, in every way there is."""
    places = [FIRST, LAST, "msgid=0000000000000", *(f"msgid={msgid}" for msgid in msgids)]
    for place in ("*", *places):
        yield f"CHATHISTORY LATEST {target} {place} 100"
        for verb in ("BEFORE", "AFTER", "AROUND"):
            yield f"CHATHISTORY {verb} {target} {place} 100"
            yield f"@label=x CHATHISTORY {verb} {target} {place} 1"
        yield f"CHATHISTORY BETWEEN {target} {place} {LAST} 100"
    yield f"CHATHISTORY TARGETS {FIRST} {LAST} 100"
    yield from (f"REDACT {target} {msgid}" for msgid in msgids)
    for attributes in ("", f"in={target};", "from=ann;", "from=ben;"):
        yield f"SEARCH {attributes}text={CANARY}"
        yield f"SEARCH {attributes}limit=100"
    yield f"MARKREAD {target}"
    yield f"ROOM {target}"
    yield f"BATCH +1 draft/multiline {target}"
    yield f"@batch=1 PRIVMSG {target} :x"
    yield "BATCH -1"


class Canary(SynchronousTestCase):
    """Two who have a secret, ann and ben, and two who must not hear of it.

    Attributes:
        caps: What all of them but the last can do.
    """

    caps = ALL

    def setUp(self) -> None:
        self.stage = Stage(replay=50)
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", caps=self.caps)
        (self.plain,) = self.stage.enter("plain")

    def tells(self, room: str) -> list[str]:
        """Have everything said in a room and between two that must not be heard outside; give its msgids."""
        self.ann.hears()
        self.ann.says(
            f"PRIVMSG {room} :a {CANARY}",
            f"NOTICE {room} :a {CANARY}",
            f"@+draft/react={CANARY} TAGMSG {room}",
            f"TOPIC {room} :{CANARY}",
            f"BATCH +1 draft/multiline {room}",
            f"@batch=1 PRIVMSG {room} :a",
            f"@batch=1 PRIVMSG {room} :{CANARY}",
            "BATCH -1",
            f"PRIVMSG @{room} :a {CANARY}",
            f"PRIVMSG ben :a {CANARY}",
        )
        return [message.tags["msgid"] for message in heard(self.ann) if "msgid" in message.tags]

    def heard_of_it(self, outsiders: list[Actor], targets: list[str], msgids: list[str]) -> list[str]:
        """Have outsiders say everything; give the lines in which the canary sings."""
        told: list[str] = []
        for outsider in outsiders:
            outsider.hears()
            for verb in sorted(TABLE.keys() - OUT_OF_BOUNDS):
                for question in questions(verb):
                    outsider.says(question.replace("#hideout", targets[0]))
            for target in targets:
                outsider.says(*askings(target, msgids))
            told += [line for line in outsider.hears() if CANARY in line]
        return told


class CanaryTests(Canary):
    def test_secret_keyed_and_closed_rooms_stay_so(self) -> None:
        for number, lock in enumerate(("+s", "+i", "+k x")):
            room = f"#den{number}"
            self.ann.says(f"JOIN {room}", f"MODE {room} {lock}")
            msgids = self.tells(room)

            outsiders = [self.eve, self.plain]

            self.assertEqual(self.heard_of_it(outsiders, [room, f"@{room}", "ben", "ann"], msgids), [])

    def test_who_has_left_reads_nothing_more(self) -> None:
        for leaving in ("PART #den", "KICK"):
            self.ann.says("JOIN #den")
            self.eve.says("JOIN #den", leaving if leaving != "KICK" else "PING x")
            if leaving == "KICK":
                self.ann.says("KICK #den eve")
            msgids = self.tells("#den")
            self.ann.says("TOPIC #den :for all to see")

            self.assertEqual(self.heard_of_it([self.eve], ["#den"], msgids), [])

    def test_who_comes_later_reads_nothing_from_before_where_the_room_says_so(self) -> None:
        self.ann.says("JOIN #den", "ROOM #den history joined")
        msgids = self.tells("#den")
        self.ann.says("TOPIC #den :other", "MODE #den +t")

        for actor in (self.eve, self.plain):
            actor.says("JOIN #den")
            heard_at_once = [line for line in actor.hears() if CANARY in line]
            self.assertEqual(heard_at_once + self.heard_of_it([actor], ["#den"], msgids), [])

    def test_a_room_that_began_anew_keeps_what_was_closed(self) -> None:
        self.ann.says("JOIN #den", "MODE #den +s")
        msgids = self.tells("#den")
        self.ann.says("PART #den")

        self.eve.says("JOIN #den")

        self.assertEqual(self.heard_of_it([self.eve], ["#den"], msgids), [])

    def test_who_takes_a_nick_does_not_take_its_conversations(self) -> None:
        msgids = self.tells("#none")
        self.ben.says("QUIT")
        (thief,) = self.stage.enter("ben", caps=ALL)

        self.assertEqual(self.heard_of_it([thief, self.eve], ["ann", "ben"], msgids), [])

    def test_the_canary_does_sing_for_who_may_hear_it(self) -> None:
        self.ann.says("JOIN #den")
        self.ben.says("JOIN #den")
        msgids = self.tells("#den")

        self.assertGreater(len(self.heard_of_it([self.ben], ["#den"], msgids)), 20)
