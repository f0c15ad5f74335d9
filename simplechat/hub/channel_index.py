"""Rooms: every channel by its name, by its log, and by the names that it had before.

Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.ircv3.casemap import fold

MOST_FORMER = 3  # names that lead to a channel, beside its own


class Renaming(NamedTuple):
    """What follows a new name.

    Attributes:
        undo: Gives the former name back, should the new one not be stored.
        settle: Gives up, once it is stored, the oldest of the names that led here: until then nobody else can
            take a name that the channel may have to return to.
    """

    undo: Callable[[], None]
    settle: Callable[[], None]


class ChannelIndex:
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
        formerly, channel.formerly = channel.formerly, ()
        self._let_go((channel.folded, *formerly), channel)

    def new(self, name: str, created: int) -> Channel:
        """Make a channel of this name; its log is not that of a channel that had the name before.

        Args:
            created: An id that is no other channel's.
        """
        folded = fold(name)
        is_taken = folded in self.by_log
        return Channel(name, created, f"# {msgid_of(created)}" if is_taken else folded)  # no name has a space

    def rename(self, channel: Channel, name: str) -> Renaming:
        """Give a channel another name, under which nothing is."""
        before, formerly, left = channel.name, channel.formerly, channel.folded
        self._move(channel, name)
        channel.renamings += 1
        if channel.folded != left:
            others = (each for each in formerly if each not in (left, channel.folded))
            channel.formerly = (*others, left)[-MOST_FORMER:]
        self._former.update(dict.fromkeys(channel.formerly, channel))
        given_up = {*formerly} - {*channel.formerly, channel.folded}

        def undo() -> None:
            channel.renamings -= 1
            channel.formerly = formerly
            self._move(channel, before)
            self._let_go((left,), channel)

        def settle() -> None:
            channel.renamings -= 1
            self._let_go(given_up, channel)

        return Renaming(undo, settle)

    def begin_anew(self, channel: Channel) -> None:
        """Forget what guests set up; see `Channel.begin_anew`."""
        formerly = channel.formerly
        channel.begin_anew()
        self._let_go(formerly, channel)

    def _move(self, channel: Channel, name: str) -> None:
        left = channel.folded
        del self.by_name[left]
        channel.take_name(name)
        self.by_name[channel.folded] = channel
        for user in channel.members:
            del user.channels[left]
            user.channels[channel.folded] = channel

    def _let_go(self, names: Iterable[str], channel: Channel) -> None:
        """Let names that are no longer a channel's former ones not lead to it."""
        for name in names:
            if self._former.get(name) is channel and name not in channel.formerly:
                del self._former[name]

    def successor(self, name: str) -> Channel | None:
        """Give the channel that had this name before; None where the name is another one's by now."""
        folded = fold(name)
        return None if folded in self.by_name else self._former.get(folded)

    def is_settled(self, name: str) -> bool:
        """Tell whether a name means what it means on disk: no new name is on its way there."""
        channel = self.by_name.get(fold(name)) or self.successor(name)
        return channel is None or not channel.renamings

    def former_names(self) -> Iterator[tuple[str, Channel]]:
        """Give every former name, folded, with the channel that it leads to."""
        return iter(self._former.items())

    def log_of(self, name: str) -> str:
        """Give the key of the log that a channel's name, or its former name, means."""
        channel = self.by_name.get(fold(name)) or self.successor(name)
        return channel.target if channel else fold(name)
