"""One chat, from the first try to connect to the end, over as many connections as it takes.

What was typed or piped in is handed on only as fast as the server confirms it, so that nothing piles up and
everything that was not stored can be told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from simplechat.client.backoff import delay_s
from simplechat.client.commands.completion import completions
from simplechat.client.commands.dispatch import (
    TypedLine,
    execute,
    parse_line,
    parse_terminal_line,
    question_before,
)
from simplechat.client.deadlines import Deadline, TimeLimit, cancel_if_active
from simplechat.client.interfaces import (
    ClientServices,
    ExitStatus,
    PromptState,
    ServerTransport,
    UserInterface,
)
from simplechat.client.protocol.events import ConnectionClosed, Disconnected, Event, NoteShown, Welcomed
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state.questions import QueuedAction
from simplechat.client.state.session import ClientSession, SessionSettings
from simplechat.locale import gettext as _
from simplechat.locale import ngettext

MAX_UNCONFIRMED = 32  # messages that the server has not confirmed, before the next is sent
MAX_QUEUED_LINES = 256  # lines typed and not sent yet, before no more are read
ANSWER_TIMEOUT_S = 15.0  # for the server to let us in, and into a room; and to answer a PING
PROGRESS_TIMEOUT_S = 10.0  # for the server to confirm one message more
CLOSE_TIMEOUT_S = 5.0  # for the server to end the connection after QUIT
PING_AFTER_S = 90.0  # from the server, before it is asked whether it is still there
STABLE_CONNECTION_S = 60.0  # that a connection lasted, so that its end is nothing to be slow about


class ChatApp:
    """One chat.

    Args:
        nick: Wanted.
        room: To be joined first.
        screen: Where everything is told; a chat from a pipe does not outlive its first connection.
        services: What it needs of the system.
        credentials: To log in with at first; None for a guest.

    Attributes:
        connect: Begins to connect; to be set before that is needed.
        done: Fires when it is over.

    Raises:
        RequestError: The nick or the room cannot be one.
    """

    def __init__(
        self,
        nick: str,
        room: str,
        screen: UserInterface,
        services: ClientServices,
        credentials: Credentials | None = None,
    ) -> None:
        self.connect: Callable[[], None] = lambda: None
        self.done: Deferred[ExitStatus] = Deferred()
        self._screen = screen
        self._session = ClientSession(
            nick,
            [room],
            tell=self._tell,
            clear=screen.clear,
            settings=SessionSettings(screen.is_piped, services.nonce, services.keyring),
            credentials=credentials,
        )
        self._services = services
        self._clock = services.clock
        self._link: ServerTransport | None = None
        self._queue: deque[str | QueuedAction] = deque()
        self._has_input_ended = False
        self._has_typed = False
        self._interrupted: ExitStatus | None = None
        self._deadline = Deadline(services.clock)
        self._is_salting = False
        self._retry: IDelayedCall | None = None
        self._welcomed_at = 0.0
        self._was_in = False
        self._is_away = False
        self._tries = 0
        self._heard = 0
        self._asked = -1  # what `_heard` was when we asked whether the server is there
        self._prompt_state = PromptState()

    # -- what happens to the connection ----------------------------------------------------------------

    def connected(self, link: ServerTransport) -> None:
        """Begin to talk to the server."""
        self._link = link
        self._session.connection.start(is_private=link.is_private)
        self._go_on()

    def unreachable(self, trouble: str) -> None:
        """Take note that there is no connection."""
        self._fail(trouble)

    def hopeless(self, trouble: str) -> None:
        """Take note that there is no talking to this server, and that trying again would change nothing."""
        self._end(ExitStatus(1, trouble))

    def heard(self, data: bytes) -> None:
        """Take bytes from the server."""
        self._heard += 1
        self._take(self._session.connection.receive_data(data))
        self._go_on()

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        self._link = None
        self._take(self._session.connection.connection_lost(reason))

    # -- what people do --------------------------------------------------------------------------------

    def typed(self, line: str) -> None:
        """Take a line from the keyboard or the pipe."""
        self._has_typed = True
        dialogue = self._session.questions
        if dialogue.query is not None:
            errand = dialogue.take(line)
            if errand is not None:
                self._queue.append(errand)
        elif (query := question_before(self._session, self._parse(line))) is not None:
            dialogue.begin(query)
        else:
            self._queue.append(line)
        self._session.is_attended = True
        self._session.mark_read()
        self._go_on()

    def drop_question(self) -> bool:
        """Ask no more; False where nothing was asked."""
        is_dropped = self._session.questions.drop()
        if is_dropped:
            self._tell(NoteShown(_("nothing was done")))
            self._go_on()
        return is_dropped

    def unreadable(self, reason: str) -> None:
        """Take note of a line that cannot be taken."""
        self._has_typed = True
        self._session.complain(reason)

    def completions(self, text: str) -> list[str]:
        """Complete the last word of what is being typed."""
        return [] if self._session.questions.query else completions(text, self._session.model)

    def input_ended(self) -> None:
        """Take note that nothing more is typed: leave once all of it is stored or refused."""
        self._has_input_ended = True
        if self._session.questions.drop():
            self._session.complain(_("The input ended before a question was answered"))
        self._go_on()

    def screen_lost(self) -> None:
        """Take note that nobody can read what is printed; a pipe is emptied all the same."""
        if not self._screen.is_piped:
            self._leave()

    def interrupted(self, code: int, how: str) -> None:
        """Leave with this code for the shell; when asked again, at once."""
        is_again = self._interrupted is not None
        self._interrupted = ExitStatus(code, how)
        if self._link is None or is_again:
            self._end(self._interrupted)
        else:
            self._leave()

    def _leave(self) -> None:
        self._session.leave()
        self._go_on()

    # -- the flow --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hand on what may be handed on, send what is to be sent, and see what is waited for."""
        if self.done.called:
            return
        self._was_in = self._was_in or self._may_send()
        self._is_away = self._is_away and not self._may_send()
        self._salt()
        while self._queue and self._may_obey(self._queue[0]):
            self._obey(self._queue.popleft())
            self._salt()
        if self._has_input_ended and not self._queue and self._may_leave():
            self._session.leave()
        if self._session.is_leaving and self._link is None:
            self._end(self._farewell())
            return
        (self._screen.pause_input if len(self._queue) >= MAX_QUEUED_LINES else self._screen.resume_input)()
        if self._link is not None:
            self._link.write(self._session.connection.data_to_send())
        self._watch()
        self._stand()

    def _parse(self, line: str) -> TypedLine:
        return parse_line(line) if self._screen.is_piped else parse_terminal_line(line)

    def _may_send(self) -> bool:
        is_busy = self._session.is_leaving or len(self._session.connection.unconfirmed) >= MAX_UNCONFIRMED
        return self._session.connection.is_registered and not self._session.is_busy and not is_busy

    def _may_obey(self, line: str | QueuedAction) -> bool:
        if self._may_send() or self._is_away:
            return True
        is_local = isinstance(line, str) and self._parse(line).is_local
        return is_local and not self._screen.is_piped and not self._session.is_leaving

    def _may_leave(self) -> bool:
        """Tell whether nothing is left that a talk whose input has ended would wait for."""
        if self._may_send():
            return not (self._session.connection.unconfirmed or self._session.connection.history.pending)
        return not self._screen.is_piped and not self._session.connection.is_registered

    def _obey(self, line: str | QueuedAction) -> None:
        typed = TypedLine("", "") if isinstance(line, QueuedAction) else self._parse(line)
        if self._is_away and not typed.is_local:
            self._session.complain(_("not connected"), "" if isinstance(line, QueuedAction) else line)
        elif isinstance(line, QueuedAction):
            line.do()
        else:
            execute(self._session, typed)

    def _salt(self) -> None:
        """Have done what the server wants to have done to a password before it is proven."""
        connection = self._session.connection
        salting = connection.key_derivation
        if salting is None or self._is_salting:
            return

        def done(result: bytes) -> None:
            self._is_salting = False
            if connection is self._session.connection:
                self._take(connection.key_derived(result))
            self._go_on()

        self._is_salting = True
        self._services.salt_password(salting).addCallback(done).addErrback(
            lambda why: self._break(str(why.value))
        )

    def _watch(self) -> None:
        """Give the server a time for what is waited for, anew with each progress."""
        self._deadline.wait_for(self._what_is_awaited() if self._link is not None else None)

    def _what_is_awaited(self) -> TimeLimit | None:
        talk = self._session
        if talk.is_leaving:
            return TimeLimit(CLOSE_TIMEOUT_S, self._give_up_goodbye, 0)
        if not talk.connection.is_registered or talk.is_busy:
            return TimeLimit(ANSWER_TIMEOUT_S, self._give_up_answer, int(talk.connection.is_registered))
        if talk.catch_up or talk.connection.history.pending:
            return TimeLimit(ANSWER_TIMEOUT_S, self._give_up_answer, -1 - talk.catch_up.pages)
        if talk.connection.unconfirmed and (self._screen.is_piped or self._has_input_ended):
            return TimeLimit(PROGRESS_TIMEOUT_S, self._give_up_progress, talk.progress)
        if self._screen.is_piped:
            return None
        if self._asked == self._heard:
            return TimeLimit(ANSWER_TIMEOUT_S, self._give_up_silence, self._heard)
        return TimeLimit(PING_AFTER_S, self._ask, self._heard)

    def _ask(self) -> None:
        self._asked = self._heard
        self._session.requests.ping()
        self._go_on()

    def _give_up_silence(self) -> None:
        self._break(_("The server is silent"))

    def _give_up_answer(self) -> None:
        told = _("It does not answer as a chat server does within {seconds} s")
        self._break(told.format(seconds=round(ANSWER_TIMEOUT_S)))

    def _give_up_progress(self) -> None:
        told = _("The server did not confirm it within {seconds} s")
        self._take(
            self._session.connection.give_up_unconfirmed(told.format(seconds=round(PROGRESS_TIMEOUT_S)))
        )
        self._leave()

    def _give_up_goodbye(self) -> None:
        self._end(self._farewell())

    def _tell(self, event: Event) -> None:
        self._screen.show_event(event, self._session.model)

    def _stand(self) -> None:
        room = self._session.model.current
        texts = tuple(each.shown_text for each in self._session.connection.unconfirmed)
        query = self._session.questions.query
        prompt_state = PromptState(
            room.name if room else "",
            texts,
            not self._is_away and self._link is not None,
            query.words if query else "",
            query is not None and query.is_hidden,
        )
        if prompt_state != self._prompt_state:
            self._prompt_state = prompt_state
            self._screen.show_prompt(prompt_state)

    # -- the end of a connection, and of it all --------------------------------------------------------

    def _take(self, events: list[Event]) -> None:
        if self.done.called:
            return
        self._session.take(events)
        for event in events:
            if isinstance(event, Welcomed):
                self._welcomed_at = self._clock.seconds()
            elif isinstance(event, ConnectionClosed):
                (self._put_out if event.is_final else self._closed)(event.reason)

    def _break(self, reason: str) -> None:
        """End the connection ourselves, for a reason."""
        self._take(self._session.connection.give_up_unconfirmed(reason))
        self._closed(reason)

    def _put_out(self, reason: str) -> None:
        self._end(self._farewell() if self._session.is_leaving else ExitStatus(1, reason))

    def _closed(self, reason: str) -> None:
        if self._session.is_coming_back:
            self._let_go()
            self._is_away = True
            self._session.begin_again()
            self.connect()
        elif self._session.is_leaving:
            self._end(self._farewell())
        else:
            self._fail(reason)

    def _fail(self, reason: str) -> None:
        """Be without a connection: for good, or for a while where there was a good one before."""
        if self._screen.is_piped or not self._was_in:
            self._end(ExitStatus(1, reason))
            return
        self._let_go()
        if (
            self._session.connection.is_registered
            and self._clock.seconds() - self._welcomed_at >= STABLE_CONNECTION_S
        ):
            self._tries = 0
        pause_s = delay_s(self._tries, self._services.random())
        self._tries += 1
        self._is_away = True
        self._session.begin_again()
        self._tell(Disconnected(reason, pause_s))
        self._retry = self._clock.callLater(pause_s, self.connect)
        self._go_on()

    def _let_go(self) -> None:
        if self._link is not None:
            self._link.abort()
            self._link = None

    def _farewell(self) -> ExitStatus:
        """Tell how a chat ends that we ended; a pipe is content only if all of it was stored."""
        if self._interrupted is not None or not self._screen.is_piped:
            return self._interrupted or ExitStatus(0)
        failures = self._session.failures
        if self._queue:
            count = len(self._queue)
            told = ngettext("{count} line was not sent", "{count} lines were not sent", count)
            failures = [*failures, told.format(count=count)]
        if not failures:
            return ExitStatus(0, "" if self._has_typed else _("Nothing came through the pipe"))
        more = _(" (and {count} more)").format(count=len(failures) - 1) if len(failures) > 1 else ""
        return ExitStatus(1, failures[0] + more)

    def _end(self, exit_status: ExitStatus) -> None:
        if self.done.called:
            return
        self._deadline.wait_for(None)
        cancel_if_active(self._retry)
        self._let_go()
        self.done.callback(exit_status)
