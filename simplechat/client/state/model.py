"""What is known: our nick, the rooms we are in, who else is there, what was shown already."""

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
from simplechat.client.protocol.message_events import MessageDeleted, MessageReceived, ReactionReceived
from simplechat.client.state.message_cache import MessageCache
from simplechat.client.state.read_position import ReadPosition
from simplechat.client.state.scrollback import Scrollback
from simplechat.ircv3.casemap import fold

MAX_CHANNELS = 500
MAX_READ_POSITIONS = 2000  # rooms and conversations of which is known what was seen
MAX_MEMBERS = 20_000  # of one room; a server that tells of more costs no more

MEMBER_PREFIXES = "~&@%+"  # before a nick: what somebody is in a room


@dataclass(eq=False, slots=True)
class ClientChannel:
    """A room that we are in, or were.

    Attributes:
        members: Nicks by their folded form; who spoke last is last.
        is_in: True while we are in it.
        unread: How much was said in it since it was last talked in.
    """

    name: str
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    is_in: bool = False
    unread: int = 0

    def meet(self, nick: str) -> None:
        """Take note that somebody is here, and the latest to be heard of."""
        folded = fold(nick)
        self.members.pop(folded, None)
        if len(self.members) < MAX_MEMBERS:
            self.members[folded] = nick


class Model:
    """Everything that is known, whatever the connection.

    Args:
        nick: Ours, or what we try for.

    Attributes:
        rooms: By their folded names; what is typed is said in the last that we are in.
        account: Ours; "" for a guest.
        recent: What was said lately.
        places: What we have seen, by the folded names of rooms and of nicks that are talked with.
    """

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.rooms: dict[str, ClientChannel] = {}
        self.account = ""
        self.recent = MessageCache()
        self.scrollback = Scrollback()
        self.places: dict[str, ReadPosition] = {}

    @property
    def current(self) -> ClientChannel | None:
        """The room that is talked in."""
        return next((room for room in reversed(self.rooms.values()) if room.is_in), None)

    def room(self, name: str) -> ClientChannel | None:
        """Find a room that we are in."""
        room = self.rooms.get(fold(name))
        return room if room is not None and room.is_in else None

    def seen(self, address: str) -> ReadPosition:
        """Give what we have seen of a room or a conversation."""
        place = self.places.setdefault(fold(address), ReadPosition())
        if len(self.places) > MAX_READ_POSITIONS:  # by nicks that anybody can make up; rooms stay
            talks = (name for name in self.places if not name.startswith("#"))
            del self.places[next(talks, next(iter(self.places)))]
        return place

    def unmarked(self) -> list[tuple[str, ReadPosition]]:
        """Give the places of which the server does not know yet what we have read."""
        return [(address, seen) for address, seen in self.places.items() if not seen.is_marked]

    @property
    def last_at(self) -> float | None:
        """When the last message was said that we have seen, in seconds since 1970."""
        return max((each.at for each in self.places.values() if each.at is not None), default=None)

    def turn_to(self, name: str) -> None:
        """Talk in this room from now on."""
        room = self.rooms.pop(fold(name), None) or ClientChannel(name)
        if len(self.rooms) < MAX_CHANNELS:
            self.rooms[fold(name)] = room
        room.name, room.is_in, room.unread = name, True, 0

    def leave(self, name: str) -> None:
        """Be in a room no more."""
        room = self.rooms.get(fold(name))
        if room is not None:
            room.is_in = False
            room.members.clear()

    def leave_all(self) -> list[str]:
        """Be nowhere; give the names of the rooms in which we were, the one talked in last."""
        names = [room.name for room in self.rooms.values() if room.is_in]
        for name in names:
            self.leave(name)
        return names

    def take(self, event: Event, *, has_ordered_ids: bool) -> bool:
        """Apply an event; return False where it was shown already."""
        targets = self._targets_of(event)
        is_new = self._apply(event, has_ordered_ids)
        if is_new:
            for target in targets:
                self.scrollback.append(target, event)
        return is_new

    def _targets_of(self, event: Event) -> list[str]:
        """Return the channels and conversations in which an event belongs."""
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
        return [channel.name for channel in self.rooms.values() if fold(nick) in channel.members]

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
                return self._said(event, has_ordered_ids)
            case MessageDeleted(msgid=msgid):
                self.scrollback.delete(event.conversation, msgid)
                return self.recent.delete(msgid)
            case ReactionReceived():
                return self.recent.react(event) or event.is_with_message
            case ReadMarkerReceived(at, target):
                self.seen(target).mark(at)
            case UserJoined(_, nick, name, is_own):
                self._joined(nick, name, is_own=is_own)
            case UserLeft(_, nick, name):
                self._left(nick, name, is_own=event.is_own)
            case NickChanged(_, old, new):
                self._renamed(old, new)
            case ChannelRenamed(_, _, old, new):
                self._room_renamed(old, new)
            case TopicShown(_, _, name, text):
                self._told(name, text)
            case MembersListed(name, nicks):
                self._present(name, nicks)
        return True

    def _said(self, said: MessageReceived, has_ordered_ids: bool) -> bool:
        place = self.seen(said.conversation) if said.msgid else ReadPosition()
        if not place.take(said.msgid, has_order=has_ordered_ids, at=said.at):
            return False
        self.recent.take(said)
        room = self.rooms.get(fold(said.conversation))
        if room is None:
            return True
        if fold(said.nick) in room.members:
            room.meet(said.nick)
        room.unread += room is not self.current
        return True

    def _joined(self, nick: str, name: str, *, is_own: bool) -> None:
        if is_own:
            self.turn_to(name)
        room = self.rooms.get(fold(name))
        if room is not None:
            room.meet(nick)

    def _left(self, nick: str, name: str, *, is_own: bool) -> None:
        if is_own and name:
            self.leave(name)
        for room in [self.rooms.get(fold(name))] if name else self.rooms.values():
            if room is not None:
                room.members.pop(fold(nick), None)

    def _renamed(self, old: str, new: str) -> None:
        for room in self.rooms.values():
            if room.members.pop(fold(old), None) is not None:
                room.meet(new)

    def _room_renamed(self, old: str, new: str) -> None:
        """Keep all that is known of a room, and its turn, under another name."""
        if fold(old) in self.rooms and (fold(new) not in self.rooms or fold(new) == fold(old)):
            self.rooms[fold(old)].name = new
            self.rooms = {fold(room.name): room for room in self.rooms.values()}
            self.places[fold(new)] = self.places.pop(fold(old), ReadPosition())
            self.recent.move(old, new)
            self.scrollback.rename(old, new)

    def _told(self, name: str, text: str) -> None:
        room = self.rooms.get(fold(name))
        if room is not None:
            room.topic = text

    def _present(self, name: str, nicks: tuple[str, ...]) -> None:
        room = self.rooms.get(fold(name))
        if room is not None:
            room.members.clear()
            for nick in nicks[:MAX_MEMBERS]:
                room.meet(nick.lstrip(MEMBER_PREFIXES))
