"""Rooms: every channel by its name, by its log, and by the names that it had before.

Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.ircv3.casemap import fold

MOST_FORMER = 3  # names that lead to a channel, beside its own


class Rooms:
    """Every channel, those that nobody is in now included.

    Attributes:
        by_name: By folded name.
        by_log: By the key of the log.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Channel] = {}
        self.by_log: dict[str, Channel] = {}
        self._former: dict[str, Channel] = {}

    def add(self, channel: Channel) -> None:
        """Let there be a channel."""
        self.by_name[channel.folded] = channel
        self.by_log[channel.target] = channel
        self._former.update(dict.fromkeys(channel.formerly, channel))

    def remove(self, channel: Channel) -> None:
        """Let there be a channel no longer."""
        del self.by_name[channel.folded]
        del self.by_log[channel.target]
        for name in channel.formerly:
            self._former.pop(name, None)

    def new(self, name: str, created: int) -> Channel:
        """Make a channel of this name; its log is not that of a channel that had the name before.

        Args:
            created: An id that is no other channel's.
        """
        folded = fold(name)
        is_taken = folded in self.by_log
        return Channel(name, created, f"# {msgid_of(created)}" if is_taken else folded)  # no name has a space

    def rename(self, channel: Channel, name: str) -> Callable[[], None]:
        """Give a channel another name, under which nothing is; give what undoes it."""
        before, formerly = channel.name, channel.formerly
        left = channel.folded
        self._move(channel, name)
        if channel.folded != left:
            others = (each for each in formerly if each not in (left, channel.folded))
            channel.formerly = (*others, left)[-MOST_FORMER:]
        self._lead(formerly, channel)

        def undo() -> None:
            given_up, channel.formerly = channel.formerly, formerly
            self._move(channel, before)
            self._lead(given_up, channel)

        return undo

    def _move(self, channel: Channel, name: str) -> None:
        left = channel.folded
        del self.by_name[left]
        channel.take_name(name)
        self.by_name[channel.folded] = channel
        for user in channel.members:
            del user.channels[left]
            user.channels[channel.folded] = channel

    def _lead(self, before: tuple[str, ...], channel: Channel) -> None:
        """Let a channel's former names, and not those of a moment ago, lead to it."""
        for name in before:
            if self._former.get(name) is channel:
                del self._former[name]
        self._former.update(dict.fromkeys(channel.formerly, channel))

    def successor(self, name: str) -> Channel | None:
        """Give the channel that had this name before; None where the name is another one's by now."""
        folded = fold(name)
        return None if folded in self.by_name else self._former.get(folded)

    def log_of(self, name: str) -> str:
        """Give the key of the log that a channel's name, or its former name, means."""
        channel = self.by_name.get(fold(name)) or self.successor(name)
        return channel.target if channel else fold(name)
