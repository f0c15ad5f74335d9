"""One chat, from the first try to connect to the end, over as many connections as it takes.

What was typed or piped in is handed on only as fast as the server confirms it, so that nothing piles up and
everything that was not stored can be told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from simplechat.client.backoff import delay_s
from simplechat.client.completion import completions
from simplechat.client.events import Closed, Disconnected, Event, Welcomed
from simplechat.client.model import Model
from simplechat.client.talk import Talk
from simplechat.client.verbs import LOCAL, Typed, read, read_at_terminal
from simplechat.locale import gettext as _
from simplechat.locale import ngettext

MOST_WAITING = 32  # messages that the server has not confirmed, before the next is sent
MOST_QUEUED = 256  # lines typed and not sent yet, before no more are read
ANSWER_S = 15.0  # for the server to let us in, and into a room; and to answer a PING
PROGRESS_S = 10.0  # for the server to confirm one message more
CLOSE_S = 5.0  # for the server to end the connection after QUIT
SILENCE_S = 90.0  # from the server, before it is asked whether it is still there
STEADY_S = 60.0  # that a connection lasted, so that its end is nothing to be slow about


class Link(Protocol):
    """The connection to the server."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def abort(self) -> None:
        """End the connection now; nothing more is told of it."""
        ...


class Standing(NamedTuple):
    """What people should have in view while they type.

    Attributes:
        room: Where it is said; "" for nowhere.
        on_their_way: Our texts that are neither stored nor refused yet.
        is_away: True while there is no connection.
    """

    room: str = ""
    on_their_way: tuple[str, ...] = ()
    is_away: bool = True


class Screen(Protocol):
    """What people read and type on, or two pipes.

    Attributes:
        is_piped: True where nobody types: then everything is to be stored, or the chat ends badly.
    """

    is_piped: bool

    def tell(self, event: Event, model: Model) -> None:
        """Tell what happened."""
        ...

    def stand(self, standing: Standing) -> None:
        """Show how things stand."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def pause(self) -> None:
        """Read no more."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...


