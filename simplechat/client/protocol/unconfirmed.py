"""Our own messages that the server has neither stored nor refused yet, as far as we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from simplechat.ircv3.casemap import fold

_ACTION = "\x01ACTION "


def parse_action(kind: str, text: str) -> tuple[str, str]:
    """Tell what a text of this kind is: something said, or in an envelope of its own, something done."""
    if not text.startswith(_ACTION):
        return kind, text
    return "ACTION", text[len(_ACTION) :].removesuffix("\x01")


def format_action(text: str) -> str:
    """Give the text in which others see that somebody does something."""
    return f"{_ACTION}{text}\x01"


class UnconfirmedMessage(NamedTuple):
    """A message of our own."""

    target: str
    text: str


class UnconfirmedMessages:
    """Messages under way, by a label each, in the order in which they were sent."""

    def __init__(self) -> None:
        self._messages: dict[str, UnconfirmedMessage] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[UnconfirmedMessage]:
        return iter(self._messages.values())

    def add(self, own: UnconfirmedMessage) -> str:
        """Add a message; give its label."""
        self._count += 1
        label = f"s{self._count}"
        self._messages[label] = own
        return label

    def take(self, label: str) -> UnconfirmedMessage | None:
        """Remove and give the message with a label."""
        return self._messages.pop(label, None)

    def take_like(self, target: str, text: str) -> UnconfirmedMessage | None:
        """Remove and give the oldest message with a target and a text; servers may drop spaces at its end."""
        wanted = (fold(target), text.rstrip())
        return self._take_first(lambda own: (fold(own.target), own.text.rstrip()) == wanted)

    def take_to(self, target: str) -> UnconfirmedMessage | None:
        """Remove and give the oldest message to a target."""
        folded = fold(target)
        return self._take_first(lambda own: fold(own.target) == folded)

    def _take_first(self, is_wanted: Callable[[UnconfirmedMessage], bool]) -> UnconfirmedMessage | None:
        label = next((label for label, own in self._messages.items() if is_wanted(own)), "")
        return self._messages.pop(label, None)

    def take_through(self, label: str) -> list[UnconfirmedMessage]:
        """Remove and give the message with a label and all that were sent before it."""
        if label not in self._messages:
            return []
        count = list(self._messages).index(label) + 1
        return [self._messages.pop(each) for each in list(self._messages)[:count]]

    def take_all(self) -> list[UnconfirmedMessage]:
        """Remove and give everything."""
        messages, self._messages = self._messages, {}
        return list(messages.values())
