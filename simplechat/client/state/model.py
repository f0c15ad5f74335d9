"""What the client knows across connections: our nick, channels, members, and what was shown already."""

from __future__ import annotations

from dataclasses import dataclass, field

from simplechat.client.protocol.events import (
    ChannelRenamed,
    Event,
    LoggedIn,
    MembersListed,
    NickChanged,
    NotLoggedIn,
    ReadMarkerReceived,
    TopicShown,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.message_events import (
    MEMBER_PREFIXES,
    MessageDeleted,
    MessageReceived,
    ReactionReceived,
)
from simplechat.client.state.message_cache import MessageCache
from simplechat.client.state.read_position import ReadPosition
from simplechat.client.state.scrollback import Scrollback
from simplechat.ircv3.casemap import fold

MAX_CHANNELS = 500
MAX_READ_POSITIONS = 2000
MAX_MEMBERS = 20_000  # of one channel; a server that names more costs no more


@dataclass(eq=False, slots=True)
class ClientChannel:
    """A channel that we are in, or were.

    Attributes:
        members: Nicks by their folded form; the one that spoke last is last.
        is_joined: True while we are in it.
        unread: How many messages came since we last switched to it.
    """

    name: str
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    is_joined: bool = False
    unread: int = 0

    def add_member(self, nick: str) -> None:
        """Add a member, or move it to the end."""
        folded = fold(nick)
        self.members.pop(folded, None)
        if len(self.members) < MAX_MEMBERS:
            self.members[folded] = nick


class Model:
    """What is known, whatever the connection.

    Args:
        nick: Our nick, or the one that we try to get.

    Attributes:
        account: Ours; "" for a guest.
        channels: By their folded names; a text is sent to the last that we are in.
        messages: The latest messages.
        scrollback: The latest events of each channel and direct conversation.
        read_positions: By the folded names of channels and of nicks.
    """

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.account = ""
        self.channels: dict[str, ClientChannel] = {}
        self.messages = MessageCache()
        self.scrollback = Scrollback()
        self.read_positions: dict[str, ReadPosition] = {}

    @property
    def current(self) -> ClientChannel | None:
        """The channel that a text is sent to."""
        return next((channel for channel in reversed(self.channels.values()) if channel.is_joined), None)

    def is_current(self, name: str) -> bool:
        """Tell whether a text is sent to the channel of this name."""
        return self.current is not None and fold(name) == fold(self.current.name)

    def joined_channel(self, name: str) -> ClientChannel | None:
        """Find a channel that we are in."""
        channel = self.channels.get(fold(name))
        return channel if channel is not None and channel.is_joined else None

    def read_position(self, conversation: str) -> ReadPosition:
        """Return up to where a conversation was seen."""
        position = self.read_positions.setdefault(fold(conversation), ReadPosition())
        if (
            len(self.read_positions) > MAX_READ_POSITIONS
        ):  # of nicks, which anybody can make up; channels stay
            nicks = (name for name in self.read_positions if not name.startswith("#"))
            del self.read_positions[next(nicks, next(iter(self.read_positions)))]
        return position

    def unsent_read_positions(self) -> list[tuple[str, ReadPosition]]:
        """Return the conversations, with their positions, that the server does not know yet."""
        positions = self.read_positions.items()
        return [(conversation, position) for conversation, position in positions if not position.is_sent]

    @property
    def last_message_at(self) -> float | None:
        """When the last message that we have seen was sent, in seconds since 1970."""
        times = (position.at for position in self.read_positions.values() if position.at is not None)
        return max(times, default=None)

    def switch_to(self, name: str) -> None:
        """Make a channel the current one."""
        channel = self.channels.pop(fold(name), None) or ClientChannel(name)
        if len(self.channels) < MAX_CHANNELS:
            self.channels[fold(name)] = channel
        channel.name, channel.is_joined, channel.unread = name, True, 0

    def leave(self, name: str) -> None:
        """Record that we are in a channel no longer."""
        channel = self.channels.get(fold(name))
        if channel is not None:
            channel.is_joined = False
            channel.members.clear()

    def leave_all(self) -> list[str]:
        """Leave all channels; return their names, the current one last."""
        names = [channel.name for channel in self.channels.values() if channel.is_joined]
        for name in names:
            self.leave(name)
        return names

    # -- events ----------------------------------------------------------------------------------------

    def apply(self, event: Event, *, has_ordered_ids: bool) -> bool:
        """Apply an event; return False if it was shown already."""
        conversations = self._conversations_of(event)
        is_new = self._apply(event, has_ordered_ids)
        if is_new:
            for conversation in conversations:
                self.scrollback.append(conversation, event)
        return is_new

    def _conversations_of(self, event: Event) -> list[str]:
        """Return the channels and direct conversations in which an event belongs."""
        match event:
            case MessageReceived() | MessageDeleted():
                return [event.conversation]
            case UserJoined(channel=name) | TopicShown(channel=name):
                return [name]
            case ChannelRenamed(new=name):
                return [name]
            case UserLeft(_, nick, name):
                return [name] if name else self._channels_of(nick)
            case NickChanged(_, nick):
                return self._channels_of(nick)
        return []

    def _channels_of(self, nick: str) -> list[str]:
        return [channel.name for channel in self.channels.values() if fold(nick) in channel.members]

    def _apply(self, event: Event, has_ordered_ids: bool) -> bool:
        match event:
            case Welcomed(nick) | NickChanged(_, _, nick, True):
                self.nick = nick
            case LoggedIn(account):
                self.account = account
            case NotLoggedIn():
                self.account = ""
        match event:
            case MessageReceived():
                return self._add_message(event, has_ordered_ids)
            case MessageDeleted(msgid=msgid):
                self.scrollback.delete(event.conversation, msgid)
                return self.messages.delete(msgid)
            case ReactionReceived():
                return self.messages.add_reaction(event) or event.is_with_message
            case ReadMarkerReceived(at, target):
                self.read_position(target).set_read_marker(at)
            case UserJoined(_, nick, name, is_own):
                self._add_member(nick, name, is_own=is_own)
            case UserLeft(_, nick, name):
                self._remove_member(nick, name, is_own=event.is_own)
            case NickChanged(_, old, new):
                self._rename_member(old, new)
            case ChannelRenamed(_, _, old, new):
                self._rename_channel(old, new)
            case TopicShown(_, _, name, text):
                self._set_topic(name, text)
            case MembersListed(name, nicks):
                self._set_members(name, nicks)
        return True

    def _add_message(self, message: MessageReceived, has_ordered_ids: bool) -> bool:
        position = self.read_position(message.conversation) if message.msgid else ReadPosition()
        if not position.add(message.msgid, has_order=has_ordered_ids, at=message.at):
            return False
        self.messages.add(message)
        channel = self.channels.get(fold(message.conversation))
        if channel is None:
            return True
        if fold(message.nick) in channel.members:
            channel.add_member(message.nick)
        channel.unread += channel is not self.current
        return True

    def _add_member(self, nick: str, name: str, *, is_own: bool) -> None:
        if is_own:
            self.switch_to(name)
        channel = self.channels.get(fold(name))
        if channel is not None:
            channel.add_member(nick)

    def _remove_member(self, nick: str, name: str, *, is_own: bool) -> None:
        if is_own and name:
            self.leave(name)
        for channel in [self.channels.get(fold(name))] if name else self.channels.values():
            if channel is not None:
                channel.members.pop(fold(nick), None)

    def _rename_member(self, old: str, new: str) -> None:
        for channel in self.channels.values():
            if channel.members.pop(fold(old), None) is not None:
                channel.add_member(new)

    def _rename_channel(self, old: str, new: str) -> None:
        """Keep what is known of a channel, and its place in the order, under the new name."""
        if fold(old) in self.channels and (fold(new) not in self.channels or fold(new) == fold(old)):
            self.channels[fold(old)].name = new
            self.channels = {fold(channel.name): channel for channel in self.channels.values()}
            self.read_positions[fold(new)] = self.read_positions.pop(fold(old), ReadPosition())
            self.messages.rename_channel(old, new)
            self.scrollback.rename(old, new)

    def _set_topic(self, name: str, text: str) -> None:
        channel = self.channels.get(fold(name))
        if channel is not None:
            channel.topic = text

    def _set_members(self, name: str, nicks: tuple[str, ...]) -> None:
        channel = self.channels.get(fold(name))
        if channel is not None:
            channel.members.clear()
            for nick in nicks[:MAX_MEMBERS]:
                channel.add_member(nick.lstrip(MEMBER_PREFIXES))
