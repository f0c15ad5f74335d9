"""The index of channels by name, by target, and by former name.

Spec: https://ircv3.net/specs/extensions/channel-rename
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.ircv3.casemap import fold

MAX_FORMER_NAMES = 3  # former names per channel that still find it


class ChannelRename(NamedTuple):
    """The two ways in which a rename ends.

    Attributes:
        undo: Restores the former name; for when the new one cannot be stored.
        confirm: Releases, once the new name is stored, the oldest former names. Until then nobody else can
            take a name that the channel may have to return to.
    """

    undo: Callable[[], None]
    confirm: Callable[[], None]


class ChannelIndex:
    """All channels, including empty ones.

    Attributes:
        by_name: By casefolded name.
        by_target: By the key of the log.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Channel] = {}
        self.by_target: dict[str, Channel] = {}
        self._former: dict[str, Channel] = {}

    def add(self, channel: Channel) -> None:
        """Add a channel."""
        self.by_name[channel.folded] = channel
        self.by_target[channel.target] = channel
        self._former.update(dict.fromkeys(channel.former_names, channel))

    def remove(self, channel: Channel) -> None:
        """Remove a channel."""
        del self.by_name[channel.folded]
        del self.by_target[channel.target]
        former_names, channel.former_names = channel.former_names, ()
        self._forget_names((channel.folded, *former_names), channel)

    def make_channel(self, name: str, created: int) -> Channel:
        """Create a channel whose target differs from that of an earlier owner of the name.

        Args:
            created: An id that no other channel has.
        """
        folded = fold(name)
        is_taken = folded in self.by_target
        return Channel(name, created, f"# {msgid_of(created)}" if is_taken else folded)  # names have no space

    def rename(self, channel: Channel, name: str) -> ChannelRename:
        """Rename a channel; the new name must be free."""
        before, former_names, left = channel.name, channel.former_names, channel.folded
        self._move(channel, name)
        channel.pending_renames += 1
        if channel.folded != left:
            others = (each for each in former_names if each not in (left, channel.folded))
            channel.former_names = (*others, left)[-MAX_FORMER_NAMES:]
        self._former.update(dict.fromkeys(channel.former_names, channel))
        given_up = {*former_names} - {*channel.former_names, channel.folded}

        def undo() -> None:
            channel.pending_renames -= 1
            channel.former_names = former_names
            self._move(channel, before)
            self._forget_names((left,), channel)

        def confirm() -> None:
            channel.pending_renames -= 1
            self._forget_names(given_up, channel)

        return ChannelRename(undo, confirm)

    def reset(self, channel: Channel) -> None:
        """Reset a guests' channel and forget its former names; see `Channel.reset`."""
        former_names = channel.former_names
        channel.reset()
        self._forget_names(former_names, channel)

    def _move(self, channel: Channel, name: str) -> None:
        left = channel.folded
        del self.by_name[left]
        channel.set_name(name)
        self.by_name[channel.folded] = channel
        for user in channel.members:
            del user.channels[left]
            user.channels[channel.folded] = channel

    def _forget_names(self, names: Iterable[str], channel: Channel) -> None:
        """Drop names from the index that are no longer among a channel's former names."""
        for name in names:
            if self._former.get(name) is channel and name not in channel.former_names:
                del self._former[name]

    def find_renamed(self, name: str) -> Channel | None:
        """Return the channel that had this name before; None if none had, or another one has it now."""
        folded = fold(name)
        return None if folded in self.by_name else self._former.get(folded)

    def is_settled(self, name: str) -> bool:
        """Tell whether the channel of this name, or former name, has no rename that is not stored yet."""
        channel = self.by_name.get(fold(name)) or self.find_renamed(name)
        return channel is None or not channel.pending_renames

    def former_names(self) -> Iterator[tuple[str, Channel]]:
        """Return every former name, casefolded, with its channel."""
        return iter(self._former.items())

    def target_of(self, name: str) -> str:
        """Return the target of the channel that has, or had, this name."""
        channel = self.by_name.get(fold(name)) or self.find_renamed(name)
        return channel.target if channel else fold(name)
