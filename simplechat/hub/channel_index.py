"""Rooms: every channel by its name, by its log, and by the names that it had before.

Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.ircv3.casemap import fold

MAX_FORMER_NAMES = 3  # names that lead to a channel, beside its own


class ChannelRename(NamedTuple):
    """What follows a new name.

    Attributes:
        undo: Restores the former name; for when the new one cannot be stored.
        confirm: Releases, once the new name is stored, the oldest former names. Until then nobody else can
            take a name that the channel may have to return to.
    """

    undo: Callable[[], None]
    confirm: Callable[[], None]


class ChannelIndex:
    """Every channel, those that nobody is in now included.

    Attributes:
        by_name: By folded name.
        by_target: By the key of the log.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Channel] = {}
        self.by_target: dict[str, Channel] = {}
        self._former: dict[str, Channel] = {}

    def add(self, channel: Channel) -> None:
        """Let there be a channel."""
        self.by_name[channel.folded] = channel
        self.by_target[channel.target] = channel
        self._former.update(dict.fromkeys(channel.former_names, channel))

    def remove(self, channel: Channel) -> None:
        """Let there be a channel no longer."""
        del self.by_name[channel.folded]
        del self.by_target[channel.target]
        formerly, channel.former_names = channel.former_names, ()
        self._let_go((channel.folded, *formerly), channel)

    def make_channel(self, name: str, created: int) -> Channel:
        """Make a channel of this name; its log is not that of a channel that had the name before.

        Args:
            created: An id that is no other channel's.
        """
        folded = fold(name)
        is_taken = folded in self.by_target
        return Channel(name, created, f"# {msgid_of(created)}" if is_taken else folded)  # no name has a space

    def rename(self, channel: Channel, name: str) -> ChannelRename:
        """Give a channel another name, under which nothing is."""
        before, formerly, left = channel.name, channel.former_names, channel.folded
        self._move(channel, name)
        channel.pending_renames += 1
        if channel.folded != left:
            others = (each for each in formerly if each not in (left, channel.folded))
            channel.former_names = (*others, left)[-MAX_FORMER_NAMES:]
        self._former.update(dict.fromkeys(channel.former_names, channel))
        given_up = {*formerly} - {*channel.former_names, channel.folded}

        def undo() -> None:
            channel.pending_renames -= 1
            channel.former_names = formerly
            self._move(channel, before)
            self._let_go((left,), channel)

        def confirm() -> None:
            channel.pending_renames -= 1
            self._let_go(given_up, channel)

        return ChannelRename(undo, confirm)

    def reset(self, channel: Channel) -> None:
        """Forget what guests set up; see `Channel.reset`."""
        formerly = channel.former_names
        channel.reset()
        self._let_go(formerly, channel)

    def _move(self, channel: Channel, name: str) -> None:
        left = channel.folded
        del self.by_name[left]
        channel.set_name(name)
        self.by_name[channel.folded] = channel
        for user in channel.members:
            del user.channels[left]
            user.channels[channel.folded] = channel

    def _let_go(self, names: Iterable[str], channel: Channel) -> None:
        """Let names that are no longer a channel's former ones not lead to it."""
        for name in names:
            if self._former.get(name) is channel and name not in channel.former_names:
                del self._former[name]

    def find_renamed(self, name: str) -> Channel | None:
        """Give the channel that had this name before; None where the name is another one's by now."""
        folded = fold(name)
        return None if folded in self.by_name else self._former.get(folded)

    def is_settled(self, name: str) -> bool:
        """Tell whether a name means what it means on disk: no new name is on its way there."""
        channel = self.by_name.get(fold(name)) or self.find_renamed(name)
        return channel is None or not channel.pending_renames

    def former_names(self) -> Iterator[tuple[str, Channel]]:
        """Give every former name, folded, with the channel that it leads to."""
        return iter(self._former.items())

    def target_of(self, name: str) -> str:
        """Give the key of the log that a channel's name, or its former name, means."""
        channel = self.by_name.get(fold(name)) or self.find_renamed(name)
        return channel.target if channel else fold(name)
