"""Logging in by SASL PLAIN, and an account with a guest in one channel."""

from __future__ import annotations

import base64

from twisted.trial.unittest import SynchronousTestCase

from tests.support.stage import Actor, FaultyStore, Stage


def plain(name: str, password: str) -> tuple[str, str]:
    """Return the lines of a SASL PLAIN login."""
    return "AUTHENTICATE PLAIN", encoded(f"\0{name}\0{password}")


class Stays(SynchronousTestCase):
    """An account's owner and a guest in one channel.

    Attributes:
        ann: The owner's first connection.
        ben: The guest's.
    """

    def setUp(self) -> None:
        self.stage = Stage()
        (self.ben,) = self.stage.enter("ben", caps="away-notify", room="#tea")
        (ann,) = self.stage.enter("ann")
        ann.says("REGISTER * * sesame", "QUIT")
        self.ann = self.comes()
        self.ann.says("JOIN #tea")
        self.ann.hears()
        self.ben.hears()

    def comes(self, nick: str = "ann", caps: str = "", stage: Stage | None = None) -> Actor:
        """Log in on one more connection."""
        actor = (stage or self.stage).connect()
        actor.says("CAP LS 302", f"CAP REQ :{caps}", *plain("ann", "sesame"))
        actor.says(f"NICK {nick}", f"USER {nick} 0 * :A name", "CAP END")
        return actor

    def again(self) -> Stage:
        """Restart the server on what is stored."""
        return Stage(FaultyStore(self.stage.store.inner))


def encoded(text: str | bytes) -> str:
    """Encode a client's message in a SASL exchange."""
    data = text.encode() if isinstance(text, str) else text
    return f"AUTHENTICATE {base64.b64encode(data).decode() or '+'}"
