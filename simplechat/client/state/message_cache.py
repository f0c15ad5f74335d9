"""The latest messages: to show what a reply answers, and to let users name a message.

A message is named by a number, which it gets when it is listed, or by its author's nick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from math import inf

from simplechat.client.protocol.message_events import MessageReceived, ReactionReceived
from simplechat.ircv3.casemap import fold

MAX_MESSAGES = 2000
MAX_MESSAGES_WITH_REACTIONS = 1000
MAX_REACTIONS = 50  # to one message
MAX_NICK_CHARS = 64  # kept with a reaction


class MessageCache:
    """The messages that were shown, the latest last."""

    def __init__(self) -> None:
        self._messages: dict[str, MessageReceived] = {}
        self._numbers: dict[str, int] = {}
        self._numbered: dict[int, MessageReceived] = {}
        self._deleted: dict[str, None] = {}
        self._reactions: dict[str, dict[tuple[str, str], tuple[float, bool]]] = {}
        self._count = 0

    def add(self, message: MessageReceived) -> None:
        """Add a message; one without a msgid cannot be named and is left out."""
        if not message.msgid:
            return
        self._messages.pop(message.msgid, None)
        self._messages[message.msgid] = message
        if len(self._messages) > MAX_MESSAGES:
            del self._messages[next(iter(self._messages))]

    def number_of(self, message: MessageReceived) -> int:
        """Return a message's number, always the same; 0 if it cannot have one."""
        if not message.msgid:
            return 0
        number = self._numbers.get(message.msgid)
        if number is None:
            self._count += 1
            number = self._numbers[message.msgid] = self._count
        self._numbered[number] = message
        if len(self._numbered) > MAX_MESSAGES:
            oldest = self._numbered.pop(next(iter(self._numbered)))
            self._numbers.pop(oldest.msgid, None)
        return number

    def add_reaction(self, event: ReactionReceived) -> bool:
        """Add a reaction, or take one back; return False if this, or something newer, is known."""
        reactions = self._reactions.setdefault(event.msgid, {})
        if len(self._reactions) > MAX_MESSAGES_WITH_REACTIONS:
            del self._reactions[next(iter(self._reactions))]
        key, at = (fold(event.nick)[:MAX_NICK_CHARS], event.emoji), inf if event.at is None else event.at
        known_at, was_present = reactions.get(key, (0.0, False))
        is_present = not event.is_taken_back
        if at < known_at or (key in reactions and is_present == was_present):
            return False
        if key in reactions or len(reactions) < MAX_REACTIONS:
            reactions[key] = (at, is_present)
        return True

    def reactions(self, msgid: str) -> dict[str, int]:
        """Count the reactions to a message that were not taken back, in the order of the first of each."""
        if msgid in self._deleted:
            return {}
        reactions = self._reactions.get(msgid, {}).items()
        return dict(Counter(emoji for (_nick, emoji), (_at, is_present) in reactions if is_present))

    def delete(self, msgid: str) -> bool:
        """Blank a message's text; that there was one stays known. Return False if that was done before."""
        if msgid in self._deleted:
            return False
        self._deleted[msgid] = None
        if len(self._deleted) > MAX_MESSAGES:
            del self._deleted[next(iter(self._deleted))]
        if msgid in self._messages:
            self._messages[msgid] = replace(self._messages[msgid], text="")
        number = self._numbers.get(msgid)
        if number is not None and number in self._numbered:
            self._numbered[number] = replace(self._numbered[number], text="")
        self._reactions.pop(msgid, None)
        return True

    def is_deleted(self, msgid: str) -> bool:
        """Tell whether a message was deleted."""
        return msgid in self._deleted

    def by_msgid(self, msgid: str) -> MessageReceived | None:
        """Find a message by its msgid."""
        return self._messages.get(msgid) or self._numbered.get(self._numbers.get(msgid, 0))

    def by_number(self, number: int) -> MessageReceived | None:
        """Find a message by its number."""
        return self._numbered.get(number)

    def last_by(self, nick: str, conversation: str) -> MessageReceived | None:
        """Find the last message of a nick in a conversation; else the last that it sent to us alone."""
        folded = fold(nick)
        theirs = [each for each in self._latest_first() if fold(each.nick) == folded]
        here = (each for each in theirs if fold(each.conversation) == fold(conversation))
        direct = (each for each in theirs if fold(each.conversation) == folded)
        return next(here, None) or next(direct, None)

    def last_in(self, conversation: str, *, is_own: bool) -> MessageReceived | None:
        """Find the last message in a conversation that is, or is not, our own."""
        folded = fold(conversation)
        candidates = (each for each in self._latest_first() if each.is_own == is_own)
        return next((each for each in candidates if fold(each.conversation) == folded), None)

    def rename_channel(self, old: str, new: str) -> None:
        """Move the messages of a channel to its new name."""
        self._messages = {msgid: _renamed(each, old, new) for msgid, each in self._messages.items()}
        self._numbered = {number: _renamed(each, old, new) for number, each in self._numbered.items()}

    def _latest_first(self) -> Iterable[MessageReceived]:
        return (each for each in reversed(self._messages.values()) if each.msgid not in self._deleted)


def _renamed(message: MessageReceived, old: str, new: str) -> MessageReceived:
    return replace(message, target=new) if fold(message.target) == fold(old) else message
