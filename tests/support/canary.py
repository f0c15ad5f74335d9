"""A secret in a channel and between two users, and every way to ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS
from tests.support.questions import questions
from tests.support.replies import heard
from tests.support.stage import Actor, Stage

CANARY = "canary"


ALL = (
    "message-tags server-time batch echo-message labeled-response extended-join invite-notify "
    "draft/chathistory draft/event-playback draft/message-redaction draft/multiline draft/read-marker "
    "draft/search"
)


FIRST, LAST = "timestamp=2000-01-01T00:00:00.000Z", "timestamp=2100-01-01T00:00:00.000Z"


def askings(target: str, msgids: list[str]) -> Iterator[str]:
    """Yield every line by which a client can ask for messages."""
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
    """Two users with a secret, ann and ben, and two who must not see it.

    Attributes:
        caps: What all of them but the last can do.
    """

    caps = ALL

    def setUp(self) -> None:
        self.stage = Stage(replay=50)
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", caps=self.caps)
        (self.plain,) = self.stage.enter("plain")

    def tells(self, room: str) -> list[str]:
        """Send the secret to a channel and in private in every form; return its msgids."""
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
        """Let outsiders send every question; return the lines that contain the secret."""
        told: list[str] = []
        for outsider in outsiders:
            outsider.hears()
            for verb in sorted(COMMANDS.keys() - OUT_OF_BOUNDS):
                for question in questions(verb):
                    outsider.says(question.replace("#hideout", targets[0]))
            for target in targets:
                outsider.says(*askings(target, msgids))
            told += [line for line in outsider.hears() if CANARY in line]
        return told


OUT_OF_BOUNDS = {
    "QUIT",
    "PASS",
    "USER",
    "NICK",
    "JOIN",
    "PART",
}  # they end or change who asks, or let them in
