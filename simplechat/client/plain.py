"""The plain client: a line for each event, each line typed is said; for terminals, pipes, screen readers.

What was typed or piped in is handed on only as fast as the server confirms it, so that nothing piles up and
everything that was not stored can be told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from simplechat.client.core import Core
from simplechat.client.events import Closed, Event
from simplechat.client.lines import Lines
from simplechat.client.shown import Shown, Told
from simplechat.client.talk import Talk

MOST_BYTES = 65536  # of one line typed
MOST_WAITING = 32  # messages that the server has not confirmed, before the next is sent
MOST_QUEUED = 256  # lines typed and not sent yet, before no more are read
ANSWER_S = 15.0  # for the server to let us in, and into a room
PROGRESS_S = 10.0  # for the server to confirm one message more
CLOSE_S = 5.0  # for the server to end the connection after QUIT


class Link(Protocol):
    """The connection to the server."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def abort(self) -> None:
        """End the connection now."""
        ...


class Screen(Protocol):
    """What people read and type on, or two pipes.

    Attributes:
        encoding: Of what is typed.
        is_piped: True where nobody types.
    """

    encoding: str
    is_piped: bool

    def show(self, line: str) -> None:
        """Print a line."""
        ...

    def pause(self) -> None:
        """Read no more."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...


class Outcome(NamedTuple):
    """How a talk ended.

    Attributes:
        code: For the shell; 0 when everything went well.
        trouble: A sentence for people, "" where there is nothing to say.
    """

    code: int
    trouble: str = ""


class _Awaited(NamedTuple):
    seconds: float
    give_up: Callable[[], None]
    progress: int  # how far it has come


class Plain:
    """One talk, from the first try to connect to the end.

    Args:
        nick: Wanted.
        room: To be joined first.
        screen: Where lines go and come from; a talk from a pipe ends well only if everything was stored.
        clock: For waiting.
        told: Gives the time of day for people.

    Attributes:
        done: Fires when it is over.

    Raises:
        Unsayable: The nick or the room cannot be one.
    """

    def __init__(self, nick: str, room: str, screen: Screen, clock: IReactorTime, told: Told) -> None:
        self.done: Deferred[Outcome] = Deferred()
        self._core = Core(nick, room)
        self._talk = Talk(self._core, Shown(told, ""), screen.show, room=room, is_piped=screen.is_piped)
        self._screen = screen
        self._clock = clock
        self._link: Link | None = None
        self._lines = Lines(MOST_BYTES)
        self._queue: deque[bytes] = deque()
        self._has_input_ended = False
        self._signal_code = 0
        self._awaited: _Awaited | None = None
        self._deadline: IDelayedCall | None = None

    # -- what happens ----------------------------------------------------------------------------------

    def connected(self, link: Link) -> None:
        """Begin to talk to the server."""
        self._link = link
        self._core.connected()
        self._go_on()

    def unreachable(self, trouble: str) -> None:
        """Take note that there is no connection."""
        self._end(Outcome(1, trouble))

    def heard(self, data: bytes) -> None:
        """Take bytes from the server."""
        self._take(self._core.receive(data))
        self._go_on()

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        self._link = None
        self._take(self._core.lost(reason))

    def typed(self, data: bytes) -> None:
        """Take bytes from the keyboard or the pipe."""
        self._queue.extend(self._lines.feed(data))
        while self._lines.overlong:
            self._lines.overlong -= 1
            self._talk.complain("A line was too long and was not sent")
        self._go_on()

    def input_ended(self) -> None:
        """Take note that nothing more is typed: leave once all of it is stored or refused."""
        self._queue.extend(self._lines.end())
        self._has_input_ended = True
        self._go_on()

    def screen_lost(self) -> None:
        """Take note that nobody can read what is printed; a pipe is emptied all the same."""
        if not self._screen.is_piped:
            self._talk.leave()
            self._go_on()

    def interrupted(self, code: int) -> None:
        """Leave with this code for the shell; when asked again, at once."""
        is_again = self._signal_code != 0
        self._signal_code = code
        if self._link is None or is_again:
            self._end(Outcome(code))
            return
        self._talk.leave()
        self._go_on()

    # -- the flow --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hand on what may be handed on, send what is to be sent, and see what is waited for."""
        if self.done.called:
            return
        while self._queue and self._may_send():
            self._talk.obey(self._queue.popleft(), self._screen.encoding)
        if self._has_input_ended and not self._queue and self._may_send() and not self._core.waiting:
            self._talk.leave()
        (self._screen.pause if len(self._queue) >= MOST_QUEUED else self._screen.resume)()
        if self._link is not None:
            self._link.write(self._core.outgoing())
            self._watch()

    def _may_send(self) -> bool:
        is_busy = self._talk.is_leaving or self._core.waiting >= MOST_WAITING
        return self._core.is_welcome and not self._talk.room_awaited and not is_busy

    def _watch(self) -> None:
        """Give the server a time for what is waited for, anew with each progress."""
        awaited = self._what_is_awaited()
        if awaited == self._awaited:
            return
        self._stop_watching()
        self._awaited = awaited
        if awaited is not None:
            self._deadline = self._clock.callLater(awaited.seconds, awaited.give_up)

    def _what_is_awaited(self) -> _Awaited | None:
        if self._talk.is_leaving:
            return _Awaited(CLOSE_S, self._give_up_goodbye, 0)
        if not self._core.is_welcome or self._talk.room_awaited:
            return _Awaited(ANSWER_S, self._give_up_answer, int(self._core.is_welcome))
        if self._core.waiting and (self._screen.is_piped or self._has_input_ended):
            return _Awaited(PROGRESS_S, self._give_up_progress, self._talk.progress)
        return None

    def _stop_watching(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()

    def _give_up_answer(self) -> None:
        self._end(Outcome(1, f"It does not answer as a chat server does within {ANSWER_S:.0f} s"))

    def _give_up_progress(self) -> None:
        self._take(self._core.give_up(f"The server did not confirm it within {PROGRESS_S:.0f} s"))
        self._talk.leave()
        self._go_on()

    def _give_up_goodbye(self) -> None:
        self._end(self._goodbye())

    # -- the end ---------------------------------------------------------------------------------------

    def _take(self, events: list[Event]) -> None:
        if self.done.called:
            return
        self._talk.take(events)
        for event in events:
            if isinstance(event, Closed):
                self._end(self._goodbye() if self._talk.is_leaving else Outcome(1, event.reason))

    def _goodbye(self) -> Outcome:
        """Tell how a talk ends that we ended; a pipe is content only if all of it was stored."""
        failures = self._talk.failures
        if self._queue:
            failures = [*failures, f"{len(self._queue)} lines were not sent"]
        if self._signal_code or not (failures and self._screen.is_piped):
            return Outcome(self._signal_code)
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return Outcome(1, failures[0] + more)

    def _end(self, outcome: Outcome) -> None:
        if self.done.called:
            return
        self._stop_watching()
        if self._link is not None:
            self._link.abort()
        self.done.callback(outcome)
