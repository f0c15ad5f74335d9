"""What one talk knows and does, over as many connections as it takes: what it was told, what was typed."""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.core import Core, Unsayable
from simplechat.client.events import Event, Helped, Joined, Refused, Said, Unsaved, Unsent
from simplechat.client.model import Model
from simplechat.client.verbs import SAY, Typed, help_lines, room_name, usage, verb_of
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _


class Talk:
    """Tells what the core learns, and does what is typed.

    Args:
        nick: Wanted.
        rooms: To be joined first.
        tell: Takes each event that is worth telling.
        clear: Clears the screen.
        is_piped: True where nobody watches who could see that a room could not be joined.

    Attributes:
        core: The connection, or the last one.
        model: What is known.
        awaited: The rooms, folded, that the server was asked for and has not answered about.
        progress: How many of our messages were stored or refused.
        failures: What went wrong, in sentences.
        is_leaving: True once leaving was asked for.

    Raises:
        Unsayable: The nick or a room cannot be one.
    """

    def __init__(
        self,
        nick: str,
        rooms: list[str],
        *,
        tell: Callable[[Event], None],
        clear: Callable[[], None],
        is_piped: bool,
    ) -> None:
        self.model = Model(nick)
        self.progress = 0
        self.failures: list[str] = []
        self.is_leaving = False
        self._wanted_nick = nick
        self._tell = tell
        self._clear = clear
        self._is_piped = is_piped
        self._begin(rooms)

    def _begin(self, rooms: list[str]) -> None:
        self.core = Core(self._wanted_nick, *rooms)
        self.awaited = {fold(room) for room in rooms}
        self._rooms_wanted = rooms

    def begin_again(self) -> None:
        """Be ready for another connection, which is to come into the same rooms."""
        missing = [room for room in self._rooms_wanted if fold(room) in self.awaited]
        rooms = self.model.leave_all()
        self._begin([*(room for room in missing if room not in rooms), *rooms])

    # -- what was learnt -------------------------------------------------------------------------------

    def take(self, events: list[Event]) -> None:
        """Take events from the core."""
        for event in events:
            is_new = self.model.take(event, has_ordered_ids=self.core.has_ordered_ids)
            self._note(event)
            if is_new:
                self._tell(event)

    def _note(self, event: Event) -> None:
        match event:
            case Said(is_own=True, is_old=False):
                self.progress += 1
            case Unsaved(_, _, reason):
                self.progress += 1
                self.failures.append(f"{_('Not stored')}: {_(reason)}")
            case Refused(_, about):
                self.failures.append(event.words)
                self._stay_out({fold(word) for word in about})
            case Joined(_, _, room, True):
                self.awaited.discard(fold(room))

    def _stay_out(self, about: set[str]) -> None:
        """Give up waiting for a room; what a pipe wanted to say there is not for any other room."""
        if self.awaited and self._is_piped:
            self.model.leave_all()
        self.awaited -= self.awaited & about or self.awaited

    # -- what was typed --------------------------------------------------------------------------------

    def obey(self, typed: Typed) -> None:
        """Do what a line means."""
        try:
            self._verb(typed)(self, typed.rest)
        except Unsayable as error:
            self.complain(str(error))

    def _verb(self, typed: Typed) -> Callable[[Talk, str], None]:
        try:
            return _VERBS[typed.verb]
        except KeyError:
            told = _("There is no {verb}; /help lists what there is")
            raise Unsayable(told.format(verb=typed.verb)) from None

    def complain(self, reason: str, line: str = "") -> None:
        """Tell that something was not done."""
        self.failures.append(reason)
        self._tell(Unsent(reason, line))

    def _say(self, text: str) -> None:
        if text:
            self.core.say(self._room(), text)

    def _me(self, text: str) -> None:
        self.core.act(self._room(), text or _misused("/me"))

    def _room(self) -> str:
        if self.model.current is None:
            raise Unsayable(_("You are in no room: /join #ROOM"))
        return self.model.current.name

    def _msg(self, rest: str) -> None:
        target, _, text = rest.partition(" ")
        self.core.say(target, text or _misused("/msg"))

    def _join(self, rest: str) -> None:
        name, _, key = rest.partition(" ")
        room = room_name(name or _misused("/join"))
        if self.model.room(room) is not None:  # the server would not answer
            self.model.turn_to(room)
            return
        self.core.join(room, key)
        self.awaited.add(fold(room))

    def _part(self, rest: str) -> None:
        room = room_name(rest) or self._room()
        self.core.part(room)
        self.model.leave(room)

    def _nick(self, rest: str) -> None:
        self.core.rename(rest or _misused("/nick"))
        self._wanted_nick = rest

    def _topic(self, rest: str) -> None:
        self.core.topic(self._room(), rest)

    def _who(self, rest: str) -> None:
        self.core.who(rest or self._room())

    def _list(self, rest: str) -> None:
        self.core.list_rooms(room_name(rest))

    def _away(self, rest: str) -> None:
        self.core.away(rest)

    def _cls(self, rest: str) -> None:
        self._clear()

    def _exit(self, rest: str) -> None:
        self.core.quit(rest)
        self.is_leaving = True

    def leave(self) -> None:
        """Say goodbye, if that was not done yet."""
        if not self.is_leaving:
            self._exit("")

    def _help(self, rest: str) -> None:
        self._tell(Helped(tuple(help_lines(rest))))


def _misused(word: str) -> str:
    """Tell how a verb is typed, which was typed otherwise."""
    verb = verb_of(word)
    assert verb is not None
    raise Unsayable(_("It is {usage}").format(usage=usage(verb)))


_VERBS: dict[str, Callable[[Talk, str], None]] = {
    SAY: Talk._say,
    "/away": Talk._away,
    "/cls": Talk._cls,
    "/exit": Talk._exit,
    "/help": Talk._help,
    "/join": Talk._join,
    "/list": Talk._list,
    "/me": Talk._me,
    "/msg": Talk._msg,
    "/nick": Talk._nick,
    "/part": Talk._part,
    "/topic": Talk._topic,
    "/who": Talk._who,
}