class Outcome(NamedTuple):
    """How a chat ended.

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


class Chat:
    """One chat.

    Args:
        nick: Wanted.
        room: To be joined first.
        screen: Where everything is told; a chat from a pipe does not outlive its first connection.
        clock: For waiting.
        chance: Gives a number from 0 to 1, so that not everybody comes back at once.

    Attributes:
        connect: Begins to connect; to be set before that is needed.
        done: Fires when it is over.

    Raises:
        Unsayable: The nick or the room cannot be one.
    """

    def __init__(
        self, nick: str, room: str, screen: Screen, clock: IReactorTime, chance: Callable[[], float]
    ) -> None:
        self.connect: Callable[[], None] = lambda: None
        self.done: Deferred[Outcome] = Deferred()
        self._screen = screen
        self._talk = Talk(nick, [room], tell=self._tell, clear=screen.clear, is_piped=screen.is_piped)
        self._clock = clock
        self._chance = chance
        self._link: Link | None = None
        self._queue: deque[str] = deque()
        self._has_input_ended = False
        self._has_typed = False
        self._interrupted: Outcome | None = None
        self._awaited: _Awaited | None = None
        self._deadline: IDelayedCall | None = None
        self._retry: IDelayedCall | None = None
        self._welcomed_at = 0.0
        self._was_in = False
        self._is_away = False
        self._tries = 0
        self._heard = 0
        self._asked = -1  # what `_heard` was when we asked whether the server is there
        self._standing = Standing()

    # -- what happens to the connection ----------------------------------------------------------------

    def connected(self, link: Link) -> None:
        """Begin to talk to the server."""
        self._link = link
        self._talk.core.connected()
        self._go_on()

    def unreachable(self, trouble: str) -> None:
        """Take note that there is no connection."""
        self._fail(trouble)

    def hopeless(self, trouble: str) -> None:
        """Take note that there is no talking to this server, and that trying again would change nothing."""
        self._end(Outcome(1, trouble))

    def heard(self, data: bytes) -> None:
        """Take bytes from the server."""
        self._heard += 1
        self._take(self._talk.core.receive(data))
        self._go_on()

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        self._link = None
        self._take(self._talk.core.lost(reason))

    # -- what people do --------------------------------------------------------------------------------

    def typed(self, line: str) -> None:
        """Take a line from the keyboard or the pipe."""
        self._has_typed = True
        self._queue.append(line)
        self._go_on()

    def unreadable(self, reason: str) -> None:
        """Take note of a line that cannot be taken."""
        self._has_typed = True
        self._talk.complain(reason)

    def completions(self, text: str) -> list[str]:
        """Complete the last word of what is being typed."""
        return completions(text, self._talk.model)

    def input_ended(self) -> None:
        """Take note that nothing more is typed: leave once all of it is stored or refused."""
        self._has_input_ended = True
        self._go_on()

    def screen_lost(self) -> None:
        """Take note that nobody can read what is printed; a pipe is emptied all the same."""
        if not self._screen.is_piped:
            self._leave()

    def interrupted(self, code: int, how: str) -> None:
        """Leave with this code for the shell; when asked again, at once."""
        is_again = self._interrupted is not None
        self._interrupted = Outcome(code, how)
        if self._link is None or is_again:
            self._end(self._interrupted)
        else:
            self._leave()

    def _leave(self) -> None:
        self._talk.leave()
        self._go_on()

    # -- the flow --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hand on what may be handed on, send what is to be sent, and see what is waited for."""
        if self.done.called:
            return
        self._was_in = self._was_in or self._may_send()
        self._is_away = self._is_away and not self._may_send()
        while self._queue and self._may_obey(self._read(self._queue[0])):
            self._obey(self._queue.popleft())
        if self._has_input_ended and not self._queue and self._may_leave():
            self._talk.leave()
        if self._talk.is_leaving and self._link is None:
            self._end(self._farewell())
            return
        (self._screen.pause if len(self._queue) >= MOST_QUEUED else self._screen.resume)()
        if self._link is not None:
            self._link.write(self._talk.core.outgoing())
        self._watch()
        self._stand()

    def _read(self, line: str) -> Typed:
        return read(line) if self._screen.is_piped else read_at_terminal(line)

    def _may_send(self) -> bool:
        is_busy = self._talk.is_leaving or self._talk.core.waiting >= MOST_WAITING
        return self._talk.core.is_welcome and not self._talk.awaited and not is_busy

    def _may_obey(self, typed: Typed) -> bool:
        if self._may_send() or self._is_away:
            return True
        return typed.verb in LOCAL and not self._screen.is_piped and not self._talk.is_leaving

    def _may_leave(self) -> bool:
        """Tell whether nothing is left that a talk whose input has ended would wait for."""
        if self._may_send():
            return not self._talk.core.waiting
        return not self._screen.is_piped and not self._talk.core.is_welcome

    def _obey(self, line: str) -> None:
        typed = self._read(line)
        if self._is_away and typed.verb not in LOCAL:
            self._talk.complain(_("not connected"), line)
        else:
            self._talk.obey(typed)

    def _watch(self) -> None:
        """Give the server a time for what is waited for, anew with each progress."""
        awaited = self._what_is_awaited() if self._link is not None else None
        if awaited == self._awaited:
            return
        _cancel(self._deadline)
        self._awaited = awaited
        if awaited is not None:
            self._deadline = self._clock.callLater(awaited.seconds, awaited.give_up)

    def _what_is_awaited(self) -> _Awaited | None:
        talk = self._talk
        if talk.is_leaving:
            return _Awaited(CLOSE_S, self._give_up_goodbye, 0)
        if not talk.core.is_welcome or talk.awaited:
            return _Awaited(ANSWER_S, self._give_up_answer, int(talk.core.is_welcome))
        if talk.core.waiting and (self._screen.is_piped or self._has_input_ended):
            return _Awaited(PROGRESS_S, self._give_up_progress, talk.progress)
        if self._screen.is_piped:
            return None
        if self._asked == self._heard:
            return _Awaited(ANSWER_S, self._give_up_silence, self._heard)
        return _Awaited(SILENCE_S, self._ask, self._heard)

    def _ask(self) -> None:
        self._asked = self._heard
        self._talk.core.ping()
        self._go_on()

    def _give_up_silence(self) -> None:
        self._break(_("The server is silent"))

    def _give_up_answer(self) -> None:
        told = _("It does not answer as a chat server does within {seconds} s")
        self._break(told.format(seconds=round(ANSWER_S)))

    def _give_up_progress(self) -> None:
        told = _("The server did not confirm it within {seconds} s")
        self._take(self._talk.core.give_up(told.format(seconds=round(PROGRESS_S))))
        self._leave()

    def _give_up_goodbye(self) -> None:
        self._end(self._farewell())

    def _tell(self, event: Event) -> None:
        self._screen.tell(event, self._talk.model)

    def _stand(self) -> None:
        room = self._talk.model.current
        texts = tuple(self._talk.core.on_their_way())
        standing = Standing(room.name if room else "", texts, self._is_away or self._link is None)
        if standing != self._standing:
            self._standing = standing
            self._screen.stand(standing)

    # -- the end of a connection, and of it all --------------------------------------------------------

    def _take(self, events: list[Event]) -> None:
        if self.done.called:
            return
        self._talk.take(events)
        for event in events:
            if isinstance(event, Welcomed):
                self._welcomed_at = self._clock.seconds()
            elif isinstance(event, Closed):
                (self._put_out if event.is_final else self._closed)(event.reason)

    def _break(self, reason: str) -> None:
        """End the connection ourselves, for a reason."""
        self._take(self._talk.core.give_up(reason))
        self._closed(reason)

    def _put_out(self, reason: str) -> None:
        self._end(self._farewell() if self._talk.is_leaving else Outcome(1, reason))

    def _closed(self, reason: str) -> None:
        if self._talk.is_leaving:
            self._end(self._farewell())
        else:
            self._fail(reason)

    def _fail(self, reason: str) -> None:
        """Be without a connection: for good, or for a while where there was a good one before."""
        if self._screen.is_piped or not self._was_in:
            self._end(Outcome(1, reason))
            return
        self._let_go()
        if self._talk.core.is_welcome and self._clock.seconds() - self._welcomed_at >= STEADY_S:
            self._tries = 0
        pause_s = delay_s(self._tries, self._chance())
        self._tries += 1
        self._is_away = True
        self._talk.begin_again()
        self._tell(Disconnected(reason, pause_s))
        self._retry = self._clock.callLater(pause_s, self.connect)
        self._go_on()

    def _let_go(self) -> None:
        if self._link is not None:
            self._link.abort()
            self._link = None

    def _farewell(self) -> Outcome:
        """Tell how a chat ends that we ended; a pipe is content only if all of it was stored."""
        if self._interrupted is not None or not self._screen.is_piped:
            return self._interrupted or Outcome(0)
        failures = self._talk.failures
        if self._queue:
            count = len(self._queue)
            told = ngettext("{count} line was not sent", "{count} lines were not sent", count)
            failures = [*failures, told.format(count=count)]
        if not failures:
            return Outcome(0, "" if self._has_typed else _("Nothing came through the pipe"))
        more = _(" (and {count} more)").format(count=len(failures) - 1) if len(failures) > 1 else ""
        return Outcome(1, failures[0] + more)

    def _end(self, outcome: Outcome) -> None:
        if self.done.called:
            return
        _cancel(self._deadline)
        _cancel(self._retry)
        self._let_go()
        self.done.callback(outcome)


def _cancel(call: IDelayedCall | None) -> None:
    if call is not None and call.active():
        call.cancel()
