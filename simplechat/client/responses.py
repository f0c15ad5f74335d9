"""Reading the tags of what the server says: which label it answers, and when it happened.

Spec: https://ircv3.net/specs/extensions/labeled-response
Spec: https://ircv3.net/specs/extensions/batch
Spec: https://ircv3.net/specs/extensions/server-time
"""

from __future__ import annotations

import re
from datetime import datetime

from simplechat.ircv3.message import Message

MOST_BATCHES = 64  # open at once; more are not looked at, so that they cost nothing

_TIME = re.compile(r"(?:19[7-9]|[2-8]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)


class Responses:
    """Knows which label a message answers, by its tag or by the batch that it is in; and what is history."""

    def __init__(self) -> None:
        self._label_of_batch: dict[str, str] = {}
        self._past: set[str] = set()

    def label_of(self, message: Message) -> str:
        """Give the label that a message answers, "" for none."""
        return message.tags.get("label") or self._label_of_batch.get(message.tags.get("batch", ""), "")

    def is_of_the_past(self, message: Message) -> bool:
        """Tell whether a message was said before, and is only told again.

        Spec: https://ircv3.net/specs/batches/chathistory
        """
        return message.tags.get("batch", "") in self._past

    def hear_batch(self, message: Message) -> str:
        """Take a BATCH message; give the label that is answered in full by its end, "" for none."""
        reference = message.params[0] if message.params else ""
        if reference.startswith("+") and len(self._label_of_batch) < MOST_BATCHES:
            self._label_of_batch[reference[1:]] = self.label_of(message)
            if message.params[1:2] == ("chathistory",):
                self._past.add(reference[1:])
        if not reference.startswith("-"):
            return ""
        self._past.discard(reference[1:])
        label = self._label_of_batch.pop(reference[1:], "")
        return "" if label in self._label_of_batch.values() else label  # an inner batch ends before its outer


def happened_at(message: Message) -> float | None:
    """Give when a message happened, in seconds since 1970; None where it tells nothing sensible."""
    text = message.tags.get("time", "")
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # the 30th of February
        return None
