"""What one talk knows and does: the rooms it is in, what it was told, what was typed."""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.core import Core, Unsayable
from simplechat.client.events import Event, Joined, Left, Refused, Said, Unsaved
from simplechat.client.shown import Shown
from simplechat.client.verbs import HELP, SAY, Typed, read, room_name
from simplechat.ircv3.casemap import fold
from simplechat.terminal.safe import printable


class Talk:
    """Shows what the core learns, and does what is typed.

    Args:
        core: The connection.
        shown: Makes lines of events.
        show: Takes a line for people, harmless by then.
        room: The one that the core joins.
        is_piped: True where nobody watches who could see that a room could not be joined.

    Attributes:
        room_awaited: The room that the server was asked for and has not answered about, "" for none.
        progress: How many of our messages were stored or refused.
        failures: What went wrong, in sentences.
        is_leaving: True once leaving was asked for.
    """

    def __init__(
        self, core: Core, shown: Shown, show: Callable[[str], None], *, room: str, is_piped: bool
    ) -> None:
        self.room_awaited = room
        self.progress = 0
        self.failures: list[str] = []
        self.is_leaving = False
        self._core = core
        self._shown = shown
        self._show = show
        self._is_piped = is_piped
        self._rooms: list[str] = []

    # -- what was learnt -------------------------------------------------------------------------------

    def take(self, events: list[Event]) -> None:
        """Take events from the core."""
        for event in events:
            self._note(event)
            line = self._shown.line(event)
            if line:
                self._show(printable(line))

    def _note(self, event: Event) -> None:
        match event:
            case Said(is_own=True):
                self.progress += 1
            case Unsaved(_, _, reason):
                self.progress += 1
                self.failures.append(f"Not stored: {reason}")
            case Refused(text):
                self.failures.append(text)
                self._stay_out()
            case Joined(_, _, room, True):
                self.room_awaited = ""
                self._leave(room)
                self._enter(room)
            case Left(_, _, room, _, _, True):
                self._leave(room)

    def _stay_out(self) -> None:
        """Give up waiting for a room; what a pipe wanted to say there is not for any other room."""
        if self.room_awaited and self._is_piped:
            self._rooms.clear()
        self.room_awaited = ""

    def _enter(self, room: str) -> None:
        self._rooms.append(room)
        self._shown.room = room

    def _leave(self, room: str) -> None:
        self._rooms = [each for each in self._rooms if fold(each) != fold(room)]
        self._shown.room = self._rooms[-1] if self._rooms else ""

    # -- what was typed --------------------------------------------------------------------------------

    def obey(self, line: bytes, encoding: str) -> None:
        """Do what a line means."""
        try:
            typed = read(line.decode(encoding))
            self._verb(typed)(self, typed.rest)
        except UnicodeDecodeError:
            self.complain(f"A line is not {encoding.upper()} text and was not sent")
        except Unsayable as error:
            self.complain(str(error))

    def _verb(self, typed: Typed) -> Callable[[Talk, str], None]:
        try:
            return _VERBS[typed.verb]
        except KeyError:
            raise Unsayable(f"There is no {typed.verb}; /help lists what there is") from None

    def complain(self, text: str) -> None:
        """Tell that something was not done."""
        self.failures.append(text)
        self._show(printable(f"! {text}"))

    def _say(self, text: str) -> None:
        if not text:
            return
        if not self._rooms:
            raise Unsayable("You are in no room: /join #ROOM")
        self._core.say(self._rooms[-1], text)

    def _msg(self, rest: str) -> None:
        target, _, text = rest.partition(" ")
        if not text:
            raise Unsayable("It is /msg NICK TEXT")
        self._core.say(target, text)

    def _join(self, rest: str) -> None:
        room = room_name(rest)
        if not room:
            raise Unsayable("It is /join #ROOM")
        if any(fold(each) == fold(room) for each in self._rooms):  # the server would not answer
            self._leave(room)
            self._enter(room)
            return
        self._core.join(room)
        self.room_awaited = room

    def _part(self, rest: str) -> None:
        room = room_name(rest) or (self._rooms[-1] if self._rooms else "")
        if not room:
            raise Unsayable("You are in no room")
        self._core.part(room)
        self._leave(room)

    def _nick(self, rest: str) -> None:
        if not rest:
            raise Unsayable("It is /nick NICK")
        self._core.rename(rest)

    def _quit(self, rest: str) -> None:
        self._core.quit(rest)
        self.is_leaving = True

    def leave(self) -> None:
        """Say goodbye, if that was not done yet."""
        if not self.is_leaving:
            self._quit("")

    def _help(self, rest: str) -> None:
        for line in HELP:
            self._show(line)


_VERBS: dict[str, Callable[[Talk, str], None]] = {
    SAY: Talk._say,
    "/help": Talk._help,
    "/join": Talk._join,
    "/msg": Talk._msg,
    "/nick": Talk._nick,
    "/part": Talk._part,
    "/quit": Talk._quit,
}
