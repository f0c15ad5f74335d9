"""Entries: what a command decided, until the ledger has written and spoken it.

Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from simplechat.hub.records import AccountRow, ChannelRow, Record, is_refusable
from simplechat.hub.session import Session
from simplechat.hub.store import Store
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message
from simplechat.owner_answers import Answer, ErrorNotice

MAX_QUEUED = 10_000  # entries; from here on nobody is read until the ledger caught up


SettingsRow = ChannelRow | AccountRow


class Persistent(Protocol):
    """What has settings on disk; see `Channel` and `Account`."""

    def row(self) -> SettingsRow:
        """Give the settings as they are now."""
        ...

    def saving(self) -> int:
        """Note that they are on their way to the disk; give what `saved` wants to know."""
        ...

    def saved(self, row: Any, generation: int) -> None:
        """Note that they got there."""
        ...

    def rejected(self) -> None:
        """Note that they did not, and return to those that did."""
        ...


StoreRead = Callable[[Store], Awaitable[list[Message]]]


class Delivery(NamedTuple):
    """One message and who hears it.

    Attributes:
        message: The lines of the message by dialect.
        listeners: Who hears it, as it was decided.
        is_response: True when the issuer's own copy answers its command, and so carries its label.
    """

    message: EncodedMessage
    listeners: tuple[Session, ...]
    is_response: bool


class Entry:
    """What one command decided.

    Attributes:
        session: Whose command it was; None when nobody's.
        command: The verb, for a refusal.
        label: What the session asked to have attached to the response; "" for nothing.
        targets: What a refusal names: the targets that the command had, as far as they were good.
        records: What must be on disk before anything is said.
        deliveries: What is then said.
        answers: What the owner's prompt that asked is then shown.
        effects: What then comes to be, beyond words.
        reads: What is then read from the store for a session, and said to it in this very place.
    """

    __slots__ = (
        "_settings",
        "_undo",
        "answers",
        "command",
        "deliveries",
        "effects",
        "label",
        "reads",
        "records",
        "session",
        "targets",
    )

    def __init__(self, session: Session | None = None, command: str = "*", label: str = "") -> None:
        self.session = session
        self.command = command
        self.label = label
        self.targets: list[str] = []
        self.records: list[Record] = []
        self.deliveries: list[Delivery] = []
        self.answers: list[Answer] = []
        self.effects: list[Callable[[], None]] = []
        self.reads: list[tuple[Session, StoreRead]] = []
        self._settings: list[tuple[Persistent, SettingsRow, int]] = []
        self._undo: list[Callable[[], object]] = []

    def keep(self, record: Record) -> None:
        """Have a record written before anything of this entry is said."""
        self.records.append(record)

    def keep_settings(self, owner: Persistent) -> None:
        """Have the owner's settings written as they are now; if they cannot be, they return to what was."""
        row = owner.row()
        self.records.append(row)
        self._settings.append((owner, row, owner.saving()))

    def send(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; the issuer's own copy, if it is one of them, is part of the response.

        Raises:
            ValueError: The message cannot be written.
        """
        self.deliveries.append(Delivery(EncodedMessage(message), listeners, True))

    def relay(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Say a message to listeners; no copy of it is part of the response.

        Raises:
            ValueError: The message cannot be written.
        """
        self.deliveries.append(Delivery(EncodedMessage(message), listeners, False))

    def answer(self, answer: Answer) -> None:
        """Answer the owner's prompt that asked."""
        self.answers.append(answer)

    def on_delivered(self, effect: Callable[[], None]) -> None:
        """Have something done once this entry has been spoken."""
        self.effects.append(effect)

    def read(self, session: Session, read: StoreRead) -> None:
        """Have a session told, right behind this entry, what `read` finds in the store."""
        self.reads.append((session, read))

    def on_refused(self, undo: Callable[[], object]) -> None:
        """Have something undone should this entry be refused."""
        self._undo.append(undo)

    @property
    def is_refusable(self) -> bool:
        """True when it is refused if it cannot be stored; else it is true whatever the disk does."""
        return any(map(is_refusable, self.records))

    def saved(self) -> None:
        """Note that the records are on disk."""
        for owner, row, generation in self._settings:
            owner.saved(row, generation)

    @property
    def settings_owners(self) -> set[Persistent]:
        """Give whose settings are to be written."""
        return {owner for owner, _, _ in self._settings}

    def undo(self) -> None:
        """Take back what was decided; of several entries, the latest comes first.

        Raises:
            ExceptionGroup: Some of it could not be taken back; all the rest was.
        """
        undo = [owner.rejected for owner, _, _ in self._settings] + self._undo[::-1]
        self._settings, self._undo = [], []
        call_each(undo)

    def refuse(self, answer: Message) -> None:
        """Drop the records and deliveries, answer the issuer, and take back what was decided.

        Raises:
            ValueError: The answer cannot be written; nothing of the entry is left to be spoken.
            ExceptionGroup: See `undo`; the issuer is answered.
        """
        self.records = []
        self.deliveries = []
        self.answers = []
        self.effects = []
        self.reads = []
        self._answer_refusal(answer)
        self.undo()

    def _answer_refusal(self, answer: Message) -> None:
        if self.session is not None and self.session.is_owner:
            self.answer(ErrorNotice(answer.params[-1], {}))
        elif self.session is not None:
            tags = {"label": self.label} if self.label else {}
            self.send(answer._replace(tags=tags), (self.session,))

    def records_only(self) -> Entry:
        """Give an entry of this one's records alone."""
        rest = Entry(None, self.command)
        rest.records = self.records
        return rest


class Outbox:
    """The entries that wait, in the order in which they were decided.

    Attributes:
        server_name: Who speaks where nobody else does.

    Args:
        complete: Adds what else has changed by now to the entry that is put next.
    """

    def __init__(self, server_name: str, complete: Callable[[Entry], None] = lambda entry: None) -> None:
        self.server_name = server_name
        self._complete = complete
        self._waiting: deque[Entry] = deque()
        self._batches = 0
        self._when_not_full: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """True when so much waits that nothing more should be heard."""
        return len(self._waiting) >= MAX_QUEUED

    def when_not_full(self, resume: Callable[[], None]) -> None:
        """Have something called once the outbox is no longer full."""
        self._when_not_full.append(resume)

    def put(self, entry: Entry) -> None:
        """Add an entry behind all others, its response labelled if it asked for that."""
        self._complete(entry)
        if entry.label:
            self._label(entry)
        self._waiting.append(entry)

    def take_all(self) -> list[Entry]:
        """Take every entry."""
        return self.take(sys.maxsize)

    def take(self, max_records: int) -> list[Entry]:
        """Take the oldest entries: as many as have no more than so many records, but one at least."""
        taken: list[Entry] = []
        waiting = self._waiting
        while waiting:
            max_records -= len(waiting[0].records)
            if max_records < 0 and taken:
                break
            taken.append(waiting.popleft())
        return taken

    def resume_waiting(self) -> None:
        """Call what waits for the outbox to have space, if it has.

        Raises:
            ExceptionGroup: Some of these calls failed; all were made.
        """
        if self._when_not_full and not self.is_full:
            waiting, self._when_not_full = self._when_not_full, []
            call_each(waiting)

    def _label(self, entry: Entry) -> None:
        """Gather the issuer's own copies into one labelled response: a message, a batch or an ACK."""
        session = entry.session
        assert session is not None
        own = [
            each.message.message
            for each in entry.deliveries
            if each.is_response and session in each.listeners
        ]
        others = [_drop_listener(session, each) for each in entry.deliveries]
        response = Entry()
        for message in self._labelled(own, entry.label):
            response.send(message, (session,))
        entry.deliveries = [*(each for each in others if each.listeners), *response.deliveries]

    def next_batch_reference(self) -> str:
        """Mint the name of a batch."""
        self._batches += 1
        return f"{self._batches:x}"

    def _labelled(self, own: list[Message], label: str) -> list[Message]:
        if not own:
            return [Message("ACK", (), self.server_name, {"label": label})]
        if len(own) == 1:
            return [_tagged(own[0], "label", label)]
        if _is_batch(own):
            return [_tagged(own[0], "label", label), *own[1:]]
        reference = self.next_batch_reference()
        return [
            Message("BATCH", (f"+{reference}", "labeled-response"), self.server_name, {"label": label}),
            *(each if "batch" in each.tags else _tagged(each, "batch", reference) for each in own),
            Message("BATCH", (f"-{reference}",), self.server_name),
        ]


def call_each(functions: Sequence[Callable[[], object]]) -> None:
    """Call each of some functions, whatever becomes of the others.

    Raises:
        ExceptionGroup: Some of them failed.
    """
    errors = []
    for function in functions:
        try:
            function()
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("some calls failed", errors)


def _is_batch(messages: list[Message]) -> bool:
    """Tell whether messages are one batch, whole, which then takes the label itself."""
    first, last = messages[0], messages[-1]
    is_batch = first.command == last.command == "BATCH" and first.params[0][0] == "+"
    return is_batch and last.params[0][1:] == first.params[0][1:]


def _drop_listener(session: Session, delivery: Delivery) -> Delivery:
    if not delivery.is_response or session not in delivery.listeners:
        return delivery
    return delivery._replace(listeners=tuple(each for each in delivery.listeners if each is not session))


def _tagged(message: Message, name: str, value: str) -> Message:
    return message._replace(tags={**message.tags, name: value})
