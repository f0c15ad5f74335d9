"""What a verb is given: the hub, the session that asks, its message, and the entry that it fills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import PasswordHasher
from simplechat.hub.policy import must_see_channel
from simplechat.hub.records import Record
from simplechat.hub.session import Session
from simplechat.hub.store import Store
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, join_words, spare_bytes
from simplechat.ircv3.numerics import ERR_NEEDMOREPARAMS, Numeric
from simplechat.locale import gettext
from simplechat.owner_answers import (
    Answer,
    Cell,
    ClearScreen,
    EndOfAnswer,
    ErrorNotice,
    Notice,
    Progress,
    Properties,
    Question,
    StartPython,
    Table,
)


@dataclass(frozen=True, slots=True)
class Services:
    """What verbs can use beyond the hub.

    Attributes:
        store: Where everything is kept.
        put: Hands an entry to the ledger.
        settled: Waits until every entry that was put so far has been spoken.
        stop: Ends the server in so many seconds; people are told the reason.
        note: Has something ordinary written to the log file.
        passwords: Hashes passwords.
    """

    store: Store
    put: Callable[[Entry], None]
    settled: Callable[[], Awaitable[None]]
    stop: Callable[[float, str], None]
    note: Callable[[str], None]
    passwords: PasswordHasher


class Context:
    """One command's surroundings."""

    __slots__ = ("entry", "hub", "message", "services", "session")

    def __init__(self, hub: Hub, services: Services, session: Session, message: Message) -> None:
        self.hub = hub
        self.services = services
        self.session = session
        self.message = message
        self.entry = Entry(session, message.command, self._label())

    def _label(self) -> str:
        """Give the label that the command carries, where the session may use labels."""
        tags = self.message.tags
        return tags.get("label", "") if tags and self.session.has_labels else ""

    def at(self, session: Session) -> Context:
        """Give the surroundings of another session that is answered by the same command."""
        other = Context(self.hub, self.services, session, self.message)
        other.entry = self.entry
        return other

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
        must_see_channel(channel, self.user, name)
        return channel

    def keep(self, record: Record) -> None:
        """Have a record written before anything of this command is said."""
        self.entry.keep(record)

    def send(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; a copy to this session is part of the response."""
        self.entry.send(self._signed(message), listeners)

    def relay(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; no copy of it is part of the response."""
        self.entry.relay(self._signed(message), listeners)

    def _signed(self, message: Message) -> Message:
        """Let a message of who asks tell who that is."""
        user = self.session.user
        is_own = user is not None and message.source == user.source
        return with_account_tags(message, user) if user and is_own else message

    def answer(self, command: str, *params: str) -> None:
        """Say something to this session, from the server."""
        self.send(Message(command, params, self.hub.config.server_name), (self.session,))

    def show(self, answer: Answer) -> None:
        """Answer an owner's verb: by a value at a prompt, by notices over IRC."""
        if self.session.is_owner:
            self.entry.answer(answer)
            return
        for line in answer_lines(answer):
            self.answer("NOTICE", self.session.display_nick, line)

    def tell(self, text: str, **fields: Cell) -> None:
        """Answer an owner's verb with a sentence."""
        self.show(Notice(text, fields))

    def submit_so_far(self) -> None:
        """Have what was decided so far written and spoken, before this verb goes on to wait for something.

        What a label asks for is one answer, so of a labelled command only what is kept goes ahead.
        """
        if self.entry.label:
            self.services.put(self.entry.records_only())
            self.entry.records = []
        else:
            self.services.put(self.entry)
            self.entry = Entry(self.session, self.message.command)

    def reply(self, numeric: Numeric, *params: str, **fields: object) -> None:
        """Answer this session with a numeric; see `numeric`."""
        self.send(self.numeric(numeric, *params, **fields), (self.session,))

    def numeric(self, numeric: Numeric, *params: str, **fields: object) -> Message:
        """Give a numeric for this session: its nick, the params, then the words with fields filled in."""
        words = (numeric.text.format(**fields) if fields else numeric.text,) if numeric.text else ()
        params = (self.session.display_nick, *params, *words)
        return Message(numeric.code, params, self.hub.config.server_name)

    def reply_list(self, numeric: Numeric, *params: str, words: Iterable[str], between: str = " ") -> None:
        """Answer with a numeric whose last parameter is a list, in as many lines as that needs."""
        head = Message(numeric.code, (self.session.display_nick, *params), self.hub.config.server_name)
        for line in join_words(words, spare_bytes(head), between):
            self.send(head._replace(params=(*head.params, line)), (self.session,))

    def attempt(self, do: Callable[..., None], *args: object) -> None:
        """Do one of several things; if it is refused, answer so and go on with the next."""
        try:
            do(self, *args)
        except Refused as refused:
            self.refuse(refused)

    def refuse(self, refused: Refused) -> None:
        """Answer that something is not done."""
        self.hub.commands_refused += 1
        if self.session.is_owner:
            words = refused.numeric.text.format(**refused.fields)
            self.show(
                ErrorNotice(": ".join((*refused.params, words)).replace("{", "{{").replace("}", "}}"), {})
            )
        else:
            self.reply(refused.numeric, *refused.params, **refused.fields)

    def refuse_arity(self) -> NoReturn:
        """Refuse the command for too few parameters."""
        name = self.message.command
        raise Refused(ERR_NEEDMOREPARAMS, name, command=name)

    def fail(self, code: str, *params: str) -> None:
        """Answer that the command failed; the last param is a sentence for people.

        Spec: https://ircv3.net/specs/extensions/standard-replies
        """
        self.hub.commands_refused += 1
        self.answer("FAIL", self.message.command, code, *params)


def with_account_tags(message: Message, user: User) -> Message:
    """Give a message of a user with tags that tell the account, and that a bot or an operator speaks.

    Spec: https://ircv3.net/specs/extensions/bot-mode
    Spec: https://ircv3.net/specs/extensions/account-tag
    Spec: https://ircv3.net/specs/extensions/oper-tag
    """
    tags = {"account": user.account} if user.account else {}
    if user.is_bot:
        tags["bot"] = ""
    if "o" in user.modes:
        tags["draft/oper"] = ""
    return message._replace(tags={**message.tags, **tags}) if tags else message


def answer_lines(answer: Answer) -> list[str]:
    """Give an answer as lines for people."""
    match answer:
        case Table(columns, rows):
            return [" | ".join(map(str, row)) for row in (tuple(map(gettext, columns)), *rows)]
        case Properties(facts):
            return [f"{gettext(name)}: {value}" for name, value in facts.items()]
        case Notice(text, fields) | ErrorNotice(text, fields):
            return [gettext(text).format(**fields)]
        case Question(text, fields, again):
            return [gettext(text).format(**fields), f"CONSOLE {again}"]
        case Progress() | ClearScreen() | StartPython() | EndOfAnswer():
            return []
