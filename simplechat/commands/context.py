"""What a verb is given: the hub, the session that asks, its message, and the entry that it fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn

from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.policy import must_be_visible
from simplechat.hub.records import Record
from simplechat.hub.session import Session
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, in_lines, spare_bytes
from simplechat.ircv3.numerics import ERR_NEEDMOREPARAMS, Numeric


class Context:
    """One command's surroundings."""

    __slots__ = ("entry", "hub", "message", "session")

    def __init__(self, hub: Hub, session: Session, message: Message, entry: Entry) -> None:
        self.hub = hub
        self.session = session
        self.message = message
        self.entry = entry

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.hub.now()

    @property
    def user(self) -> User:
        """Who asks; only for verbs that need a registered user."""
        assert self.session.user is not None
        return self.session.user

    def channel(self, name: str) -> Channel:
        """Give the channel of this name.

        Raises:
            Refused: There is none that the user may know of.
        """
        channel = self.hub.channel(name)
        must_be_visible(channel, self.user, name)
        return channel

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
        """Answer this session with a numeric; see `numeric`."""
        self.send(self.numeric(numeric, *params, **fields), (self.session,))

    def numeric(self, numeric: Numeric, *params: str, **fields: object) -> Message:
        """Give a numeric for this session: its nick, the params, then the words with fields filled in."""
        words = (numeric.words.format(**fields) if fields else numeric.words,) if numeric.words else ()
        params = (self.session.known_as, *params, *words)
        return Message(numeric.code, params, self.hub.config.server_name)

    def reply_list(self, numeric: Numeric, *params: str, words: Iterable[str], between: str = " ") -> None:
        """Answer with a numeric whose last parameter is a list, in as many lines as that needs."""
        head = Message(numeric.code, (self.session.known_as, *params), self.hub.config.server_name)
        for line in in_lines(words, spare_bytes(head), between):
            self.send(head._replace(params=(*head.params, line)), (self.session,))

    def attempt(self, do: Callable[..., None], *args: object) -> None:
        """Do one of several things; if it is refused, answer so and go on with the next."""
        try:
            do(self, *args)
        except Refused as refused:
            self.reply(refused.numeric, *refused.params, **refused.fields)

    def refuse_arity(self) -> NoReturn:
        """Refuse the command for too few parameters."""
        name = self.message.command
        raise Refused(ERR_NEEDMOREPARAMS, name, command=name)

    def fail(self, code: str, *params: str) -> None:
        """Answer that the command failed; the last param is a sentence for people.

        Spec: https://ircv3.net/specs/extensions/standard-replies
        """
        self.answer("FAIL", self.message.command, code, *params)
