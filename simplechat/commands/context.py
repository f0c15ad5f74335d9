"""What a verb is given: the hub, the session that asks, its message, and the entry that it fills."""

from __future__ import annotations

from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.records import Record
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.message import Message
from simplechat.ircv3.numerics import Numeric


class Context:
    """One command's surroundings."""

    __slots__ = ("entry", "hub", "message", "session")

    def __init__(self, hub: Hub, session: Session, message: Message, entry: Entry) -> None:
        self.hub = hub
        self.session = session
        self.message = message
        self.entry = entry

    @property
    def user(self) -> User:
        """Who asks; only for verbs that need a registered user."""
        assert self.session.user is not None
        return self.session.user

    def keep(self, record: Record) -> None:
        """Have a record written before anything of this command is said."""
        self.entry.keep(record)

    def send(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; a copy to this session is part of the response."""
        self.entry.send(message, listeners)

    def relay(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; no copy of it is part of the response."""
        self.entry.relay(message, listeners)

    def answer(self, command: str, *params: str) -> None:
        """Say something to this session, from the server."""
        self.send(Message(command, params, self.hub.config.server_name), (self.session,))

    def reply(self, numeric: Numeric, *params: str, **fields: object) -> None:
        """Answer this session with a numeric: its nick, the params, then the words with fields filled in."""
        words = (numeric.words.format(**fields) if fields else numeric.words,) if numeric.words else ()
        self.answer(numeric.code, self.session.known_as, *params, *words)

    def fail(self, code: str, *params: str) -> None:
        """Answer that the command failed; the last param is a sentence for people.

        Spec: https://ircv3.net/specs/extensions/standard-replies
        """
        self.answer("FAIL", self.message.command, code, *params)
