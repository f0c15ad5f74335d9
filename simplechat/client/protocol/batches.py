"""Batches that the server opens, and messages of several lines put together again.

Spec: https://ircv3.net/specs/extensions/batch
Spec: https://ircv3.net/specs/extensions/multiline
Spec: https://ircv3.net/specs/batches/chathistory
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simplechat.ircv3.message import Message

MAX_BATCHES = 64  # open at once; more are ignored, so that they cost nothing
MAX_LINES = 1000  # of one message
MAX_BYTES = 65536  # of one message

MULTILINE_BATCH = "draft/multiline"
MULTILINE_CONCAT = "draft/multiline-concat"
CHATHISTORY_BATCH = "chathistory"


@dataclass(eq=False, slots=True)
class Batch:
    """An open batch.

    Attributes:
        kind: Its type.
        params: Those that follow the type.
        tags: Of the message that opened it.
        outer: The batch that it is in.
        label: Of the command that it answers; "" for none.
        first: The first line of a multiline message.
        text: The text so far of a multiline message.
        size: Of that text, in characters.
    """

    kind: str
    params: tuple[str, ...]
    tags: dict[str, str]
    outer: Batch | None
    label: str
    first: Message | None = None
    text: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def is_history(self) -> bool:
        """True if it is, or is inside of, a batch of what happened before."""
        return self.kind == CHATHISTORY_BATCH or (self.outer is not None and self.outer.is_history)

    def absorb(self, message: Message) -> bool:
        """Add a line to a multiline message; return False for another batch."""
        if self.kind != MULTILINE_BATCH:
            return False
        text = message.params[1] if len(message.params) > 1 else ""
        self.size += len(text)
        if len(self.text) < MAX_LINES and self.size <= MAX_BYTES:
            is_joined = MULTILINE_CONCAT in message.tags or self.first is None
            self.text.append(text if is_joined else f"\n{text}")
        self.first = self.first or message
        return True


class Batches:
    """The open batches."""

    def __init__(self) -> None:
        self._open: dict[str, Batch] = {}

    def batch_of(self, message: Message) -> Batch | None:
        """Return the batch that a message is in."""
        return self._open.get(message.tags.get("batch", ""))

    def open(self, message: Message, label: str) -> Batch | None:
        """Open a batch; return None where it is malformed, or one too many."""
        reference, *rest = message.params
        if len(self._open) >= MAX_BATCHES or not rest:
            return None
        batch = Batch(rest[0], tuple(rest[1:]), dict(message.tags), self.batch_of(message), label)
        self._open[reference[1:]] = batch
        return batch

    def close(self, message: Message) -> Batch | None:
        """Close a batch, and return it."""
        return self._open.pop(message.params[0][1:], None)

    def has_label(self, label: str) -> bool:
        """Tell whether a batch is open that answers the command with this label."""
        return any(batch.label == label for batch in self._open.values())


def join_multiline(batch: Batch) -> Message | None:
    """Return the whole message of a multiline batch, with the tags of its opening; None for another batch."""
    if batch.kind != MULTILINE_BATCH or batch.first is None:
        return None
    target = batch.first.params[0] if batch.first.params else ""
    return Message(batch.first.command, (target, "".join(batch.text)), batch.first.source, batch.tags)
