"""The outbox: what commands decided, until the ledger has stored and delivered it.

Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from simplechat.hub.records import AccountRow, ChannelRow, Record, is_refusable
from simplechat.hub.store import Store
from simplechat.hub.user import Session
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message
from simplechat.owner_answers import Answer, ErrorNotice

MAX_QUEUED = 10_000  # entries; from here on no connection is read until the ledger has caught up


SettingsRow = ChannelRow | AccountRow


class Persistent(Protocol):
    """Something with settings in the store: a `Channel` or an `Account`."""

    def row(self) -> SettingsRow:
        """Return the row of the current settings."""
        ...

    def saving(self) -> int:
        """Note that a row is given to the store; return the generation to pass to `saved`."""
        ...

    def saved(self, row: Any, generation: int) -> None:
        """Note that a row was stored."""
        ...

    def rejected(self) -> None:
        """Note that a row was not stored, and restore the settings of the last one that was."""
        ...


StoreRead = Callable[[Store], Awaitable[list[Message]]]


class Delivery(NamedTuple):
    """A message and its listeners.

    Attributes:
        message: The lines by dialect.
        listeners: The sessions that get it, as of the decision.
        is_response: True if the issuer's own copy is part of the response to its command, and so labelled.
    """

    message: EncodedMessage
    listeners: tuple[Session, ...]
    is_response: bool


class Entry:
    """What one command decided.

    Attributes:
        session: The issuer of the command; None if the server itself decided.
        command: The command's name, for a refusal.
        label: The label for the response; "" for none.
        targets: The command's valid targets, for a refusal.
        records: Stored before anything is delivered.
        deliveries: Delivered once the records are stored.
        answers: Shown after that to the owner's prompt that issued the command.
        effects: Called after that.
        reads: Read from the store after that; the result takes this place in the session's output.
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
        """Store a record before anything of this entry is delivered."""
        self.records.append(record)

    def keep_settings(self, settings: Persistent) -> None:
        """Store current settings; if that fails, the last stored ones are restored."""
        row = settings.row()
        self.records.append(row)
        self._settings.append((settings, row, settings.saving()))

    def send(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Send a message to listeners; the issuer's own copy, if any, is part of the response.

        Raises:
            ValueError: The message cannot be encoded.
        """
        self.deliveries.append(Delivery(EncodedMessage(message), listeners, True))

    def relay(self, message: Message, listeners: tuple[Session, ...]) -> None:
        """Send a message to listeners; no copy of it is part of the response.

        Raises:
            ValueError: The message cannot be encoded.
        """
        self.deliveries.append(Delivery(EncodedMessage(message), listeners, False))

    def answer(self, answer: Answer) -> None:
        """Show an answer to the owner's prompt that issued the command."""
        self.answers.append(answer)

    def on_delivered(self, effect: Callable[[], None]) -> None:
        """Call something once this entry has been delivered."""
        self.effects.append(effect)

    def read(self, session: Session, read: StoreRead) -> None:
        """Send a session, right after this entry, the messages that `read` returns."""
        self.reads.append((session, read))

    def on_refused(self, undo: Callable[[], object]) -> None:
        """Call `undo` if this entry is refused."""
        self._undo.append(undo)

    @property
    def is_refusable(self) -> bool:
        """True if the entry is refused when it cannot be stored; else it stays true without the disk."""
        return any(map(is_refusable, self.records))

    def saved(self) -> None:
        """Note that the records are stored."""
        for settings, row, generation in self._settings:
            settings.saved(row, generation)

    @property
    def settings_owners(self) -> set[Persistent]:
        """The channels and accounts whose settings this entry stores."""
        return {settings for settings, _, _ in self._settings}

    def undo(self) -> None:
        """Undo what was decided; undo the latest of several entries first.

        Raises:
            ExceptionGroup: Some undo functions failed; all were called.
        """
        undo = [settings.rejected for settings, _, _ in self._settings] + self._undo[::-1]
        self._settings, self._undo = [], []
        call_each(undo)

    def refuse(self, answer: Message) -> None:
        """Drop the records and deliveries, answer the issuer, and undo what was decided.

        Raises:
            ValueError: The answer cannot be encoded; nothing of the entry is left to be delivered.
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
        """Return an entry with the records of this one and nothing else."""
        entry = Entry(None, self.command)
        entry.records = self.records
        return entry


class Outbox:
    """The queue of entries, in the order in which they were decided.

    Attributes:
        server_name: The source of the server's own messages.

    Args:
        complete: Adds other changes that must be stored to each entry that is put.
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
        """True if so many entries wait that no connection should be read."""
        return len(self._waiting) >= MAX_QUEUED

    def when_not_full(self, resume: Callable[[], None]) -> None:
        """Call `resume` once the outbox is no longer full."""
        self._when_not_full.append(resume)

    def put(self, entry: Entry) -> None:
        """Add an entry to the end of the queue; label its response if it has a label."""
        self._complete(entry)
        if entry.label:
            self._label(entry)
        self._waiting.append(entry)

    def take_all(self) -> list[Entry]:
        """Take all entries."""
        return self.take(sys.maxsize)

    def take(self, max_records: int) -> list[Entry]:
        """Take the oldest entries with together at most `max_records` records, but at least one entry."""
        taken: list[Entry] = []
        waiting = self._waiting
        while waiting:
            max_records -= len(waiting[0].records)
            if max_records < 0 and taken:
                break
            taken.append(waiting.popleft())
        return taken

    def resume_waiting(self) -> None:
        """Call the functions given to `when_not_full`, if it is not full.

        Raises:
            ExceptionGroup: Some of these calls failed; all were made.
        """
        if self._when_not_full and not self.is_full:
            waiting, self._when_not_full = self._when_not_full, []
            call_each(waiting)

    def _label(self, entry: Entry) -> None:
        """Turn the issuer's own copies into one labelled response: a message, a batch or an ACK."""
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
        """Return a new reference tag for a batch."""
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
    """Call each of the functions, even if others fail.

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
    """Tell whether messages are one complete batch, which then carries the label itself."""
    first, last = messages[0], messages[-1]
    is_batch = first.command == last.command == "BATCH" and first.params[0][0] == "+"
    return is_batch and last.params[0][1:] == first.params[0][1:]


def _drop_listener(session: Session, delivery: Delivery) -> Delivery:
    if not delivery.is_response or session not in delivery.listeners:
        return delivery
    return delivery._replace(listeners=tuple(each for each in delivery.listeners if each is not session))


def _tagged(message: Message, name: str, value: str) -> Message:
    return message._replace(tags={**message.tags, name: value})
