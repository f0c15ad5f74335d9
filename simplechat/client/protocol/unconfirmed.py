"""Our messages that the server has neither stored nor refused yet, as far as we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from simplechat.ircv3.casemap import fold

_ACTION = "\x01ACTION "


def parse_action(kind: str, text: str) -> tuple[str, str]:
    """Return the kind and the text of a message: ACTION, and what is inside of its CTCP, if it is one."""
    if not text.startswith(_ACTION):
        return kind, text
    return "ACTION", text[len(_ACTION) :].removesuffix("\x01")


def format_action(text: str) -> str:
    """Return the text of a message that says what somebody does.

    Spec: https://modern.ircdocs.horse/ctcp#action
    """
    return f"{_ACTION}{text}\x01"


class UnconfirmedMessage(NamedTuple):
    """A message of our own, with the text as it was sent."""

    target: str
    text: str

    @property
    def shown_text(self) -> str:
        """The text for people."""
        return parse_action("", self.text)[1]


class UnconfirmedMessages:
    """The messages that were sent, by their labels, in the order of sending."""

    def __init__(self) -> None:
        self._messages: dict[str, UnconfirmedMessage] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[UnconfirmedMessage]:
        return iter(self._messages.values())

    def add(self, message: UnconfirmedMessage) -> str:
        """Add a message; return its label."""
        self._count += 1
        label = f"s{self._count}"
        self._messages[label] = message
        return label

    def take(self, label: str) -> UnconfirmedMessage | None:
        """Remove and return the message with a label."""
        return self._messages.pop(label, None)

    def take_like(self, target: str, text: str) -> UnconfirmedMessage | None:
        """Remove and return the oldest with this target and text, whose last spaces a server may drop."""
        wanted = (fold(target), text.rstrip())
        return self._take_first(lambda each: (fold(each.target), each.text.rstrip()) == wanted)

    def take_to(self, target: str) -> UnconfirmedMessage | None:
        """Remove and return the oldest message to a target."""
        folded = fold(target)
        return self._take_first(lambda each: fold(each.target) == folded)

    def _take_first(self, is_wanted: Callable[[UnconfirmedMessage], bool]) -> UnconfirmedMessage | None:
        label = next((label for label, each in self._messages.items() if is_wanted(each)), "")
        return self._messages.pop(label, None)

    def take_through(self, label: str) -> list[UnconfirmedMessage]:
        """Remove and return the message with a label, and all that were sent before it."""
        if label not in self._messages:
            return []
        count = list(self._messages).index(label) + 1
        return [self._messages.pop(each) for each in list(self._messages)[:count]]

    def take_all(self) -> list[UnconfirmedMessage]:
        """Remove and return all of them."""
        messages, self._messages = self._messages, {}
        return list(messages.values())
