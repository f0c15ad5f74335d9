"""The context of a command: the hub, the session, the message, and the entry that the command fills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from simplechat.hub.channel import Channel
from simplechat.hub.errors import Failed, Refused
from simplechat.hub.hub import Hub
from simplechat.hub.outbox import Entry
from simplechat.hub.password_service import PasswordHasher
from simplechat.hub.policy import must_see_channel
from simplechat.hub.records import Record
from simplechat.hub.store import Store
from simplechat.hub.user import Session, User
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
    """What commands use beyond the hub.

    Attributes:
        store: Reads stored rows.
        put: Queues an entry for the ledger.
        settled: Waits until every entry queued so far has been sent or refused.
        stop: Stops the server after so many seconds, for a reason that users are told.
        note: Writes a line to the log file.
        passwords: Hashes passwords, and makes random bytes.
        record_fault: Counts a failure of the server's own code.
    """

    store: Store
    put: Callable[[Entry], None]
    settled: Callable[[], Awaitable[None]]
    stop: Callable[[float, str], None]
    note: Callable[[str], None]
    passwords: PasswordHasher
    record_fault: Callable[[], None]


class Context:
    """What a command works with.

    Attributes:
        entry: What the command decides: records to be stored, messages to be sent.
    """

    __slots__ = ("entry", "hub", "message", "services", "session")

    def __init__(self, hub: Hub, services: Services, session: Session, message: Message) -> None:
        self.hub = hub
        self.services = services
        self.session = session
        self.message = message
        self.entry = Entry(session, message.command, self._label())

    def _label(self) -> str:
        """Return the label of the command, if the session may use labels."""
        tags = self.message.tags
        return tags.get("label", "") if tags and self.session.has_labels else ""

    def for_session(self, session: Session) -> Context:
        """Return a context of this command for another session; both fill the same entry."""
        other = Context(self.hub, self.services, session, self.message)
        other.entry = self.entry
        return other

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.hub.now()

    @property
    def user(self) -> User:
        """The session's user; only for commands that need a registered one."""
        assert self.session.user is not None
        return self.session.user

    def channel(self, name: str) -> Channel:
        """Return the channel of this name.

        Raises:
            Refused: The user can see no such channel.
        """
        channel = self.hub.channel(name)
        must_see_channel(channel, self.user, name)
        return channel

    def keep(self, record: Record) -> None:
        """Store a record before anything of this command is sent."""
        self.entry.keep(record)

    def send(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Send a message to listeners; the copy for this session is part of the labelled response."""
        self.entry.send(self._signed(message), listeners)

    def relay(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Send a message to listeners; no copy of it is part of the labelled response."""
        self.entry.relay(self._signed(message), listeners)

    def _signed(self, message: Message) -> Message:
        """Add account tags to a message if the session's user is its source."""
        user = self.session.user
        is_own = user is not None and message.source == user.source
        return with_account_tags(message, user) if user and is_own else message

    def answer(self, command: str, *params: str) -> None:
        """Send a message from the server to this session."""
        self.send(Message(command, params, self.hub.config.server_name), (self.session,))

    def show(self, answer: Answer) -> None:
        """Answer an owner's command: by a value at a prompt, by notices over IRC."""
        if self.session.is_owner:
            self.entry.answer(answer)
            return
        for line in answer_lines(answer):
            self.answer("NOTICE", self.session.display_nick, line)

    def tell(self, text: str, **fields: Cell) -> None:
        """Answer an owner's command with a sentence."""
        self.show(Notice(text, fields))

    def submit_so_far(self) -> None:
        """Queue what was decided so far, before the command waits for something.

        A label asks for a single response, so of a labelled command only the records are queued.
        """
        if self.entry.label:
            self.services.put(self.entry.records_only())
            self.entry.records = []
        else:
            self.services.put(self.entry)
            self.entry = Entry(self.session, self.message.command)

    def reply(self, numeric: Numeric, *params: str, **fields: object) -> None:
        """Send this session a numeric, as `numeric` returns it."""
        self.send(self.numeric(numeric, *params, **fields), (self.session,))

    def numeric(self, numeric: Numeric, *params: str, **fields: object) -> Message:
        """Return a numeric for this session: its nick, the params, then the text with fields filled in."""
        words = (numeric.text.format(**fields) if fields else numeric.text,) if numeric.text else ()
        params = (self.session.display_nick, *params, *words)
        return Message(numeric.code, params, self.hub.config.server_name)

    def reply_list(self, numeric: Numeric, *params: str, words: Iterable[str], between: str = " ") -> None:
        """Send a numeric whose last parameter is a list, in as many lines as that needs."""
        head = Message(numeric.code, (self.session.display_nick, *params), self.hub.config.server_name)
        for line in join_words(words, spare_bytes(head), between):
            self.send(head._replace(params=(*head.params, line)), (self.session,))

    def attempt(self, do: Callable[..., None], *args: object) -> None:
        """Do one of several things; if it is refused, answer so, and return."""
        try:
            do(self, *args)
        except (Refused, Failed) as error:
            self.refuse(error)

    def refuse(self, error: Refused | Failed) -> None:
        """Answer that something was refused or has failed."""
        if isinstance(error, Failed):
            self.fail(error.code, *error.params)
            return
        self.hub.commands_refused += 1
        if self.session.is_owner:
            words = error.numeric.text.format(**error.fields)
            text = ": ".join((*error.params, words)).replace("{", "{{").replace("}", "}}")
            self.show(ErrorNotice(text, {}))
        else:
            self.reply(error.numeric, *error.params, **error.fields)

    def refuse_arity(self) -> NoReturn:
        """Refuse the command because it has too few parameters."""
        name = self.message.command
        raise Refused(ERR_NEEDMOREPARAMS, name, command=name)

    def fail(self, code: str, *params: str) -> None:
        """Answer that the command failed; the last param is a sentence for people.

        Spec: https://ircv3.net/specs/extensions/standard-replies
        """
        self.hub.commands_refused += 1
        self.answer("FAIL", self.message.command, code, *params)


def with_account_tags(message: Message, user: User) -> Message:
    """Return a message of a user with tags for the account, and for bots and operators.

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
    """Return an owner's answer as lines for people."""
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


def reply_in_batch(
    ctx: Context, messages: list[Message], kind: str, *params: str, is_end: bool = False
) -> None:
    """Send messages in a batch, if the session understands batches; their tags stay as they are."""
    if "batch" in ctx.session.caps:
        source = ctx.hub.config.server_name
        opening, closing = batch_delimiters(
            ctx.hub.outbox.next_batch_reference(), kind, *params, source=source
        )
        if is_end:
            opening = opening._replace(tags={"draft/chathistory-end": ""})
        messages = wrap_in_batch(messages, opening, closing)
    for message in messages:
        ctx.entry.send(message, (ctx.session,))


def wrap_in_batch(messages: Iterable[Message], opening: Message, closing: Message) -> list[Message]:
    """Put messages into a batch; those that are in another one already stay there."""
    reference = opening.params[0][1:]
    inside = (
        each
        if "batch" in each.tags
        else Message(each.command, each.params, each.source, {**each.tags, "batch": reference})
        for each in messages
    )
    return [opening, *inside, closing]


def batch_delimiters(reference: str, kind: str, *params: str, source: str) -> tuple[Message, Message]:
    """Return the two messages that open and close a batch.

    Spec: https://ircv3.net/specs/extensions/batch
    """
    return (
        Message("BATCH", (f"+{reference}", kind, *params), source),
        Message("BATCH", (f"-{reference}",), source),
    )
