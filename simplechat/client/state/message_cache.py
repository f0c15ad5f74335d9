"""What was said lately: so that a reply can be shown with what it answers, and a message be named by people.

People name a message by a number, which it gets when it is listed, or by the nick of who said it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from math import inf

from simplechat.client.protocol.message_events import MessageReceived, ReactionReceived
from simplechat.ircv3.casemap import fold

MAX_MESSAGES = 2000  # messages
MAX_MESSAGES_WITH_REACTIONS = 1000  # messages
MAX_REACTIONS = 50  # to one of them
MAX_NICK_CHARS = 64  # characters of it that are kept with a reaction


class MessageCache:
    """The messages that were told, the latest last."""

    def __init__(self) -> None:
        self._said: dict[str, MessageReceived] = {}
        self._numbers: dict[str, int] = {}
        self._named: dict[int, MessageReceived] = {}
        self._deleted: dict[str, None] = {}
        self._reactions: dict[str, dict[tuple[str, str], tuple[float, bool]]] = {}
        self._count = 0

    def take(self, said: MessageReceived) -> None:
        """Take note of a message just told; one without a msgid cannot be named."""
        if not said.msgid:
            return
        self._said.pop(said.msgid, None)
        self._said[said.msgid] = said
        if len(self._said) > MAX_MESSAGES:
            del self._said[next(iter(self._said))]

    def number(self, said: MessageReceived) -> int:
        """Give a message's number, always the same one; 0 where it cannot have one."""
        if not said.msgid:
            return 0
        number = self._numbers.get(said.msgid)
        if number is None:
            self._count += 1
            number = self._numbers[said.msgid] = self._count
        self._named[number] = said
        if len(self._named) > MAX_MESSAGES:
            gone = self._named.pop(next(iter(self._named)))
            self._numbers.pop(gone.msgid, None)
        return number

    def react(self, event: ReactionReceived) -> bool:
        """Take note of a reaction, or that it is taken back; False where that, or more, is known."""
        marks = self._reactions.setdefault(event.msgid, {})
        if len(self._reactions) > MAX_MESSAGES_WITH_REACTIONS:
            del self._reactions[next(iter(self._reactions))]
        mark, at = (fold(event.nick)[:MAX_NICK_CHARS], event.emoji), inf if event.at is None else event.at
        before, was_there = marks.get(mark, (0.0, False))
        is_there = not event.is_taken_back
        if at < before or (mark in marks and is_there == was_there):
            return False
        if mark in marks or len(marks) < MAX_REACTIONS:
            marks[mark] = (at, is_there)
        return True

    def reactions(self, msgid: str) -> dict[str, int]:
        """Count the reactions to a message that are meant still, the first first."""
        there = (
            emoji for (_nick, emoji), (_at, is_there) in self._reactions.get(msgid, {}).items() if is_there
        )
        return dict(Counter(there)) if msgid not in self._deleted else {}

    def delete(self, msgid: str) -> bool:
        """Forget what a message said; that it was there stays known. False where that was done before."""
        if msgid in self._deleted:
            return False
        self._deleted[msgid] = None
        if len(self._deleted) > MAX_MESSAGES:
            del self._deleted[next(iter(self._deleted))]
        if msgid in self._said:
            self._said[msgid] = replace(self._said[msgid], text="")
        number = self._numbers.get(msgid)
        if number is not None and number in self._named:
            self._named[number] = replace(self._named[number], text="")
        self._reactions.pop(msgid, None)
        return True

    def is_deleted(self, msgid: str) -> bool:
        """Tell whether a message was deleted."""
        return msgid in self._deleted

    def of_msgid(self, msgid: str) -> MessageReceived | None:
        """Find a message by its msgid."""
        return self._said.get(msgid) or self._named.get(self._numbers.get(msgid, 0))

    def of_number(self, number: int) -> MessageReceived | None:
        """Find a message by its number."""
        return self._named.get(number)

    def last_of(self, nick: str, address: str) -> MessageReceived | None:
        """Find the last message of a nick: where people are talking now, else what they were told alone."""
        folded = fold(nick)
        theirs = [said for said in self._latest_first() if fold(said.nick) == folded]
        here = (said for said in theirs if fold(said.conversation) == fold(address))
        alone = (said for said in theirs if fold(said.conversation) == folded)
        return next(here, None) or next(alone, None)

    def last_in(self, address: str, *, is_own: bool) -> MessageReceived | None:
        """Find the last message in a place that is our own, or the last that is not."""
        folded = fold(address)
        return next(
            (
                said
                for said in self._latest_first()
                if said.is_own == is_own and fold(said.conversation) == folded
            ),
            None,
        )

    def move(self, old: str, new: str) -> None:
        """Take note that a room has another name."""
        self._said = {msgid: _moved(said, old, new) for msgid, said in self._said.items()}
        self._named = {number: _moved(said, old, new) for number, said in self._named.items()}

    def _latest_first(self) -> Iterable[MessageReceived]:
        return (said for said in reversed(self._said.values()) if said.msgid not in self._deleted)


def _moved(said: MessageReceived, old: str, new: str) -> MessageReceived:
    return replace(said, target=new) if fold(said.target) == fold(old) else said
