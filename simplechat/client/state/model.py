"""What is known: our nick, the rooms we are in, who else is there, what was shown already."""

from __future__ import annotations

from dataclasses import dataclass, field

from simplechat.client.protocol.events import (
    Event,
    Joined,
    Left,
    LoggedIn,
    Marked,
    NotLoggedIn,
    Present,
    Renamed,
    RoomRenamed,
    Told,
    Welcomed,
)
from simplechat.client.protocol.message_events import Deleted, Reacted, Said
from simplechat.client.state.message_cache import Recent
from simplechat.client.state.read_position import Seen
from simplechat.ircv3.casemap import fold

MOST_ROOMS = 500
MOST_PLACES = 2000  # rooms and conversations of which is known what was seen
MOST_MEMBERS = 20_000  # of one room; a server that tells of more costs no more

SIGNS = "~&@%+"  # before a nick: what somebody is in a room


@dataclass(eq=False, slots=True)
class Room:
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
        if len(self.members) < MOST_MEMBERS:
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
        self.rooms: dict[str, Room] = {}
        self.account = ""
        self.recent = Recent()
        self.places: dict[str, Seen] = {}

    @property
    def current(self) -> Room | None:
        """The room that is talked in."""
        return next((room for room in reversed(self.rooms.values()) if room.is_in), None)

    def room(self, name: str) -> Room | None:
        """Find a room that we are in."""
        room = self.rooms.get(fold(name))
        return room if room is not None and room.is_in else None

    def seen(self, address: str) -> Seen:
        """Give what we have seen of a room or a conversation."""
        place = self.places.setdefault(fold(address), Seen())
        if len(self.places) > MOST_PLACES:  # by nicks that anybody can make up; rooms stay
            talks = (name for name in self.places if not name.startswith("#"))
            del self.places[next(talks, next(iter(self.places)))]
        return place

    def unmarked(self) -> list[tuple[str, Seen]]:
        """Give the places of which the server does not know yet what we have read."""
        return [(address, seen) for address, seen in self.places.items() if not seen.is_marked]

    @property
    def last_at(self) -> float | None:
        """When the last message was said that we have seen, in seconds since 1970."""
        return max((each.at for each in self.places.values() if each.at is not None), default=None)

    def turn_to(self, name: str) -> None:
        """Talk in this room from now on."""
        room = self.rooms.pop(fold(name), None) or Room(name)
        if len(self.rooms) < MOST_ROOMS:
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
        """Take note of an event; False where it was shown already."""
        match event:
            case Welcomed(nick) | Renamed(_, _, nick, True):
                self.nick = nick
            case LoggedIn(account):
                self.account = account
            case NotLoggedIn():
                self.account = ""
        match event:
            case Said():
                return self._said(event, has_ordered_ids)
            case Deleted(msgid=msgid):
                return self.recent.delete(msgid)
            case Reacted():
                return self.recent.react(event) or event.is_folded
            case Marked(at, target):
                self.seen(target).mark(at)
            case Joined(_, nick, name, is_own):
                self._joined(nick, name, is_own=is_own)
            case Left(_, nick, name):
                self._left(nick, name, is_own=event.is_own)
            case Renamed(_, old, new):
                self._renamed(old, new)
            case RoomRenamed(_, _, old, new):
                self._room_renamed(old, new)
            case Told(_, _, name, text):
                self._told(name, text)
            case Present(name, nicks):
                self._present(name, nicks)
        return True

    def _said(self, said: Said, has_ordered_ids: bool) -> bool:
        place = self.seen(said.address) if said.msgid else Seen()
        if not place.take(said.msgid, has_order=has_ordered_ids, at=said.at):
            return False
        self.recent.take(said)
        room = self.rooms.get(fold(said.address))
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
            self.places[fold(new)] = self.places.pop(fold(old), Seen())
            self.recent.move(old, new)

    def _told(self, name: str, text: str) -> None:
        room = self.rooms.get(fold(name))
        if room is not None:
            room.topic = text

    def _present(self, name: str, nicks: tuple[str, ...]) -> None:
        room = self.rooms.get(fold(name))
        if room is not None:
            room.members.clear()
            for nick in nicks[:MOST_MEMBERS]:
                room.meet(nick.lstrip(SIGNS))
