"""Batches that the server opens: what is in which, and messages of several lines put together.

Spec: https://ircv3.net/specs/extensions/batch
Spec: https://ircv3.net/specs/extensions/multiline
Spec: https://ircv3.net/specs/extensions/labeled-response
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simplechat.ircv3.message import Message

MAX_BATCHES = 64  # open at once; more are not looked at, so that they cost nothing
MAX_LINES = 1000  # of one message
MAX_BYTES = 65536  # of one message

MULTILINE = "draft/multiline"
CONCAT = "draft/multiline-concat"
CHATHISTORY_BATCH = "chathistory"


@dataclass(eq=False, slots=True)
class Batch:
    """A batch that is open.

    Attributes:
        kind: What it is a batch of.
        tags: Of the message that opened it.
        outer: The batch that it is in.
        label: What it answers, "" for nothing.
    """

    kind: str
    params: tuple[str, ...]
    tags: dict[str, str]
    outer: Batch | None
    label: str
    first: Message | None = None
    text: list[str] = field(default_factory=list)
    size: int = 0

    def is_within(self, kind: str) -> bool:
        """Tell whether it is of a kind, or in a batch that is."""
        return self.kind == kind or (self.outer is not None and self.outer.is_within(kind))


class Batches:
    """The batches that are open."""

    def __init__(self) -> None:
        self._open: dict[str, Batch] = {}

    def of(self, message: Message) -> Batch | None:
        """Give the batch that a message is in."""
        return self._open.get(message.tags.get("batch", ""))

    def label_of(self, message: Message) -> str:
        """Give the label that a message answers, by its tag or by its batch; "" for none."""
        batch = self.of(message)
        return message.tags.get("label") or (batch.label if batch else "")

    def is_of_the_past(self, message: Message) -> bool:
        """Tell whether a message was said before, and is only told again.

        Spec: https://ircv3.net/specs/batches/chathistory
        """
        batch = self.of(message)
        return batch is not None and batch.is_within(CHATHISTORY_BATCH)

    def opened(self, message: Message) -> Batch | None:
        """Take the message that opens a batch."""
        reference, *rest = message.params
        if len(self._open) >= MAX_BATCHES or not rest:
            return None
        outer = self.of(message)
        batch = Batch(rest[0], tuple(rest[1:]), dict(message.tags), outer, self.label_of(message))
        self._open[reference[1:]] = batch
        return batch

    def closed(self, message: Message) -> Batch | None:
        """Take the message that closes a batch."""
        return self._open.pop(message.params[0][1:], None)

    def is_answered(self, label: str) -> bool:
        """Tell whether nothing more comes in answer to a label."""
        return all(batch.label != label for batch in self._open.values())

    def absorb(self, message: Message) -> bool:
        """Take a line of a message of several lines; False where it is none."""
        batch = self.of(message)
        if batch is None or batch.kind != MULTILINE:
            return False
        text = message.params[1] if len(message.params) > 1 else ""
        batch.size += len(text)
        if len(batch.text) < MAX_LINES and batch.size <= MAX_BYTES:
            is_joined = CONCAT in message.tags or batch.first is None
            batch.text.append(text if is_joined else f"\n{text}")
        batch.first = batch.first or message
        return True


def join_multiline(batch: Batch) -> Message | None:
    """Put the message of several lines together that a batch was, with the tags of its opening."""
    if batch.kind != MULTILINE or batch.first is None:
        return None
    target = batch.first.params[0] if batch.first.params else ""
    return Message(batch.first.command, (target, "".join(batch.text)), batch.first.source, batch.tags)
